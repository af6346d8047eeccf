"""The Engine API client: one module per noun, over HTTP/1.1 on a unix socket or a Windows named pipe."""

from .client import Engine
from .errors import Conflict, EngineError, EngineGone, EngineRefused, EngineTooOld, NotFound, StreamFailed
from .transport import BadAddress

__all__ = [
    "BadAddress",
    "Conflict",
    "Engine",
    "EngineError",
    "EngineGone",
    "EngineRefused",
    "EngineTooOld",
    "NotFound",
    "StreamFailed",
]
