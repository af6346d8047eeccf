"""The frames on the gateway's unix socket: one byte of kind, four of length, the bytes. Both ends are this portal."""

import asyncio
import struct

import msgspec

from engine_agent.protocol.streams import PIECE, Finished, StreamRequest

HEAD = struct.Struct("!cI")
DATA, EOF, END, ASK = b"d", b"e", b"x", b"a"
MAX_PAYLOAD = max(PIECE, 64 * 1024)


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first frame: a stream of this host, please."""

    host_id: str
    request: StreamRequest


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer: status 0 when the stream is open, otherwise what a Problem says."""

    status: int = 0
    code: str = ""
    title: str = ""
    detail: str = ""


encode_json = msgspec.json.Encoder().encode
ask_decode = msgspec.json.Decoder(Ask).decode
reply_decode = msgspec.json.Decoder(Reply).decode
end_decode = msgspec.json.Decoder(Finished).decode


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """One frame."""
    return HEAD.pack(kind, len(payload)) + payload


async def head_read(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    """Kind and length of the next frame. Raises IncompleteReadError at the end, ValueError for one over the limit."""
    kind, length = HEAD.unpack(await reader.readexactly(HEAD.size))
    if length > MAX_PAYLOAD:
        raise ValueError(f"a frame of {length} bytes")
    return kind, length


async def frame_read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next frame, whole. Raises IncompleteReadError, ValueError."""
    kind, length = await head_read(reader)
    return kind, await reader.readexactly(length)
