"""A stand-in of Docker Hub's web API: `HubStandIn`, in memory, as an httpx transport or as a real server."""

from .app import HubStandIn
from .content import StandInRepository, StandInTag, own_content

__all__ = ["HubStandIn", "StandInRepository", "StandInTag", "own_content"]
