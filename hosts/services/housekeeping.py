"""Housekeeping: throwing away what nothing uses on a host, asked for by a person or by its schedule.

What applications need is told to the agent with the wish, and stays: their containers, networks and volumes although
they are stopped, and the images of their last revisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from engine_agent.protocol.upkeep import Prune, PrunePreview, PruneWish
from hosts import dispatch, live
from hosts.models import Application, Command, Host, Housekeeping
from hosts.models.commands import OPEN_STATES
from hosts.models.hosts import HostState
from hosts.models.housekeeping import VOLUME_KINDS, PruneKind
from hosts.services.commands import command_create, topics_of
from hosts.services.plans import revision_project
from portal.people.access import Actor, Permission, portal_actor
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, Problem

MAX_DAYS = 3650
MAX_KEEP = 20
LAST_REVISIONS = 5  # of each application, whose images stay
PREVIEW_SECONDS = 45.0
PRUNE_TTL = timedelta(minutes=30)  # what is needed may change while it waits
KIND = "prune"


@dataclass(frozen=True)
class Sweep:
    """What a person wants thrown away. days: only what is older; keep_labels: "name" or "name=value"."""

    kinds: tuple[str, ...]
    days: int = 0
    keep_labels: tuple[str, ...] = ()


def sweep_clean(*, kinds: Sequence[str], days: int, keep_labels: Sequence[str] = ()) -> Sweep:
    """The same, checked. Raises Invalid."""
    wrong: dict[str, list[str]] = {}
    known = [kind for kind in PruneKind.values if kind in kinds]
    if not known or set(kinds) - set(PruneKind.values):
        wrong["kinds"] = [f"Choose at least one of: {', '.join(PruneKind.values)}."]
    if not 0 <= days <= MAX_DAYS:
        wrong["days"] = [f"Give a number of days from 0 to {MAX_DAYS}."]
    labels = tuple(dict.fromkeys(label.strip() for label in keep_labels if label.strip()))
    if len(labels) > MAX_KEEP or any(len(label) > 200 for label in labels):
        wrong["keep_labels"] = [f"Give at most {MAX_KEEP} labels of at most 200 characters."]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], fields=wrong)
    return Sweep(tuple(known), days, labels)


def prune_preview(*, host: Host, sweep: Sweep, actor: Actor) -> dict[str, Any]:
    """What would go now, asked of the host: items and kept ones with sizes, `size` in all, counts by kind.

    Raises HostAway, Unavailable.
    """
    _allow(host, sweep, actor, "host.prune-preview")
    return dispatch.query(host, PrunePreview(wish_of(host=host, sweep=sweep)), timeout=PREVIEW_SECONDS)


def prune_start(*, host: Host, sweep: Sweep, actor: Actor) -> Command:
    """Throw it away. Raises HostAway, Conflict (prune-running) while another one is on its way."""
    _allow(host, sweep, actor, "host.prune")
    if host.state != HostState.ONLINE:  # what is needed now may not be what is needed when it comes back
        raise dispatch.host_away(host)
    with transaction.atomic():
        Host.objects.select_for_update().get(pk=host.pk)
        if Command.objects.filter(host=host, kind=KIND, state__in=OPEN_STATES).exists():
            raise Conflict(f"{host.name} is being cleaned up already.", code="prune-running")
        names = ", ".join(str(PruneKind(kind).label).lower() for kind in sweep.kinds)
        command = command_create(
            host=host,
            body=Prune(wish_of(host=host, sweep=sweep)),
            summary=f"Clean up: {names}",
            actor=actor,
            ttl=PRUNE_TTL,
        )
        detail = {"kinds": list(sweep.kinds), "days": sweep.days, "command": str(command.pk)}
        audit_record(actor=actor, action="host.prune", team=host.team, target=host, detail=detail)
        live.publish(topics_of([command]))
    return command


def housekeeping_set(*, host: Host, sweep: Sweep, at: time, enabled: bool, actor: Actor) -> Housekeeping:
    """Make or change the schedule of a host; `at` in UTC. It counts from now on: nothing runs at once."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=host.team, action="host.housekeeping", target=host
    )
    with transaction.atomic():
        row, _made = Housekeeping.objects.update_or_create(
            host=host,
            defaults={
                "enabled": enabled,
                "kinds": list(sweep.kinds),
                "days": sweep.days,
                "keep_labels": list(sweep.keep_labels),
                "at": at,
                "counted_from": timezone.now(),
            },
        )
        detail = {"enabled": enabled, "kinds": list(sweep.kinds), "days": sweep.days, "at": f"{at:%H:%M}"}
        audit_record(actor=actor, action="host.housekeeping", team=host.team, target=host, detail=detail)
        live.publish([f"host:{host.pk}"])
    return row


def housekeeping_run(*, now: datetime) -> int:
    """Start what is due on hosts that are there; a host that is away is cleaned up when it is back. How many began."""
    begun = 0
    for row in Housekeeping.objects.filter(enabled=True, host__revoked_at=None).select_related("host__team"):
        if row.next_run > now or row.host.state != HostState.ONLINE:
            continue
        claimed = Housekeeping.objects.filter(pk=row.pk, counted_from=row.counted_from, enabled=True)
        if not claimed.update(counted_from=now):
            continue  # another worker was faster, or somebody has just changed it
        sweep = Sweep(tuple(row.kinds), row.days, tuple(row.keep_labels))
        try:
            prune_start(host=row.host, sweep=sweep, actor=portal_actor("Housekeeping"))
        except Problem:  # one is running; tomorrow is another day
            continue
        begun += 1
    return begun


def wish_of(*, host: Host, sweep: Sweep) -> PruneWish:
    """What the agent is asked, with what applications of the host's team need."""
    projects, images, volumes = set(), set(), set()
    for application in Application.objects.filter(team_id=host.team_id).prefetch_related("revisions"):
        projects.add(application.name)
        for revision in list(application.revisions.all())[:LAST_REVISIONS]:
            try:
                project = revision_project(revision)
            except Problem:  # it was accepted once, and is not any more; its project's name keeps what it made
                continue
            images |= {service.image for service in project.services if service.image}
            volumes |= {volume.name for volume in project.volumes.values()}
    return PruneWish(
        kinds=sweep.kinds,
        older_seconds=sweep.days * 86_400,
        keep_labels=sweep.keep_labels,
        projects=tuple(sorted(projects)),
        images=tuple(sorted(images)),
        volumes=tuple(sorted(volumes)),
    )


def _allow(host: Host, sweep: Sweep, actor: Actor, action: str) -> None:
    """Volumes hold what cannot be had again: they are for those who manage hosts."""
    needed = Permission.MANAGE_HOSTS if VOLUME_KINDS.intersection(sweep.kinds) else Permission.OPERATE
    permission_require(actor=actor, permission=needed, team=host.team, action=action, target=host)
