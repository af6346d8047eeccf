"""Drift: what runs against what the last good deployment left. Pure.

The deployment's plan says which containers each host shall have and with which configuration (its hash covers the
image's digest); what differs was changed past the portal, and a deployment of the same revision puts it right.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hosts.observed import ONLINE, ObservedContainer, ObservedHost
from hosts.plan_types import REMOVE

MISSING, STOPPED, CHANGED, IMAGE, EXTRA = "missing", "stopped", "changed", "image", "extra"
RUNNING = {"running", "restarting"}


@dataclass(frozen=True)
class DriftItem:
    """One container that is not as deployed. kind: missing, stopped, changed (its configuration), image, or extra.

    detail: what is different, a sentence. remedy: what a repair does about it.
    """

    kind: str
    service: str
    host_id: str
    host: str
    container: str
    detail: str
    remedy: str


def drift_of(
    plan: Mapping[str, Any],
    hosts: Sequence[ObservedHost],
    *,
    ended: Collection[tuple[str, str]] = (),
) -> list[DriftItem]:
    """What differs on hosts that are online, in the order of the plan; extra containers last.

    plan: as Deployment.plan holds it. hosts: those of the plan, and others with containers of the project.
    ended: (host id, name) of containers whose work is done, as of a service that runs once.
    """
    wanted = {host["host_id"]: _wanted(host) for host in plan.get("hosts", ())}
    project = str(plan.get("application", ""))
    found: list[DriftItem] = []
    extra: list[DriftItem] = []
    for host in hosts:
        if host.state != ONLINE or host.engine_error:
            continue
        there = {one.name: one for one in host.containers if one.project == project and not one.oneoff}
        names = wanted.get(host.id, {})
        for name, one in names.items():
            item = _compare(host, one, there.get(name), done=(host.id, name) in ended)
            found += [item] if item else []
        extra += [_extra(host, one) for name, one in there.items() if name not in names]
    return found + extra


def _wanted(host: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["name"]: one for one in host["containers"] if one["action"] != REMOVE}


def _compare(
    host: ObservedHost, wanted: Mapping[str, Any], there: ObservedContainer | None, *, done: bool
) -> DriftItem | None:
    name, service = wanted["name"], wanted["service"]
    if there is None:
        detail = f"{name} is missing on {host.name}."
        return DriftItem(MISSING, service, host.id, host.name, name, detail, "It is made again.")
    if wanted.get("config_hash") and there.config_hash != wanted["config_hash"]:
        if there.image != wanted["image"]:
            detail = f"{name} on {host.name} was made from {there.image}, not from {wanted['image']}."
            return DriftItem(IMAGE, service, host.id, host.name, name, detail, "It is made again from the right image.")
        detail = f"{name} on {host.name} was made anew with another configuration or image."
        return DriftItem(CHANGED, service, host.id, host.name, name, detail, "It is made again as deployed.")
    if there.state not in RUNNING and not done:
        detail = f"{name} on {host.name} is {there.state}."
        return DriftItem(STOPPED, service, host.id, host.name, name, detail, "It is started.")
    return None


def _extra(host: ObservedHost, there: ObservedContainer) -> DriftItem:
    detail = f"{there.name} on {host.name} says it is part of the application, and was not deployed."
    return DriftItem(EXTRA, there.service, host.id, host.name, there.name, detail, "It is removed.")
