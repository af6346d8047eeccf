"""Every stream of this agent: begun on request, bounded in number, ended with the agent."""

import asyncio
import logging
from collections.abc import Callable

from websockets.exceptions import InvalidStatus, WebSocketException

from ..http1 import Connector
from ..portal_http import Portal
from ..problems import AgentProblem
from ..protocol.messages import StreamOpen
from .dial import Dialler
from .join import Watch, serve

log = logging.getLogger("engine_agent.streams")

AT_ONCE = 1024  # a portal that asks for more than this is mistaken or hostile


class Streams:
    """The streams of one agent. Opens nothing until asked."""

    def __init__(self, portal: Portal, key: bytes | Callable[[], bytes], connect: Connector, watch: Watch) -> None:
        self._dialler = Dialler(portal, key)
        self._connect = connect
        self._watch = watch
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def open(self, asked: StreamOpen) -> None:
        """Take up a stream. Never blocks, never raises: the portal notices by itself that nobody comes."""
        if len(self._tasks) >= AT_ONCE:
            log.warning("%d streams are open; another one was not taken up", len(self._tasks))
            return
        task = asyncio.create_task(self._run(asked), name=f"stream {asked.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cut every stream."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # sockets that were cut are closed in the loop's next turn

    async def _run(self, asked: StreamOpen) -> None:
        try:
            connection = await self._dialler.dial(asked)
        except AgentProblem as problem:
            log.warning("a stream was not taken up: %s", problem.what)
            return
        except InvalidStatus as error:
            log.warning("%s refused a stream (%d)", asked.address, error.response.status_code)
            return
        except (OSError, WebSocketException, TimeoutError, EOFError) as error:
            log.warning("no line for a stream to %s: %s", asked.address, str(error) or type(error).__name__)
            return
        try:
            await serve(connection, self._connect, self._watch)
        except Exception:
            log.exception("a stream stumbled")
        finally:
            connection.transport.abort()
