"""The gateway's unix socket: other processes of the node get streams here. Only this user can open it."""

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from uuid import UUID

from engine_agent.protocol.streams import Finished
from portal.problems import Problem

from .frames import ASK, DATA, END, EOF, MAX_PAYLOAD, Reply, ask_decode, encode_json, frame, frame_read
from .line import AgentLine
from .registry import Registry

log = logging.getLogger(__name__)

ASK_SECONDS = 5.0


class Door:
    """Serves `path` until stopped."""

    def __init__(self, registry: Registry, path: Path) -> None:
        self._registry = registry
        self._path = path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. What an earlier process left at the path is replaced. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.stat(self._path.parent).st_uid != os.getuid():
            raise PermissionError(f"{self._path.parent} belongs to another user")
        os.chmod(self._path.parent, 0o700)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._server = await asyncio.start_unix_server(self._come_in, str(self._path), limit=MAX_PAYLOAD)
        os.chmod(self._path, 0o600)

    async def stop(self) -> None:
        """Listen no more, and end what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer), name="stream-door")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await self._opened(reader, writer)
            if line is not None:
                try:
                    await _relay(line, reader, writer)
                finally:
                    await line.close()
        except (OSError, asyncio.IncompleteReadError, ValueError, TimeoutError):
            pass
        except Exception:
            log.exception("a stream for another process")
        finally:
            writer.close()

    async def _opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AgentLine | None:
        async with asyncio.timeout(ASK_SECONDS):
            kind, payload = await frame_read(reader)
        if kind != ASK:
            raise ValueError("the first frame asks for a stream")
        ask = ask_decode(payload)
        try:
            line = await self._registry.open(UUID(ask.host_id), ask.request)
        except Problem as problem:
            refusal = Reply(problem.status, problem.code, str(problem.title), str(problem.detail))
            writer.write(frame(ASK, encode_json(refusal)))
            return None
        writer.write(frame(ASK, encode_json(Reply())))
        return line


async def _relay(line: AgentLine, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the line has ended, or the other process wants no more of it."""
    ways = [asyncio.create_task(_up(reader, line)), asyncio.create_task(_down(line, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _up(reader: asyncio.StreamReader, line: AgentLine) -> None:
    """Bytes of the other process to the host. A half-close is a frame; the end of the connection is the end."""
    while True:
        kind, payload = await frame_read(reader)
        if kind == DATA:
            await line.write(payload)
        elif kind == EOF:
            await line.write_eof()
        else:
            raise ValueError("out of turn")


async def _down(line: AgentLine, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await line.read(MAX_PAYLOAD):
            writer.write(frame(DATA, piece))
            await writer.drain()
        writer.write(frame(EOF))
        if line.reason:
            writer.write(frame(END, encode_json(Finished("", line.reason))))
        await writer.drain()
        await line.wait_closed()  # the other direction may go on
    except Problem as problem:
        writer.write(frame(END, encode_json(Finished(problem.code, str(problem.detail)))))
        await writer.drain()
