"""The Docker endpoint, and the byte streams between a portal node and its hosts. Plain asyncio, a process of its own.

streams.py is what the rest of the portal uses; docs/docker-endpoint.md has the whole.
"""
