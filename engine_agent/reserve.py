"""Room set aside on the disk, so that what has begun can be told of when nothing else fits any more."""

import contextlib
import logging
import os
from pathlib import Path

log = logging.getLogger("engine_agent.reserve")

RESERVE_BYTES = 1 << 20
PIECE_BYTES = 1 << 16


class Reserve:
    """A file of no meaning beside the journal. It is given up for the ends of commands, and made again when it fits."""

    def __init__(self, path: Path, *, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    def fill(self) -> None:
        """Make it whole. Raises OSError when the disk has no room for it; nothing is left of the attempt then."""
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size == self._size:
                return
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                for _ in range(0, self._size, PIECE_BYTES):
                    file.write(os.urandom(PIECE_BYTES))  # what compresses would set nothing aside
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self._path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def release(self) -> bool:
        """Give the room up. False: it was given up before."""
        try:
            self._path.unlink()
        except OSError:
            return False
        log.warning("the disk is full: the room set aside is used, and no further command is taken until there is more")
        return True
