"""A disk of a few MiB that can be full, and have room again.

with start_disk(8) as disk:
    disk.fill()  # whoever writes below disk.root now is told that no space is left
"""

import errno
import os
from typing import Self

from .part import Part
from .parts import as_root, run

PIECES = (1 << 16, 1 << 12)


class Disk(Part):
    """A file system of `mebibytes` in memory, mounted at `root`."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__("d")
        self.root = self.folder / "disk"
        self.mebibytes = mebibytes
        self._ballast = self.root / "ballast"

    def start(self) -> Self:
        """Mount it, for the user of the tests."""
        self.root.mkdir()
        run(as_root(["mount", "-t", "tmpfs", "-o", f"size={self.mebibytes}m,mode=777", "lab-disk", str(self.root)]))
        return self

    def fill(self) -> None:
        """Leave no room at all."""
        with self._ballast.open("ab", buffering=0) as file:
            for piece in PIECES:
                self._fill_with(piece, file.fileno())

    @staticmethod
    def _fill_with(piece: int, descriptor: int) -> None:
        try:
            while True:
                os.write(descriptor, bytes(piece))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def free(self) -> None:
        """Room again."""
        self._ballast.unlink(missing_ok=True)

    def halt(self) -> None:
        """Nothing runs. The mount goes with the folder."""


def start_disk(mebibytes: int) -> Disk:
    """One small disk, mounted."""
    return Disk(mebibytes).started()
