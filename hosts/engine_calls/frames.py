"""The engine's own framing of output, taken apart piece by piece. Pure.

Without a terminal each write is a frame: one byte that names the stream, three zero bytes, four bytes of length, the
content; with a terminal the bytes come as they are. [Engine API, ContainerAttach, Stream format]
"""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime

STDIN, STDOUT, STDERR = 0, 1, 2
MAX_FRAME = 16 * 1024 * 1024
MAX_LINE = 32 * 1024  # longer lines are cut: a log without line ends must not be kept whole


class BadFrame(ValueError):
    """The bytes are not the engine's framing."""


@dataclass
class Demultiplexer:
    """From pieces of bytes to (stream, content). tty: there is one stream and no framing."""

    tty: bool
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        if self.tty:
            return [(STDOUT, data)] if data else []
        self._rest += data
        found, at = [], 0
        while len(self._rest) - at >= 8:
            kind, length = struct.unpack_from(">BxxxI", self._rest, at)
            if kind > 3 or length > MAX_FRAME:
                raise BadFrame("the engine's output is not framed as expected")
            if len(self._rest) - at - 8 < length:
                break
            found.append((kind, bytes(self._rest[at + 8 : at + 8 + length])))
            at += 8 + length
        del self._rest[:at]
        return found


@dataclass
class LineCutter:
    """From (stream, content) to whole lines, each stream by itself."""

    _rests: dict[int, bytes] = field(default_factory=dict)

    def feed(self, kind: int, data: bytes) -> list[bytes]:
        *lines, rest = (self._rests.get(kind, b"") + data).split(b"\n")
        while len(rest) > MAX_LINE:
            lines.append(rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        self._rests[kind] = rest
        return lines

    def end(self) -> list[tuple[int, bytes]]:
        """What came without a line end."""
        found = [(kind, rest) for kind, rest in self._rests.items() if rest]
        self._rests.clear()
        return found


@dataclass
class LogReader:
    """From the bytes of GET /containers/{id}/logs?timestamps=1 to rows [stream, microseconds, text].

    microseconds: since 1970 by the host's clock; of the line before when the engine gave none.
    """

    tty: bool
    last: int = 0
    _demux: Demultiplexer = field(init=False)
    _lines: LineCutter = field(default_factory=LineCutter)
    _second: tuple[bytes, int] = (b"", 0)

    def __post_init__(self) -> None:
        self._demux = Demultiplexer(self.tty)

    def feed(self, data: bytes) -> list[tuple[int, int, str]]:
        rows = []
        for kind, content in self._demux.feed(data):
            rows += [self._row(kind, line) for line in self._lines.feed(kind, content)]
        return rows

    def end(self) -> list[tuple[int, int, str]]:
        return [self._row(kind, line) for kind, line in self._lines.end()]

    def _row(self, kind: int, line: bytes) -> tuple[int, int, str]:
        stamp, sign, text = line.partition(b" ")
        if sign and len(stamp) >= 20 and stamp[10:11] == b"T":
            try:
                self.last = self._micros(stamp)
            except ValueError:
                text = line
        else:
            text = line
        return kind, self.last, text.rstrip(b"\r").decode("utf-8", "replace")

    def _micros(self, stamp: bytes) -> int:
        """Of RFC 3339 with nanoseconds, in UTC as the engine writes it."""
        second, fraction = stamp[:19], stamp[20:26].rstrip(b"Z")
        if second != self._second[0]:
            moment = datetime.fromisoformat(second.decode("ascii")).replace(tzinfo=UTC)
            self._second = (second, int(moment.timestamp()) * 1_000_000)
        return self._second[1] + (int(fraction.ljust(6, b"0")) if fraction else 0)
