"""Doing the steps: one engine call or two for each, no decisions of its own."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine import Conflict, Engine, EngineError, EngineGone, EngineRefused, NotFound
from ..engine import containers as api
from ..engine.resources import network_connect, network_create, network_remove, volume_create, volume_remove
from ..inherit import with_heritage
from ..protocol.bodies import ContainerSpec
from ..reconcile import COMMAND_LABEL
from ..steps import (
    Await,
    Connect,
    Create,
    CreateNetwork,
    CreateVolume,
    Keep,
    PutBack,
    Remove,
    RemoveNetwork,
    RemoveVolume,
    SetAside,
    Stage,
    Start,
    StartAgain,
    StartEarly,
    Step,
    Stop,
    Track,
)
from ..together import together
from .inside import put_files, run_hooks, run_pre_stop
from .outcome import Failure, Reporter
from .settle import Settling, failure_of, watched
from .verdict import Terms, Verdict
from .words import explain

TRACKS_AT_ONCE = 8
COMPLETION_SECONDS = 1800.0
CANCEL_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where steps are done and told. specs: of containers that have files or hooks, by name."""

    engine: Engine
    reporter: Reporter
    command: str
    terms: Terms
    specs: Mapping[str, ContainerSpec] = field(default_factory=dict)

    @property
    def settling(self) -> Settling:
        return Settling(self.engine, self.reporter, self.terms, self.command)


async def execute(site: Site, stages: tuple[Stage, ...]) -> None:
    """Do every step; the first that fails ends it. Raises Failure with the engine's reason, or EngineGone."""
    for stage in stages:
        await together((_track(site, track) for track in stage), at_once=TRACKS_AT_ONCE)


async def _track(site: Site, track: Track) -> None:
    for step in track:
        await _do(site, step)


async def _do(site: Site, step: Step) -> None:
    site.reporter.step(step.key, step.title, "running")
    try:
        detail = await _whole(DEEDS[type(step)](site, step), step)
    except EngineGone:
        raise
    except EngineError as error:
        failure = explain(error, getattr(step, "name", "") or _spec_name(step))
        site.reporter.step(step.key, step.title, "failed", detail=failure.error)
        raise failure from error
    except Failure as failure:
        site.reporter.step(step.key, step.title, "failed", detail=failure.error)
        raise
    site.reporter.step(step.key, step.title, "done", detail=detail)


async def _whole(deed: Coroutine[Any, Any, str], step: Step) -> str:
    """Do it to its end even when cancelled: the engine does what it was asked, so going back must find it done."""
    task = asyncio.create_task(deed)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if isinstance(step, Await):
            task.cancel()
        await asyncio.wait([task], timeout=CANCEL_PATIENCE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


def _spec_name(step: Step) -> str:
    spec = getattr(step, "spec", None)
    return str(spec.name) if spec is not None else ""


def _labelled(body: Mapping[str, Any], command: str) -> dict[str, Any]:
    """A create body whose object will say which command made it."""
    return {**body, "Labels": {**(body.get("Labels") or {}), COMMAND_LABEL: command}}


async def _create_network(site: Site, step: CreateNetwork) -> str:
    if step.spec.create is None:
        raise Failure(
            f"There is no network {step.spec.name} on this host, and the application expects it. Create it first",
            "network-not-found",
        )
    try:
        await network_create(site.engine, {**_labelled(step.spec.create, site.command), "Name": step.spec.name})
    except Conflict:
        return "it was there already"
    return ""


async def _create_volume(site: Site, step: CreateVolume) -> str:
    if step.spec.create is None:
        raise Failure(
            f"There is no volume {step.spec.name} on this host, and the application expects it. Create it first",
            "volume-not-found",
        )
    await volume_create(site.engine, {**_labelled(step.spec.create, site.command), "Name": step.spec.name})
    return ""


async def _await(site: Site, step: Await) -> str:
    forever = step.condition == "completed"
    terms = Terms(settle=COMPLETION_SECONDS if forever else 0.0, health_timeout=site.terms.health_timeout)
    judgement = await watched(Settling(site.engine, site.reporter, terms, site.command), step.name)
    if forever and judgement.verdict is Verdict.SETTLED:
        raise Failure(
            f"{step.name} has not ended within {COMPLETION_SECONDS / 60:g} minutes, and {step.for_name} waits for it",
            "not-completed",
        )
    if judgement.verdict is Verdict.FAILED:
        raise await failure_of(site.engine, step.name, judgement)
    return ""


async def _set_aside(site: Site, step: SetAside) -> str:
    await api.container_rename(site.engine, step.cid, step.to)
    return ""


async def _create(site: Site, step: Create) -> str:
    spec = step.spec
    body = _labelled(with_heritage(spec.create, step.taken), site.command)
    made = await api.container_create(site.engine, spec.name, body, platform=spec.platform)
    for warning in made.warnings or ():
        site.reporter.line(f"{spec.name}: {warning}", "warning")
    return ""


async def _connect(site: Site, step: Connect) -> str:
    try:
        await network_connect(site.engine, step.network, step.spec.name, step.spec.networks[step.network])
    except EngineRefused as error:
        if "already exists in network" not in error.message:  # endpoint with name … already exists in network …
            raise
        return "it was connected already"
    return ""


async def _stop(site: Site, step: Stop) -> str:
    await run_pre_stop(site.engine, step.cid, step.name, site.reporter, strict=True)
    await api.container_stop(site.engine, step.cid, grace=step.grace)
    return ""


async def _start(site: Site, step: Start) -> str:
    spec = site.specs.get(step.name)
    if spec is not None and spec.files:  # here and not at its creation, so that an interrupted try is made good
        await put_files(site.engine, step.name, spec.files)
    await api.container_start(site.engine, step.name)
    if spec is not None:
        await run_hooks(site.engine, step.name, spec.post_start, site.reporter)
    return "running"


async def _keep(site: Site, step: Keep) -> str:
    return "unchanged"


async def _remove(site: Site, step: Remove) -> str:
    try:
        if not step.fresh:
            await run_pre_stop(site.engine, step.cid, step.name, site.reporter, strict=False)
            await api.container_stop(site.engine, step.cid, grace=step.grace)
        await api.container_remove(site.engine, step.cid, force=True, volumes=step.fresh)
    except NotFound:
        return "it was gone already"
    except Conflict as error:
        if "already in progress" not in error.message:  # "removal of container … is already in progress"
            raise
    return ""


async def _put_back(site: Site, step: PutBack) -> str:
    await api.container_rename(site.engine, step.cid, step.name)
    return ""


async def _start_again(site: Site, step: StartAgain) -> str:
    await api.container_start(site.engine, step.cid)
    return "running"


async def _start_early(site: Site, step: StartEarly) -> str:
    try:
        await api.container_start(site.engine, step.cid)
    except EngineGone:
        raise
    except EngineError as error:
        return f"not possible: {error.message}"
    return "running"


async def _remove_network(site: Site, step: RemoveNetwork) -> str:
    try:
        await network_remove(site.engine, step.name)
    except NotFound:
        return "it was gone already"
    return ""


async def _remove_volume(site: Site, step: RemoveVolume) -> str:
    try:
        await volume_remove(site.engine, step.name)
    except NotFound:
        return "it was gone already"
    return ""


DEEDS: dict[type[Any], Callable[[Site, Any], Coroutine[Any, Any, str]]] = {
    CreateNetwork: _create_network,
    CreateVolume: _create_volume,
    Await: _await,
    SetAside: _set_aside,
    Create: _create,
    Connect: _connect,
    Stop: _stop,
    Start: _start,
    Keep: _keep,
    Remove: _remove,
    PutBack: _put_back,
    StartAgain: _start_again,
    StartEarly: _start_early,
    RemoveNetwork: _remove_network,
    RemoveVolume: _remove_volume,
}
