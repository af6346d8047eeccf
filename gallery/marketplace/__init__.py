"""The Azure Marketplace as the gallery knows it. types: what an image is; keys: its name as text.

The gallery asks nobody: what a connected subscription shows comes from the room above (hosts.services.azure_catalogue).
"""
