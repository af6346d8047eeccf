"""msgpack in and out, strict and bounded."""

from typing import TypeVar

import msgspec

from .messages import FromAgent, FromPortal

T = TypeVar("T")

MAX_MESSAGE = 8 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()
_from_agent: msgspec.msgpack.Decoder[FromAgent] = msgspec.msgpack.Decoder(FromAgent)
_from_portal: msgspec.msgpack.Decoder[FromPortal] = msgspec.msgpack.Decoder(FromPortal)


class Malformed(ValueError):
    """Bytes that are no message of ours: too large, no msgpack, unknown tag or field, wrong type. Final."""


def encode(message: object) -> bytes:
    """The frame of one message (or of one command body)."""
    return _encoder.encode(message)


def decode_from_agent(frame: bytes) -> FromAgent:
    """The message in a frame an agent sent. Raises Malformed."""
    return _decode(_from_agent, frame)


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
