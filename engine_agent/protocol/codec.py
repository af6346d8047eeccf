"""msgpack in and out, strict and bounded."""

import zlib
from typing import TypeVar

import msgspec

from .messages import Delta, FromAgent, FromPortal, Packed, Snapshot

T = TypeVar("T")

MAX_MESSAGE = 8 * 1024 * 1024
PACK_BYTES = 4096  # smaller frames are not worth it
PACK_LEVEL = 1

_encoder = msgspec.msgpack.Encoder()
_from_agent: msgspec.msgpack.Decoder[FromAgent] = msgspec.msgpack.Decoder(FromAgent)
_from_portal: msgspec.msgpack.Decoder[FromPortal] = msgspec.msgpack.Decoder(FromPortal)


class Malformed(ValueError):
    """Bytes that are no message of ours: too large, no msgpack, unknown tag or field, wrong type. Final."""


def encode(message: object) -> bytes:
    """The frame of one message (or of one command body)."""
    return _encoder.encode(message)


def packed(message: object) -> bytes:
    """The frame of one message, compressed when it is a large Snapshot or Delta; for a portal that takes Packed."""
    frame = _encoder.encode(message)
    if len(frame) < PACK_BYTES or not isinstance(message, (Snapshot, Delta)):
        return frame
    small = _encoder.encode(Packed(zlib.compress(frame, PACK_LEVEL)))
    return small if len(small) < len(frame) else frame


def decode_from_agent(frame: bytes) -> FromAgent:
    """The message in a frame an agent sent, opened when it was packed. Raises Malformed."""
    message = _decode(_from_agent, frame)
    return _opened(message) if isinstance(message, Packed) else message


def _opened(message: Packed) -> FromAgent:
    """What was packed: a Snapshot or a Delta, never over the limit of a frame. Raises Malformed."""
    unzip = zlib.decompressobj()
    try:
        frame = unzip.decompress(message.data, MAX_MESSAGE + 1)
    except zlib.error as error:
        raise Malformed(f"a packed message cannot be opened: {error}") from error
    if len(frame) > MAX_MESSAGE or not unzip.eof or unzip.unused_data:
        raise Malformed("a packed message is over the limit, or is not whole")
    inner = _decode(_from_agent, frame)
    if not isinstance(inner, (Snapshot, Delta)):
        raise Malformed(f"a {type(inner).__name__} does not come packed")
    return inner


def decode_from_portal(frame: bytes) -> FromPortal:
    """The message in a frame the portal sent. Raises Malformed."""
    return _decode(_from_portal, frame)


def _decode(decoder: "msgspec.msgpack.Decoder[T]", frame: bytes) -> T:
    if len(frame) > MAX_MESSAGE:
        raise Malformed(f"a frame of {len(frame)} bytes is over the limit of {MAX_MESSAGE}")
    try:
        return decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
