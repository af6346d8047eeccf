"""Byte streams: what the portal asks of one, and the few words that travel beside its bytes.

A stream is a websocket of its own that the agent dials on request (StreamOpen). Binary frames are bytes as they are,
in both directions; a text frame is one of the words below, in JSON. The first word is the portal's Begin; until then
the stream waits, ready. A connection that ends without Finished was lost on the way.
"""

import msgspec

MAX_FRAME = 1024 * 1024
PIECE = 256 * 1024  # bytes that either side puts into one frame at most
SCHEME = "Pierhead-Stream"


class StreamRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a stream is joined to. kind "engine": a connection of its own to the engine's socket, byte by byte."""

    kind: str = "engine"


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="begin"):
    """Join the stream now; bytes follow without waiting for an answer."""

    request: StreamRequest


class HalfClose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="eof"):
    """No more bytes from this side; the other direction goes on."""


class Finished(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="end"):
    """The end, said by the agent. code "" is an end in order; else a stable word, and reason says it for people."""

    code: str = ""
    reason: str = ""


Word = Begin | HalfClose | Finished

_decoder: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)
_encoder = msgspec.json.Encoder()


def word_encode(word: Word) -> str:
    """The text frame of a word."""
    return _encoder.encode(word).decode()


def word_decode(frame: str) -> Word:
    """The word in a text frame. Raises ValueError."""
    try:
        return _decoder.decode(frame)
    except msgspec.DecodeError as error:
        raise ValueError(f"no word of a stream: {error}") from error


def stream_path(stream_id: str) -> str:
    """Where the agent dials back for a stream, below the address in its StreamOpen."""
    return f"/ws/agent/streams/{stream_id}/"
