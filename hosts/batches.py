"""In which order containers are replaced: batches, over all hosts. Pure. [Compose Deploy Specification, update_config]

Everything goes in one batch, but for two cases: a service with an update_config goes a few replicas at a time, and a
service that depends on one on another host, or on one that goes a few at a time, waits for it. Within a batch and a
host the agent keeps the order of depends_on itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.compose.types import Project, Service, Update
from hosts.plan_types import KEEP, REMOVE, PlannedBatch, PlannedContainer, PlannedHost

ROLLBACK = "rollback"
SHOWN = 4


@dataclass(frozen=True)
class _Turn:
    """One container that changes: where and as part of which group it is replaced."""

    host: PlannedHost
    container: PlannedContainer


def batches_of(project: Project, hosts: Sequence[PlannedHost]) -> tuple[PlannedBatch, ...]:
    """The batches of a plan, in order; () when nothing is made, remade or started."""
    turns = _turns(hosts)
    levels = _levels(project, hosts, turns)
    batches: list[PlannedBatch] = []
    for level in range(max(levels.values(), default=-1) + 1):
        here = [service for service in project.services if levels[service.name] == level]
        groups = [_groups(service, turns.get(service.name, [])) for service in here]
        for step in range(max((len(one) for one in groups), default=0)):
            parts = [(service, one[step]) for service, one in zip(here, groups, strict=True) if step < len(one)]
            batches.append(_batch(parts, rest=step > 0))
    return tuple(batches)


def _turns(hosts: Sequence[PlannedHost]) -> dict[str, list[_Turn]]:
    """What changes, by service, in the order of the replicas' numbers; what is kept has no turn."""
    turns: dict[str, list[_Turn]] = {}
    for host in hosts:
        for container in host.containers:
            if container.starts or container.action not in {KEEP, REMOVE}:
                turns.setdefault(container.service, []).append(_Turn(host, container))
    return {name: sorted(found, key=lambda turn: turn.container.number) for name, found in turns.items()}


def _levels(project: Project, hosts: Sequence[PlannedHost], turns: Mapping[str, Sequence[_Turn]]) -> dict[str, int]:
    """How many rounds of batches come before each service."""
    where = {
        service.name: {host.host_id for host in hosts for one in host.containers if _is(one, service)}
        for service in project.services
    }
    levels: dict[str, int] = {}

    def level(service: Service, above: frozenset[str]) -> int:
        if service.name not in levels:
            found = 0
            for needed in service.depends_on:
                if needed.service in above or needed.service not in where:
                    continue
                other = project.service(needed.service)
                apart = not where[service.name] <= where[other.name]
                slow = len(_groups(other, turns.get(other.name, ()))) > 1
                found = max(found, level(other, above | {service.name}) + (apart or slow))
            levels[service.name] = found
        return levels[service.name]

    for service in project.services:
        level(service, frozenset({service.name}))
    return levels


def _is(container: PlannedContainer, service: Service) -> bool:
    return container.service == service.name and container.action != REMOVE


def _groups(service: Service, turns: Sequence[_Turn]) -> list[Sequence[_Turn]]:
    """A service's containers, as many at a time as its update_config says."""
    at_once = service.update.parallelism if service.update else 0
    if not turns:
        return []
    if not at_once or at_once >= len(turns):
        return [turns]
    return [turns[start : start + at_once] for start in range(0, len(turns), at_once)]


def _batch(parts: Sequence[tuple[Service, Sequence[_Turn]]], *, rest: bool) -> PlannedBatch:
    named: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for _service, turns in parts:
        for turn in turns:
            named.setdefault(turn.host.host_id, []).append(turn.container.name)
            shown.setdefault(turn.host.host, []).append(turn.container.name)
    updates = [(service.name, service.update or Update()) for service, _ in parts]
    monitors = [update.monitor for _, update in updates if update.monitor is not None]
    return PlannedBatch(
        parts={host: tuple(names) for host, names in named.items()},
        text="; ".join(f"{_listed(names)} on {host}" for host, names in shown.items()),
        delay=max((update.delay for _, update in updates), default=0.0) if rest else 0.0,
        monitor=max(monitors, default=None),
        actions={name: update.failure_action for name, update in updates if update.failure_action != ROLLBACK},
        max_failure_ratio=min((update.max_failure_ratio for _, update in updates), default=0.0),
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
