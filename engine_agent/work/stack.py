"""A stack on a swarm: networks, secrets, configs and services brought to the wanted state through a manager.

Rolling updates and going back are the swarm's own: each service's spec says how. Here they are only watched.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import Conflict, Engine, EngineError, NotFound
from ..engine import swarm as api
from ..engine.resources import network_create, network_remove, networks_list
from ..protocol.access import auth_config
from ..protocol.swarm import StackDeploy, StackRemove, SwarmFile, SwarmObject
from .desk import Order
from .outcome import Failure, Outcome, Reporter
from .words import explain

LOOK_SECONDS = 0.5
GONE_SECONDS = 60.0
UNCHANGED = "unchanged"
SPEC_LABEL = "io.pierhead.spec"  # of a service: digest of its whole spec
TASK_LABEL = "io.pierhead.task"  # of its containers: digest of what makes them, so that old and new are told apart
DONE_STATES = {"running", "complete"}


async def stack_deploy(engine: Engine, order: Order, wish: StackDeploy) -> Outcome:
    """Carry it out and watch until every service is as wanted. Raises EngineError, Failure."""
    reporter = order.reporter
    await _networks(engine, reporter, wish)
    ids = {kind: await _files(engine, reporter, kind, wish.project, files) for kind, files in _kinds(wish)}
    known = {one["Spec"]["Name"]: one for one in await api.services_list(engine, project=wish.project)}
    for service in wish.services:
        await _service(engine, reporter, service, known.get(service.name), ids)
    wanted = {service.name for service in wish.services}
    for name, one in known.items():
        if name not in wanted:
            reporter.step(f"service:{name}", f"Remove service {name}", "running")
            await api.service_remove(engine, one["ID"])
            reporter.step(f"service:{name}", f"Remove service {name}", "done")
    await _watch(engine, reporter, wish)
    await _tidy(engine, wish)
    return Outcome(result={"services": sorted(wanted)})


async def stack_remove(engine: Engine, order: Order, wish: StackRemove) -> Outcome:
    """Remove all of a stack. Raises EngineError."""
    for one in await api.services_list(engine, project=wish.project):
        await api.service_remove(engine, one["ID"])
    deadline = asyncio.get_running_loop().time() + GONE_SECONDS
    while await api.tasks_list(engine, project=wish.project):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(LOOK_SECONDS)
    for kind in ("secrets", "configs"):
        for one in await api.files_list(engine, kind, project=wish.project):
            await api.file_remove(engine, kind, one["ID"])
    for network in await networks_list(engine):
        if (network.labels or {}).get(api.NAMESPACE) == wish.project:
            await _network_gone(engine, network.name, deadline)
    return Outcome()


async def _network_gone(engine: Engine, name: str, deadline: float) -> None:
    """A network can go once the last task has left it."""
    while True:
        try:
            await network_remove(engine, name)
        except NotFound:
            return
        except EngineError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(LOOK_SECONDS)
        else:
            return


def _kinds(wish: StackDeploy) -> tuple[tuple[str, tuple[SwarmFile, ...]], ...]:
    return (("secrets", wish.secrets), ("configs", wish.configs))


async def _networks(engine: Engine, reporter: Reporter, wish: StackDeploy) -> None:
    there = {network.name for network in await networks_list(engine)} if wish.networks else set()
    for network in wish.networks:
        if network.name in there:
            continue
        key, title = f"network:{network.name}", f"Create network {network.name}"
        reporter.step(key, title, "running")
        if network.spec is None:
            reporter.step(key, title, "failed")
            raise Failure(f"There is no network {network.name} in the cluster. Create it first", "network-not-found")
        with contextlib.suppress(Conflict):
            await network_create(engine, network.spec)
        reporter.step(key, title, "done")


async def _files(
    engine: Engine, reporter: Reporter, kind: str, project: str, files: tuple[SwarmFile, ...]
) -> dict[str, str]:
    """name -> id of every secret or config the stack uses."""
    if not files:
        return {}
    ids = {one["Spec"]["Name"]: str(one["ID"]) for one in await api.files_list(engine, kind, project=project)}
    for file in files:
        if file.name not in ids:
            key, title = f"{kind}:{file.name}", f"Store {kind.removesuffix('s')} {file.name}"
            reporter.step(key, title, "running")
            ids[file.name] = await api.file_create(engine, kind, file.name, file.content.encode(), file.labels)
            reporter.step(key, title, "done")
    return ids


async def _service(
    engine: Engine, reporter: Reporter, service: SwarmObject, there: Mapping[str, Any] | None, ids: dict[str, Any]
) -> None:
    spec = _with_ids(service.spec or {}, ids)
    key = f"service:{service.name}"
    title = f"{'Update' if there else 'Create'} service {service.name}"
    if there is not None and _digest(there["Spec"]) == _digest(spec):
        reporter.step(key, f"Keep service {service.name} as it is", "done", detail=UNCHANGED)
        return
    reporter.step(key, title, "running")
    auth = auth_config(service.auth)
    try:
        if there is None:
            await api.service_create(engine, spec, auth)
        else:
            await api.service_update(engine, there["ID"], int(there["Version"]["Index"]), spec, auth)
    except EngineError as error:
        failure = explain(error, service.name)
        reporter.step(key, title, "failed", detail=failure.error)
        raise failure from error
    reporter.step(key, title, "done")


def _digest(spec: Mapping[str, Any]) -> str:
    """What the portal says a spec is; an engine adds to specs, so that they cannot be compared themselves."""
    return str((spec.get("Labels") or {}).get(SPEC_LABEL, ""))


def _with_ids(spec: dict[str, Any], ids: dict[str, Any]) -> dict[str, Any]:
    """The spec with the ids of its secrets and configs; the portal knows their names only."""
    container = dict(spec["TaskTemplate"]["ContainerSpec"])
    for field, kind, name in (("Secrets", "secrets", "SecretName"), ("Configs", "configs", "ConfigName")):
        if container.get(field):
            key = name.replace("Name", "ID")
            container[field] = [{**one, key: ids[kind][one[name]]} for one in container[field]]
    return {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ContainerSpec": container}}


async def _watch(engine: Engine, reporter: Reporter, wish: StackDeploy) -> None:
    """Until every service runs as wanted, the swarm has put one back, or time is up. Raises Failure."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + wish.timeout
    open_names = {service.name for service in wish.services}
    while open_names:
        services = {one["Spec"]["Name"]: one for one in await api.services_list(engine, project=wish.project)}
        tasks = await api.tasks_list(engine, project=wish.project)
        for name in sorted(open_names):
            done, detail = judged(services.get(name), tasks)
            reporter.step(f"settle:{name}", f"{name} runs as wanted", "done" if done else "running", detail=detail)
            if done:
                open_names.discard(name)
        if not open_names:
            return
        if clock() > deadline:
            why = await _why(engine, wish.project, open_names)
            raise Failure(f"{', '.join(sorted(open_names))} did not come up in time{why}", "not-running")
        await asyncio.sleep(LOOK_SECONDS)


def judged(service: Mapping[str, Any] | None, tasks: Iterable[Mapping[str, Any]]) -> tuple[bool, str]:
    """Whether a service is as wanted, and how far it is. Raises Failure when the swarm gave up or put it back."""
    if service is None:
        raise Failure("A service was removed by somebody while it was deployed", "container-gone")
    name, update = service["Spec"]["Name"], service.get("UpdateStatus") or {}
    state, said = str(update.get("State") or ""), str(update.get("Message") or "")
    if state in {"rollback_completed", "rollback_paused"}:
        raise Failure(f"{name} did not come up and the swarm put the previous one back: {said}", "swarm-rolled-back")
    if state == "paused":
        raise Failure(f"The update of {name} stands still: {said}", "swarm-paused")
    status = service.get("ServiceStatus") or {}
    desired = int(status.get("DesiredTasks") or 0)
    ready = sum(_is_ready(task, service) for task in tasks)
    settled = state in {"", "completed"} and ready >= desired
    return settled, f"{min(ready, desired)} of {desired} running" + (f", {state.replace('_', ' ')}" if state else "")


def _is_ready(task: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    """Whether a task is of the service as it is now, and up (or has done its work)."""
    if task.get("ServiceID") != service["ID"] or (task.get("Status") or {}).get("State") not in DONE_STATES:
        return False
    return _task_label(task.get("Spec") or {}) == _task_label(service["Spec"]["TaskTemplate"])


def _task_label(template: Mapping[str, Any]) -> str:
    return str(((template.get("ContainerSpec") or {}).get("Labels") or {}).get(TASK_LABEL, ""))


async def _why(engine: Engine, project: str, names: set[str]) -> str:
    """The first error of a task of these services."""
    services = {one["ID"]: one["Spec"]["Name"] for one in await api.services_list(engine, project=project)}
    for task in await api.tasks_list(engine, project=project):
        status = task.get("Status") or {}
        if services.get(task.get("ServiceID", "")) in names and status.get("Err"):
            return f": {status['Err']}"
    return ""


async def _tidy(engine: Engine, wish: StackDeploy) -> None:
    """Secrets and configs of earlier revisions; those still used by a task stay."""
    for kind, files in _kinds(wish):
        wanted = {file.name for file in files}
        for one in await api.files_list(engine, kind, project=wish.project):
            if one["Spec"]["Name"] not in wanted:
                try:
                    await api.file_remove(engine, kind, one["ID"])
                except EngineError:
                    continue
