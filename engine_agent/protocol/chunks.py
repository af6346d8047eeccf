"""Where a body ends, byte by byte, without changing it: counted, or in chunks with trailers. [RFC 9112 section 7]"""

import re
from typing import Protocol

from .heads import CHUNKED, UNTIL_CLOSE, Garbled

MAX_SIZE_LINE = 20
MAX_TRAILERS = 8 * 1024
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t \x21-\x7e\x80-\xff]*\r\n")


class Body(Protocol):
    """done: nothing of the body is missing."""

    done: bool

    def feed(self, data: bytes) -> int:
        """How many of these bytes belong to the body; the rest is what follows it. Raises Garbled."""


class Counted:
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        taken = min(self._left, len(data))
        self._left -= taken
        self.done = self._left == 0
        return taken


class Endless:
    """A body that ends with the connection."""

    done = False

    def feed(self, data: bytes) -> int:
        return len(data)


class Chunked:
    """Chunks. Extensions are refused: nobody needs them, and readers differ in them.

    data: called with each piece of content, for who wants the body itself.
    """

    def __init__(self) -> None:
        self._left = 0  # of the present chunk
        self._ending = False  # the chunk is read, its line end is not
        self._last = False  # the chunk of size 0 was read: trailers
        self._line = bytearray()
        self._trailers = 0
        self.content: bytearray | None = None
        self.done = False

    def feed(self, data: bytes) -> int:
        at, length = 0, len(data)
        while at < length and not self.done:
            if self._left:
                taken = min(self._left, length - at)
                if self.content is not None:
                    self.content += data[at : at + taken]
                self._left -= taken
                at += taken
                self._ending = self._left == 0
                continue
            end = data.find(b"\n", at, at + MAX_TRAILERS)
            stop = length if end < 0 else end + 1
            self._line += data[at:stop]
            at = stop
            if end >= 0:
                self._line_done()
            elif len(self._line) > (MAX_TRAILERS if self._last else MAX_SIZE_LINE):
                raise Garbled("chunk-size", "A chunk's size is malformed.")
        return at

    def _line_done(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        if self._ending:
            if line != b"\r\n":
                raise Garbled("chunk-end", "A chunk does not end where it should.")
            self._ending = False
        elif self._last:
            self._trailer(line)
        elif not _SIZE.fullmatch(line):
            raise Garbled("chunk-size", "A chunk's size is malformed.")
        else:
            self._left = int(line, 16)
            self._last = self._left == 0

    def _trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            self.done = True
            return
        self._trailers += len(line)
        if self._trailers > MAX_TRAILERS or not _TRAILER.fullmatch(line):
            raise Garbled("trailer", "The trailers of the body are malformed.")


def body_of(framing: int) -> Body:
    """The reader of a body as a head frames it."""
    if framing == CHUNKED:
        return Chunked()
    return Endless() if framing == UNTIL_CLOSE else Counted(framing)
