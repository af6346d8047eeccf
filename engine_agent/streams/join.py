"""The joint: a line to the portal on one side, a connection to the engine on the other, bytes both ways.

Nothing is gathered: each direction reads a piece only when the piece before it was taken, so a reader that stops stops
the writer, through TCP on one side and the socket's buffer on the other.
"""

import asyncio
import contextlib
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..http1 import Connector, Streams
from ..policy.guard import Asked
from ..protocol.heads import Garbled
from ..protocol.policy import Refusal
from ..protocol.streams import PIECE, Begin, Finished, HalfClose, Word, word_decode, word_encode
from .guarded import Guarded, TurnedAway

READY_SECONDS = 3600.0  # how long a line may wait for its Begin
ENGINE_SECONDS = 10.0
LOOK_SECONDS = 2.0
ABNORMAL = 1011


class Ended(Exception):
    """The stream is over, for a reason that the portal is told."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.finished = Finished(code, reason)


class Watch(Protocol):
    """What the owner of the host allows (policy.Guard)."""

    @property
    def armed(self) -> bool:
        """Whether there is a policy at all; without one nothing on a stream is read."""

    async def request_refusal(self, asked: Asked) -> Refusal | None:
        """Why a request is not allowed."""


async def serve(connection: ClientConnection, connect: Connector, watch: Watch) -> None:
    """Wait for the portal's Begin, then join. Returns when the stream has ended, whoever ended it."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            first = _word(await connection.recv())
    except (ConnectionClosed, TimeoutError, ValueError):
        await connection.close()
        return
    try:
        if not isinstance(first, Begin) or first.request.kind != "engine":
            raise Ended("unknown-kind", "This agent cannot join such a stream; it may be older than the portal")
        await _joined(connection, await _engine(connect), watch)
        finished = Finished()
    except Ended as ended:
        finished = ended.finished
    except ConnectionClosed:
        return
    with contextlib.suppress(ConnectionClosed):
        await connection.send(word_encode(finished))
    await connection.close()


async def _engine(connect: Connector) -> Streams:
    try:
        async with asyncio.timeout(ENGINE_SECONDS):
            return await connect()
    except TimeoutError as error:
        raise Ended("engine-gone", f"The engine took no connection within {ENGINE_SECONDS:g} s") from error
    except OSError as error:
        raise Ended("engine-gone", f"The engine does not answer: {error.strerror or error}") from error


async def _joined(connection: ClientConnection, engine: Streams, watch: Watch) -> None:
    """Both directions until both have ended, or until one breaks. Raises Ended, ConnectionClosed."""
    reader, writer = engine
    guarded = Guarded(watch.request_refusal) if watch.armed else None
    ways = [
        asyncio.create_task(_to_engine(connection, writer, guarded)),
        asyncio.create_task(_to_portal(reader, connection, guarded)),
    ]
    # Also while both ways wait for somebody slow. A policy that appears ends what was begun without one.
    gone = asyncio.create_task(_gone(connection, watch if guarded is None else None))
    both: asyncio.Future[Any] = asyncio.gather(*ways)
    ends: list[asyncio.Future[Any]] = [both, gone]
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if both in done:
            both.result()
    finally:
        writer.transport.abort()
        for task in (*ways, gone):
            task.cancel()
        await asyncio.gather(*ways, gone, both, return_exceptions=True)


async def _gone(connection: ClientConnection, watch: Watch | None) -> None:
    if watch is None:
        await connection.wait_closed()
        return
    while not watch.armed:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await connection.wait_closed()
                return


async def _to_engine(connection: ClientConnection, writer: asyncio.StreamWriter, guarded: Guarded | None) -> None:
    while True:
        frame = await connection.recv()
        try:
            if isinstance(frame, bytes):
                if guarded is None:
                    writer.write(frame)
                    await writer.drain()
                    continue
                async for piece in guarded.requests(frame):
                    writer.write(piece)
                    await writer.drain()
                continue
            if not isinstance(_word(frame), HalfClose):
                raise Ended("malformed", "The portal said something out of turn on a stream")
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            # The engine reads no more. What it still has to say comes the other way, and its end with it.
            continue
        except TurnedAway as turned:
            await connection.send(turned.answer)
            await connection.send(word_encode(HalfClose()))
            raise Ended("", "") from turned
        except ValueError as error:
            raise Ended("malformed", "The portal said something unknown on a stream") from error
        return


async def _to_portal(reader: asyncio.StreamReader, connection: ClientConnection, guarded: Guarded | None) -> None:
    try:
        while piece := await reader.read(PIECE):
            if guarded is not None:
                guarded.answered(piece)
            await connection.send(piece)
    except Garbled as error:
        raise Ended("engine-garbled", "The engine's answer is no HTTP") from error
    except OSError as error:
        raise Ended("engine-cut", f"The engine cut the connection: {error.strerror or error}") from error
    await connection.send(word_encode(HalfClose()))


def _word(frame: bytes | str) -> Word:
    if isinstance(frame, bytes):
        raise ValueError("bytes before the first word")
    return word_decode(frame)
