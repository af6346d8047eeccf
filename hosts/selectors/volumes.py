"""Reading volumes with who uses them, their backups and what is under way."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from hosts.models import Application, Container, Host, Volume, VolumeBackup, VolumeRun
from hosts.selectors.hosts import host_get
from hosts.selectors.policies import host_policy
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound

PROJECT = "com.docker.compose.project"


@dataclass(frozen=True)
class Use:
    """A container that mounts a volume, at `target`, and whether it may write there."""

    container: Container
    target: str
    writable: bool


@dataclass(frozen=True)
class VolumeLine:
    """A volume and who uses it."""

    row: Volume
    uses: list[Use]


def volume_get(*, actor: Actor, host_id: UUID | str, name: str) -> Volume:
    """Raises NotFound, also for one that is of somebody else on a shared host."""
    host = host_get(actor=actor, host_id=host_id)
    row = Volume.objects.select_related("host__team").filter(host=host, name=name).first()
    if row is None or not host_policy(host=host).ownership.owns(row.labels):
        raise NotFound(f"There is no volume {name[:80]} on {host.name}.", code="volume-not-found")
    return row


def uses_of(volumes: Iterable[Volume]) -> list[VolumeLine]:
    """Each with the containers that mount it."""
    rows = list(volumes)
    found: dict[tuple[UUID, str], list[Use]] = {}
    containers = Container.objects.filter(host_id__in={row.host_id for row in rows}).order_by("name")
    for container in containers.select_related("host"):
        for mount in container.mounts:
            if mount.get("name"):
                use = Use(container, str(mount.get("target", "")), not mount.get("read_only"))
                found.setdefault((container.host_id, str(mount["name"])), []).append(use)
    return [VolumeLine(row, found.get((row.host_id, row.name), [])) for row in rows]


def application_volumes(*, application: Application) -> list[VolumeLine]:
    """The volumes of an application on the hosts of its team: those of its project, and those its containers mount."""
    mine: dict[UUID, set[str]] = {}
    containers = Container.objects.filter(host__team_id=application.team_id, project=application.name)
    for host_id, mounts in containers.values_list("host_id", "mounts"):
        mine.setdefault(host_id, set()).update(str(mount["name"]) for mount in mounts if mount.get("name"))
    wanted = Q(host__team_id=application.team_id, name__startswith=f"{application.name}_")
    for host_id, names in mine.items():
        wanted |= Q(host_id=host_id, name__in=names)
    rows = Volume.objects.filter(wanted).select_related("host__team").order_by("name", "host__name")
    own = [row for row in rows if row.name in mine.get(row.host_id, ()) or row.labels.get(PROJECT) == application.name]
    return uses_of(own)


def backup_list(*, actor: Actor, query: str = "") -> "QuerySet[VolumeBackup]":
    """Kept files of the actor's teams."""
    rows = VolumeBackup.objects.select_related("team", "created_by")
    rows = rows_of_teams(rows, actor)
    return rows.filter(Q(volume__icontains=query) | Q(host_name__icontains=query)) if query else rows


def backup_get(*, actor: Actor, backup_id: UUID | str) -> VolumeBackup:
    """Raises NotFound."""
    row = backup_list(actor=actor).filter(pk=backup_id).first()
    if row is None:
        raise NotFound("There is no such backup.", code="backup-not-found")
    return row


def run_list(*, actor: Actor, host: Host | None = None, volume: str = "") -> "QuerySet[VolumeRun]":
    """Runs of the actor's teams, newest first; of a host and a volume, as source or as destination."""
    rows = VolumeRun.objects.select_related("team", "host", "to_host", "backup", "created_by")
    rows = rows_of_teams(rows, actor)
    if host is not None:
        rows = rows.filter(Q(host=host, volume=volume) | Q(to_host=host, to_volume=volume))
    return rows


def run_get(*, actor: Actor, run_id: UUID | str) -> VolumeRun:
    """Raises NotFound."""
    row = run_list(actor=actor).filter(pk=run_id).first()
    if row is None:
        raise NotFound("There is no such backup, restore or copy.", code="run-not-found")
    return row


def hosts_to_write(*, actor: Actor, team: Team) -> "QuerySet[Host]":
    """Hosts of a team on which volumes may be made by the actor."""
    rows = Host.objects.filter(team=team, revoked_at=None, os="linux").order_by("name")
    return rows if actor.can(Permission.OPERATE, team) else rows.none()
