"""What every part of the lab has in common: a folder, a start, and an end that leaves nothing behind."""

import atexit
from types import TracebackType
from typing import Self

from .folders import make_folder, remove_folder


class Part:
    """Something the lab runs. Use it in a `with`, or call `stop`; the end of the process stops it in any case.

    kind: a short word that begins the folder's name.
    """

    def __init__(self, kind: str) -> None:
        self.folder = make_folder(kind)
        atexit.register(self.stop)

    def start(self) -> Self:
        """Run; returns when it answers. After `halt` it may be started again."""
        raise NotImplementedError

    def halt(self) -> None:
        """Stop running and keep the data."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop running and remove everything that belongs to it. More than one call does no harm."""
        atexit.unregister(self.stop)
        if not self.folder.exists():
            return
        try:
            self.halt()
        finally:
            remove_folder(self.folder)

    def started(self) -> Self:
        """`start`, and `stop` when that fails."""
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
