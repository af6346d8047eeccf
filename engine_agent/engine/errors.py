"""What can go wrong with an engine.

EngineError                 the base; `retryable` says whether the same request may succeed later
├── EngineGone              no answer: not running, restarting, or the connection was cut (retryable)
├── EngineTooOld            its newest API version is older than our oldest
├── EngineRefused           it answered with an error: `status`, `message` in the engine's own words
│   ├── NotFound            404
│   └── Conflict            409
└── StreamFailed            a pull or a build ended with an error in the middle of its stream: `message`
"""


class EngineError(Exception):
    """A request to the engine did not succeed."""

    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EngineGone(EngineError):
    """No answer: the engine is not running, is restarting, or the connection was cut."""

    retryable = True


class EngineTooOld(EngineError):
    """The engine's newest API version is older than the oldest we speak."""


class EngineRefused(EngineError):
    """The engine answered with an error status. message: the engine's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotFound(EngineRefused):
    """404: no such container, image, network or volume."""


class Conflict(EngineRefused):
    """409: a name is taken, or the state does not allow it."""


class StreamFailed(EngineError):
    """A pull or a build ended with an error in the middle of its stream."""


def refused(status: int, message: str) -> EngineRefused:
    """The error of an answer with an error status."""
    return {404: NotFound, 409: Conflict}.get(status, EngineRefused)(status, message)
