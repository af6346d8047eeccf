"""Watching started containers until they are a success, or the first one is not."""

import asyncio
from dataclasses import dataclass

from ..engine import Engine, EngineError, NotFound
from ..engine.containers import container_inspect, container_logs
from ..protocol.bodies import ContainerSpec
from ..reconcile import COMMAND_LABEL
from ..together import together
from .outcome import Failure, Reporter
from .verdict import Judgement, Terms, Verdict, Watch, judge

LOOK_SECONDS = 0.1
LOOK_PER_CONTAINER = 0.01
TAIL_LINES = 50
TAIL_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Settling:
    """What settling needs. command: containers it made count every restart as theirs."""

    engine: Engine
    reporter: Reporter
    terms: Terms
    command: str


async def settle(settling: Settling, specs: tuple[ContainerSpec, ...]) -> None:
    """Return when all are settled or completed. Raises Failure for the first that is not, EngineError."""
    pace = LOOK_SECONDS + LOOK_PER_CONTAINER * len(specs)
    await together((_settle_one(settling, spec.name, pace) for spec in specs), at_once=len(specs) or 1)


async def _settle_one(settling: Settling, name: str, pace: float) -> None:
    key, title = f"settle:{name}", f"{name} stays up"
    settling.reporter.step(key, title, "running")
    judgement = await watched(settling, name, pace)
    if judgement.verdict is Verdict.FAILED:
        settling.reporter.step(key, title, "failed", detail=judgement.reason)
        raise await failure_of(settling.engine, name, judgement)
    detail = "it has done its work" if judgement.verdict is Verdict.COMPLETED else ""
    settling.reporter.step(key, title, "done", detail=detail)


async def failure_of(engine: Engine, name: str, judgement: Judgement) -> Failure:
    """What a failed container means, with its last lines."""
    tail = await log_tail(engine, name)
    if "exec format error" in tail:
        reason = f"{name} holds programs for another processor than this host has. Choose a tag for this platform"
        return Failure(reason, "platform-mismatch", log_tail=tail)
    return Failure(judgement.reason, judgement.code, log_tail=tail)


async def watched(settling: Settling, name: str, pace: float = LOOK_SECONDS) -> Judgement:
    """Look until there is a verdict. Raises EngineError."""
    clock = asyncio.get_running_loop().time
    watch: Watch | None = None
    while True:
        try:
            container = await container_inspect(settling.engine, name)
        except NotFound:
            return Judgement(Verdict.FAILED, "container-gone", f"{name} was removed by somebody while it was deployed")
        if watch is None:
            watch = Watch(name, clock(), fresh=container.labels.get(COMMAND_LABEL) == settling.command)
        judgement = judge(container, watch, settling.terms, clock())
        if judgement.verdict is not Verdict.PENDING:
            return judgement
        await asyncio.sleep(pace)


async def log_tail(engine: Engine, name: str) -> str:
    """The last lines of a container, "" when they cannot be had."""
    try:
        text, _ = await container_logs(engine, name, tail=TAIL_LINES, limit=TAIL_BYTES)
    except EngineError:
        return ""
    return text
