"""Streams of the Engine API: JSON lines, and the frames in which a container without a terminal writes its output."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

import msgspec

from .errors import EngineError

T = TypeVar("T")

MAX_LINE = 1024 * 1024
FRAME_HEAD = 8


async def json_lines(chunks: AsyncIterator[bytes], kind: type[T]) -> AsyncGenerator[T]:
    """Each line of a stream as `kind`; lines of another shape are passed over. Raises EngineError past 1 MiB a line."""
    decoder = msgspec.json.Decoder(kind)
    buffer = bytearray()
    async for chunk in chunks:
        buffer += chunk
        *lines, rest = buffer.split(b"\n")
        buffer = bytearray(rest)
        if len(buffer) > MAX_LINE:
            raise EngineError(f"a line of the engine's stream is over {MAX_LINE} bytes")
        for line in lines:
            if line.strip():
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError:
                    continue


def demultiplex(raw: bytes) -> bytes:
    """The payloads of a multiplexed log (stream type, three zero bytes, big-endian length, payload), joined.

    A frame cut off at the end gives what there is of it.
    """
    out = bytearray()
    at = 0
    while at + FRAME_HEAD <= len(raw):
        size = int.from_bytes(raw[at + 4 : at + FRAME_HEAD], "big")
        out += raw[at + FRAME_HEAD : at + FRAME_HEAD + size]
        at += FRAME_HEAD + size
    return bytes(out)
