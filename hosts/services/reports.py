"""What agents report of their hosts, stored: facts and mirror. Called by the agent consumer, off the event loop.

Each answers with the live topics to publish once its transaction has committed, and raises LinkLost when the
connection that reports no longer holds the host. Only rows that changed are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import models, transaction

from engine_agent.protocol.facts import ContainerFact, HostFacts, ImageFact, NetworkFact, VolumeFact
from engine_agent.protocol.messages import Delta, Snapshot
from hosts import mirror_rows
from hosts.models import Application, Container, Host, Image, Network, Volume
from hosts.services.links import LinkLost

M = TypeVar("M", bound=models.Model)
BATCH = 400


@dataclass(frozen=True)
class _Kind:
    """One mirrored table: its model and the field that names a row within its host."""

    model: Any
    key: str


_CONTAINERS = _Kind(Container, "cid")
_IMAGES = _Kind(Image, "image_id")
_NETWORKS = _Kind(Network, "network_id")
_VOLUMES = _Kind(Volume, "name")


def facts_store(*, host_id: UUID, link: str, facts: HostFacts, now: datetime) -> tuple[str, ...]:
    """Facts of the machine and its engine."""
    fields = mirror_rows.host_fields(facts)
    with transaction.atomic():
        host = Host.objects.select_for_update().filter(pk=host_id, link=link).first()
        if host is None:
            raise LinkLost
        changed = {name: value for name, value in fields.items() if getattr(host, name) != value}
        Host.objects.filter(pk=host_id).update(**changed, last_seen_at=now)
    return ("hosts", "home", f"host:{host_id}") if changed else ()


def snapshot_store(*, host_id: UUID, link: str, snapshot: Snapshot, now: datetime) -> tuple[str, ...]:
    """Replace what we believed of the host by a whole snapshot (parts already joined)."""
    with transaction.atomic():
        host = _hold(host_id, link, snapshot.sequence, now)
        projects = _projects(host_id)
        changed = _mirror(_CONTAINERS, host_id, _containers(snapshot.containers), now, whole=True)
        _mirror(_IMAGES, host_id, _images(snapshot.images), now, whole=True)
        _mirror(_NETWORKS, host_id, _networks(snapshot.networks), now, whole=True)
        _mirror(_VOLUMES, host_id, _volumes(snapshot.volumes), now, whole=True)
        projects |= {fields["project"] for fields in changed}
        return _topics(host, projects, containers=True)


def delta_store(*, host_id: UUID, link: str, delta: Delta, now: datetime) -> tuple[str, ...]:
    """Apply what changed since the sequence before."""
    with transaction.atomic():
        host = _hold(host_id, link, delta.sequence, now)
        projects: set[str] = set()
        if delta.removed:
            gone = Container.objects.filter(host_id=host_id, cid__in=delta.removed)
            projects |= set(gone.values_list("project", flat=True))
            gone.delete()
        if delta.containers:
            changed = _mirror(_CONTAINERS, host_id, _containers(delta.containers), now, whole=False)
            projects |= {fields["project"] for fields in changed}
        if delta.images is not None:
            _mirror(_IMAGES, host_id, _images(delta.images), now, whole=True)
        if delta.networks is not None:
            _mirror(_NETWORKS, host_id, _networks(delta.networks), now, whole=True)
        if delta.volumes is not None:
            _mirror(_VOLUMES, host_id, _volumes(delta.volumes), now, whole=True)
        return _topics(host, projects, containers=bool(delta.removed or delta.containers))


def _hold(host_id: UUID, link: str, sequence: int, now: datetime) -> Host:
    """Check that the link is still ours, and keep it so until the transaction ends."""
    rows = Host.objects.filter(pk=host_id, link=link)
    if not rows.update(sequence=sequence, observed_at=now, last_seen_at=now):
        raise LinkLost
    return Host.objects.only("id", "team_id").get(pk=host_id)


def _projects(host_id: UUID) -> set[str]:
    return set(Container.objects.filter(host_id=host_id).values_list("project", flat=True).distinct())


def _containers(facts: Iterable[ContainerFact]) -> dict[str, dict[str, Any]]:
    return {row["cid"]: row for row in map(mirror_rows.container_fields, facts)}


def _images(facts: Iterable[ImageFact]) -> dict[str, dict[str, Any]]:
    return {row["image_id"]: row for row in map(mirror_rows.image_fields, facts)}


def _networks(facts: Iterable[NetworkFact]) -> dict[str, dict[str, Any]]:
    return {row["network_id"]: row for row in map(mirror_rows.network_fields, facts)}


def _volumes(facts: Iterable[VolumeFact]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in map(mirror_rows.volume_fields, facts)}


def _mirror(
    kind: _Kind, host_id: UUID, wanted: dict[str, dict[str, Any]], now: datetime, *, whole: bool
) -> list[dict[str, Any]]:
    """Bring the rows of one kind to `wanted`; rows not named go when it is the whole truth. Answers what changed."""
    names = [
        field.name for field in kind.model._meta.concrete_fields if field.name not in {"id", "host", "observed_at"}
    ]
    present = kind.model.objects.filter(host_id=host_id)
    rows = present if whole else present.filter(**{f"{kind.key}__in": list(wanted)})
    known = {row[kind.key]: row for row in rows.values(*names)}
    changed = [fields for key, fields in wanted.items() if known.get(key) != fields]
    if changed:
        kind.model.objects.bulk_create(
            [kind.model(host_id=host_id, observed_at=now, **fields) for fields in changed],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["host", kind.key],
            update_fields=[*(name for name in names if name != kind.key), "observed_at"],
        )
    gone = [key for key in known if key not in wanted] if whole else []
    for start in range(0, len(gone), BATCH):
        present.filter(**{f"{kind.key}__in": gone[start : start + BATCH]}).delete()
    return changed


def _topics(host: Host, projects: set[str], *, containers: bool) -> tuple[str, ...]:
    topics = [f"host:{host.pk}"]
    if containers:
        topics += ["hosts", "home"]
    names = projects - {""}
    if names:
        owned = Application.objects.filter(team_id=host.team_id, name__in=names).values_list("pk", flat=True)
        topics += [f"application:{pk}" for pk in owned]
        topics += ["applications"]
    return tuple(topics)
