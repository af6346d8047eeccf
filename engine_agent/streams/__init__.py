"""Byte streams: on request the agent dials back to the portal and joins the line to the engine's socket.

desk.py keeps the streams of this agent, dial.py opens the line, join.py carries the bytes.
"""

from .desk import Streams

__all__ = ["Streams"]
