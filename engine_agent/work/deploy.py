"""Carrying a deployment out: images first, then observe, reconcile, execute, settle; and back again if it fails.

Every part can be done again after any crash of agent or engine: what is done is observed, never remembered. The one
thing noted is which containers ran before, so that going back starts those and no others.
"""

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from ..endings import plan_back
from ..engine import Engine, EngineError
from ..protocol.bodies import Deploy
from ..reconcile import Observed, acting_of, plan
from .desk import Order
from .execute import Site, execute
from .images import Fetch, Imaging, ensure_images
from .observe import observe
from .outcome import Failure, Outcome
from .persist import ENGINE_PATIENCE, Persistence
from .settle import settle
from .verdict import Terms
from .words import explain

MAX_REST = 3600.0
START_FIRST = "start-first"

_notes = msgspec.msgpack.Decoder(dict[str, bool])


@dataclass
class Run:
    """One deployment under way. ran: container id -> whether it ran before; None until containers may be touched."""

    engine: Engine
    order: Order
    deploy: Deploy
    fetch: Fetch
    patience: float = ENGINE_PATIENCE
    ran: dict[str, bool] | None = None

    @property
    def id(self) -> str:
        """Of the rollout on this host: what is made carries it."""
        return self.deploy.run or self.order.id

    @cached_property
    def persistence(self) -> Persistence:
        return Persistence(self.engine, self.order.reporter, self.deploy.project, self.patience)

    @property
    def site(self) -> Site:
        terms = Terms(self.deploy.settle_seconds, self.deploy.health_timeout)
        specs = {spec.name: spec for spec in self.deploy.containers if spec.files or spec.post_start}
        return Site(self.engine, self.order.reporter, self.id, terms, specs)


async def deploy_carry_out(run: Run) -> Outcome:
    """Carry it out or put everything back. Raises only what has no remedy here (faults, the agent's own stop)."""
    if run.order.notes:
        run.ran = _notes.decode(run.order.notes)
    elif run.deploy.ran is not None:
        run.ran = dict(run.deploy.ran)
    outcome = await _outcome(run)
    return replace(outcome, result={**outcome.result, "ran": run.ran or {}}) if run.deploy.hold else outcome


async def _outcome(run: Run) -> Outcome:
    try:
        if run.order.cancelled():
            raise Failure("", "cancelled")
        await _rest(run)
        await run.persistence.do(lambda: _images(run))
        await run.persistence.do(lambda: _containers(run))
    except Failure as failure:
        return await _failed(run, failure)
    except EngineError as error:
        return await _failed(run, explain(error))
    except asyncio.CancelledError:
        if run.order.stopping() or not run.order.cancelled():
            raise
        return await _back(run, Failure("", "cancelled"))
    return Outcome(result={"containers": [spec.name for spec in run.deploy.containers]})


async def _failed(run: Run, failure: Failure) -> Outcome:
    """Back, unless the portal wants to decide that."""
    if run.deploy.stay and failure.code != "cancelled":
        run.order.reporter.line(failure.error, "error")
        return failure.outcome()
    return await _back(run, failure)


async def _rest(run: Run) -> None:
    """The pause between batches."""
    seconds = min(run.deploy.wait, MAX_REST)
    if seconds > 0:
        key, title = f"rest:{run.order.id[:8]}", f"Wait {seconds:g} s before the next batch"
        run.order.reporter.step(key, title, "running")
        await asyncio.sleep(seconds)
        run.order.reporter.step(key, title, "done")


async def _images(run: Run) -> None:
    await ensure_images(Imaging(run.engine, run.order.reporter, run.fetch), run.deploy)


async def _containers(run: Run) -> None:
    """From images present to everything settled and what gave way removed."""
    observed = await observe(run.engine, run.deploy)
    _check_images(run.deploy, observed)
    await _note_before(run, observed)
    steps = plan(observed, run.deploy, run.order.id, trust_completed=run.persistence.absences == 0)
    await execute(run.site, steps.forward)
    await settle(run.site.settling, acting_of(run.deploy))
    await execute(run.site, steps.retire if run.deploy.hold else steps.cleanup)


def _check_images(deploy: Deploy, observed: Observed) -> None:
    for spec in deploy.containers:
        if spec.image not in observed.images:
            raise Failure(f"Image {spec.image} of {spec.name} is not on the host", "image-not-found")


async def _note_before(run: Run, observed: Observed) -> None:
    """Note once, before anything is touched, which containers are there and which of them run."""
    if run.ran is not None:
        return
    run.ran = {seen.cid: seen.running for seen in observed.containers if seen.command != run.id}
    if run.ran:
        await run.order.keep(msgspec.msgpack.encode(run.ran))


async def _back(run: Run, failure: Failure) -> Outcome:
    """Put everything back as it was, and say how it ended. A second cancel does not stop this."""
    ended = "cancelled" if failure.code == "cancelled" else "failed"
    # An earlier attempt that noted nothing touched nothing that was there, and may have made something.
    touched = run.ran is not None or run.order.attempt > 1
    if touched:
        work = asyncio.ensure_future(run.persistence.do(lambda: _go_back(run)))
        try:
            await _through_cancels(run, work)
        except (Failure, EngineError) as error:
            return _stuck(run, failure, error)
    if failure.code == "cancelled":
        return Outcome("cancelled")
    run.order.reporter.line(failure.error, "error")
    restored = touched and bool(run.ran)
    return failure.outcome("rolled_back" if restored else ended)


async def _go_back(run: Run) -> None:
    observed = await observe(run.engine, run.deploy)
    beside = {spec.name for spec in run.deploy.containers if spec.order == START_FIRST}
    for stage in plan_back(observed, run.id, run.ran or {}, beside):
        await execute(run.site, (stage,))


async def _through_cancels(run: Run, work: "asyncio.Future[None]") -> None:
    """Await work that the portal's cancel must not stop; the agent's own stop still does."""
    while True:
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            if not run.order.cancelled() or run.order.stopping():
                work.cancel()
                raise
            continue
        return


def _stuck(run: Run, failure: Failure, error: Failure | EngineError) -> Outcome:
    why = failure.error or "The deployment was cancelled"
    problem = error.error if isinstance(error, Failure) else explain(error).error
    text = f"{why}. Putting everything back did not work either: {problem}. The next deployment or removal tidies up"
    run.order.reporter.line(text, "error")
    return Outcome("failed", text, failure.code, failure.log_tail)
