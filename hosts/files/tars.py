"""Tar archives, piece by piece: nothing is kept whole. Pure."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCK = tarfile.BLOCKSIZE
MAX_EXTENDED = 64 * 1024  # of one long name or header


@dataclass
class TarWalk:
    """From pieces of an archive to members and their content, in their order.

    Yields (member, None) at the head of each member, then (member, piece) for its content.
    """

    _rest: bytearray = field(default_factory=bytearray)
    _member: tarfile.TarInfo | None = None
    _left: int = 0  # content bytes of the member that have not come
    _padding: int = 0
    _extended: bytearray = field(default_factory=bytearray)
    _name: str = ""
    ended: bool = False

    def feed(self, data: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes | None]]:
        """Raises ValueError when it is no archive."""
        self._rest += data
        while not self.ended:
            if self._member is not None and (self._left or self._padding):
                piece = self._content()
                if piece is None:
                    return
                if piece and self._member.type not in _EXTENDED:
                    yield self._member, piece
                continue
            if self._member is not None and self._member.type in _EXTENDED:
                self._take_name(self._member)
            self._member = None
            if len(self._rest) < BLOCK:
                return
            member = self._head()
            self._member = member
            if member is not None and member.type not in _EXTENDED:
                yield member, None

    def _head(self) -> tarfile.TarInfo | None:
        """The next head; None at the end of the archive."""
        block = bytes(self._rest[:BLOCK])
        del self._rest[:BLOCK]
        if not any(block):
            self.ended = True
            return None
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise ValueError("the engine sent something that is no archive") from error
        if member.type in _EXTENDED:
            if member.size > MAX_EXTENDED:
                raise ValueError("an archive header is too large")
            self._extended.clear()
        elif self._name:
            member.name, self._name = self._name, ""
        size = member.size if member.isreg() or member.type in _EXTENDED else 0
        self._left, self._padding = size, -size % BLOCK
        return member

    def _content(self) -> bytes | None:
        """The next piece of content, b"" for padding, None when more has to come."""
        if not self._rest:
            return None
        if self._left:
            piece = bytes(self._rest[: self._left])
            del self._rest[: len(piece)]
            self._left -= len(piece)
            if self._member is not None and self._member.type in _EXTENDED:
                self._extended += piece
            return piece
        gone = min(self._padding, len(self._rest))
        del self._rest[:gone]
        self._padding -= gone
        return b""

    def _take_name(self, member: tarfile.TarInfo) -> None:
        """A long name, of GNU or pax. [pax: "LENGTH path=NAME\\n"]"""
        if member.type == tarfile.GNUTYPE_LONGNAME:
            self._name = self._extended.rstrip(b"\0").decode("utf-8", "surrogateescape")
            return
        rest = bytes(self._extended)
        while rest:
            length, _sign, _text = rest.partition(b" ")
            if not length.isdigit() or int(length) < 5:
                return
            record, rest = rest[: int(length)], rest[int(length) :]
            key, _sign, value = record.partition(b" ")[2].rstrip(b"\n").partition(b"=")
            if key == b"path":
                self._name = value.decode("utf-8", "surrogateescape")


_EXTENDED = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


def tar_head(name: str, size: int, *, mode: int, changed: float) -> bytes:
    """The head of an archive of one file; `size` bytes of content and `tar_tail(size)` follow."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, mode, int(changed)
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def tar_tail(size: int) -> bytes:
    """Padding and the end of the archive."""
    return bytes(-size % BLOCK) + bytes(2 * BLOCK)
