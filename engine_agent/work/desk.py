"""The desk: takes commands in, journals them, has each carried out once, and keeps its end until acknowledged."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from ..journal import Entry, Journal
from ..protocol.bodies import (
    CommandBody,
    Conclude,
    ContainerAction,
    Deploy,
    ImagePush,
    ImageRemove,
    Prepare,
    RemoveProject,
)
from ..protocol.messages import (
    CommandAccepted,
    CommandCancel,
    CommandFinished,
    CommandProgress,
    CommandSend,
    FromAgent,
    ResultAck,
)
from ..protocol.package import UpdateAgent
from ..protocol.swarm import StackDeploy, StackRemove
from ..protocol.upkeep import Prune, RotateKey
from .ends import Ends
from .outcome import Failure, Outcome, Reporter
from .turns import EVERYTHING, Turns

log = logging.getLogger("engine_agent.desk")

T = TypeVar("T")

AT_ONCE = 8
WRITE_AGAIN_SECONDS = 5.0
UNWRITABLE = "The agent could not write its journal, so nothing was done. Check the disk of the host"


@dataclass(frozen=True, slots=True)
class Order:
    """One command being carried out. attempt: 1, more after restarts; started: unix time of the first attempt.

    notes: what `keep` stored in an earlier attempt. cancelled: the portal wants it stopped; stopping: the agent ends.
    """

    id: str
    body: CommandBody
    attempt: int
    started: float
    notes: bytes
    reporter: Reporter
    keep: Callable[[bytes], Awaitable[None]]
    cancelled: Callable[[], bool]
    stopping: Callable[[], bool]


CarryOut = Callable[[Order], Awaitable[Outcome]]
Post = Callable[[FromAgent, bool], None]


def _nothing(finished: CommandFinished) -> None:
    """Nobody else wants to know."""


class Desk:
    """`post(message, alone)` hands a message to the connection, if there is one; alone: never merged with another.

    acknowledged: is told of each end that the portal has stored, before it is forgotten here; after a crash again.
    """

    def __init__(
        self,
        journal: Journal,
        carry_out: CarryOut,
        post: Post,
        acknowledged: Callable[[CommandFinished], None] = _nothing,
    ) -> None:
        self._acknowledged = acknowledged
        self._journal = journal
        self._carry_out = carry_out
        self._post = post
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._inbox: asyncio.Queue[CommandSend | CommandCancel | ResultAck] = asyncio.Queue()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reporters: dict[str, Reporter] = {}
        self._cancelled: set[str] = set()
        self._ends = Ends(journal, self._on_disk)
        self._turns = Turns()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stopping = False

    def take(self, message: CommandSend | CommandCancel | ResultAck) -> None:
        """A message of the portal; handled in order, soon."""
        self._inbox.put_nowait(message)

    @property
    def open(self) -> int:
        """Commands being carried out or waiting for their turn."""
        return len(self._tasks)

    def backlog(self) -> list[FromAgent]:
        """What a new connection must hear: reports of what runs, and every end not yet acknowledged."""
        messages: list[FromAgent] = []
        for command, reporter in self._reporters.items():
            messages += [CommandAccepted(command), *reporter.replay()]
        return messages + self._ends.messages()

    async def run(self) -> None:
        """Carry on what an earlier process left, then serve until cancelled. What runs then is left for the next."""
        try:
            for entry in await self._on_disk(self._journal.unacknowledged):
                self._resume(entry)
            while True:
                await self._next()
        finally:
            self._stopping = True
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._disk.shutdown()

    async def _next(self) -> None:
        try:
            async with asyncio.timeout(WRITE_AGAIN_SECONDS if self._ends.unwritten else None):
                message = await self._inbox.get()
        except TimeoutError:
            await self._ends.write_again()
        else:
            await self._handle(message)

    def _resume(self, entry: Entry) -> None:
        if entry.finished is not None:
            self._ends.resume(entry)
        else:
            log.info("carrying on command %s", entry.id)
            self._start(entry)

    async def _handle(self, message: CommandSend | CommandCancel | ResultAck) -> None:
        try:
            match message:
                case CommandSend():
                    await self._command(message)
                case CommandCancel():
                    await self._cancel(message.id)
                case ResultAck():
                    await self._acknowledge(message.id)
        except Exception:
            log.exception("the journal could not take %s of command %s", type(message).__name__, message.id)
            if isinstance(message, CommandSend):
                self._post(Failure(UNWRITABLE, "journal-unwritable").outcome().finished(message.id), False)

    async def _command(self, message: CommandSend) -> None:
        known = await self._on_disk(self._journal.get, message.id)
        ended = self._ends.get(message.id) or (known.finished if known is not None else None)
        if ended is not None:
            self._post(ended, False)
        elif known is not None:
            self._post(CommandAccepted(message.id), False)
        else:
            now = time.time()
            entry = Entry(message.id, message.body, received=now, deadline=now + message.ttl)
            await self._on_disk(self._journal.add, entry)
            self._post(CommandAccepted(message.id), False)
            self._start(entry)

    async def _cancel(self, command: str) -> None:
        known = await self._on_disk(self._journal.get, command)
        if known is None:
            # It may still be on its way: remembered, so that it does nothing when it comes.
            now = time.time()
            entry = Entry(command, None, received=now, deadline=now, cancelled=True)
            await self._on_disk(self._journal.add_cancelled, entry)
            await self._finish(command, Outcome("cancelled"), ())
        elif known.finished is not None:
            self._post(known.finished, False)
        elif command not in self._cancelled:
            await self._on_disk(self._journal.cancel, command)
            self._cancelled.add(command)
            task = self._tasks.get(command)
            if task is not None and command not in self._ends:
                task.cancel()

    async def _acknowledge(self, command: str) -> None:
        if (finished := self._ends.get(command)) is not None:
            self._acknowledged(finished)
        await self._ends.acknowledge(command)

    def _start(self, entry: Entry) -> None:
        reporter = Reporter(entry.id, entry.attempts, lambda report: self._post(report, False))
        self._reporters[entry.id] = reporter
        if entry.cancelled:
            self._cancelled.add(entry.id)
        task = asyncio.create_task(self._carry(entry, reporter))
        self._tasks[entry.id] = task
        task.add_done_callback(lambda _: self._forget(entry.id))

    def _forget(self, command: str) -> None:
        self._tasks.pop(command, None)
        self._reporters.pop(command, None)
        self._cancelled.discard(command)

    async def _carry(self, entry: Entry, reporter: Reporter) -> None:
        try:
            outcome = await self._outcome(entry, reporter)
        except asyncio.CancelledError:
            if self._stopping or entry.id not in self._cancelled:
                raise  # the agent is stopping: the next process carries on
            outcome = Outcome("cancelled")
        except Exception as error:
            log.exception("command %s ended in a fault of the agent", entry.id)
            outcome = Outcome("failed", f"The agent made a mistake: {error!r}", "agent-fault")
        reporter.close("skipped" if outcome.outcome in {"succeeded", "cancelled"} else "failed")
        await self._finish(entry.id, outcome, reporter.replay())

    async def _outcome(self, entry: Entry, reporter: Reporter) -> Outcome:
        if entry.body is None:
            return Outcome("cancelled")
        subject = _subject(entry.body)
        async with self._turns.take(subject), self._slots:
            if entry.id in self._cancelled and entry.attempts == 0:
                return Outcome("cancelled")
            if entry.attempts == 0 and time.time() > entry.deadline:
                return Outcome("expired", "It was not begun before its expiry, so nothing was done", "expired")
            now = time.time()
            try:
                await self._begin(entry, now)
            except Failure as failure:
                return failure.outcome()
            order = Order(
                id=entry.id,
                body=entry.body,
                attempt=entry.attempts + 1,
                started=entry.started or now,
                notes=entry.notes,
                reporter=reporter,
                keep=lambda notes: self._keep(entry.id, notes),
                cancelled=lambda: entry.id in self._cancelled,
                stopping=lambda: self._stopping,
            )
            return await self._carry_out(order)

    async def _begin(self, entry: Entry, now: float) -> None:
        """Note the attempt. A further one goes on without: it only gives its reports the numbers of the one before."""
        try:
            await self._on_disk(self._journal.begin, entry.id, now)
        except Exception as error:
            log.exception("the beginning of command %s could not be journalled", entry.id)
            if entry.attempts == 0:
                raise Failure(UNWRITABLE, "journal-unwritable") from error

    async def _keep(self, command: str, notes: bytes) -> None:
        try:
            await self._on_disk(self._journal.note, command, notes)
        except Exception as error:
            log.exception("notes of command %s could not be journalled", command)
            raise Failure(UNWRITABLE, "journal-unwritable") from error

    async def _finish(self, command: str, outcome: Outcome, reports: tuple[CommandProgress, ...]) -> None:
        finished: CommandFinished = outcome.finished(command)
        await asyncio.shield(self._ends.keep(finished, reports))
        self._post(finished, False)

    async def _on_disk(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, call, *arguments)


def _subject(body: CommandBody) -> str:
    match body:
        case (
            Deploy(project=project)
            | RemoveProject(project=project)
            | Prepare(project=project)
            | Conclude(project=project)
        ):
            return f"project {project}"
        case ContainerAction(cid=cid):
            return f"container {cid}"
        case ImageRemove(reference=reference):
            return f"image {reference}"
        case ImagePush(reference=reference):
            return f"image {reference}"
        case RotateKey():
            return "the key"
        case Prune() | UpdateAgent():
            return EVERYTHING
        case StackDeploy(project=project) | StackRemove(project=project):
            return f"stack {project}"
    return "the swarm"
