"""The file that a volume is kept in: a tar archive, plain or in gzip, written and read piece by piece."""

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

from portal.problems import Invalid, Refused

PIECE = 256 * 1024
FREE = 512 * 1024 * 1024  # bytes of the disk that backups leave alone
LOOK = 64 * 1024 * 1024
GZIP = 31  # zlib's window bits for a gzip file


class ArchiveFile:
    """Writes to `path`.part; `keep` gives it its name. size: bytes in the file; digest: sha256 in hex."""

    def __init__(self, path: Path, *, compress: bool, limit: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self.size = path, 0
        self._part = path.with_name(path.name + ".part")
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._zip = zlib.compressobj(1, zlib.DEFLATED, GZIP) if compress else None
        self._hash = hashlib.sha256()
        self._limit, self._looked = limit, -LOOK

    def write(self, data: bytes) -> None:
        """Raises Refused when the team's room or the disk is full."""
        self._put(self._zip.compress(data) if self._zip else data)

    def _put(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            raise Refused(
                "The backups of this team have no more room. Delete some, or have PIERHEAD_BACKUP_TEAM_GIB raised.",
                code="backup-room",
            )
        if self.size - self._looked >= LOOK:
            self._looked = self.size
            if shutil.disk_usage(self.path.parent).free < FREE:
                raise Refused("The disk of the portal is nearly full: nothing more is kept.", code="backup-disk")
        self._hash.update(data)
        self._file.write(data)

    def keep(self) -> str:
        """The file is whole; its digest."""
        if self._zip:
            self._put(self._zip.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        return self._hash.hexdigest()

    def drop(self) -> None:
        """Forget what was written, unless it was kept."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def file_pieces(path: Path) -> Iterator[bytes]:
    """The file, PIECE by PIECE."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


async def file_stream(path: Path) -> AsyncIterator[bytes]:
    """The same for asyncio code of a process of its own."""
    for piece in file_pieces(path):
        yield piece


def digest_of(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def archive_check(file: IO[bytes], *, limit: int) -> bool:
    """Whether an uploaded archive is compressed.

    limit: bytes that it may hold, unpacked. Raises Invalid when it is none, leaves its root or holds more.
    """
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    plain: IO[bytes] = gzip.GzipFile(fileobj=file) if compressed else file  # type: ignore[assignment]
    try:
        with tarfile.open(fileobj=plain, mode="r|") as archive:
            _members_check(archive, limit)
        while plain.read(PIECE):  # what follows the end of the archive: padding, and the checksum of gzip
            pass
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise Invalid(
            _words("This is no whole tar archive, plain or in gzip."), fields={"file": [str(error)]}
        ) from error
    file.seek(0)
    return compressed


def _members_check(archive: tarfile.TarFile, limit: int) -> None:
    held = 0
    while member := archive.next():
        getattr(archive, "members", []).clear()  # tarfile keeps every one of them
        held += member.size
        if member.name.startswith("/") or ".." in member.name.split("/"):
            raise Invalid(_words(f"It holds {member.name[:100]!r}, which lies outside of the volume."))
        if held > limit:
            raise Invalid(f"It holds more than {limit // 1024**3} GiB, unpacked.")


def _words(text: str) -> str:
    return f"{text} Give one as `tar -C FOLDER -czf FILE .` writes it."
