"""Calls of the Docker Engine API from the portal itself, over byte streams: logs, terminals, stats, files.

line.py speaks HTTP/1.1 on a stream, frames.py takes the engine's own framing apart (pure), permits.py asks the policy.
"""

from .line import EngineLine, EngineRefused, engine_line

__all__ = ["EngineLine", "EngineRefused", "engine_line"]
