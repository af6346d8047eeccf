"""Asking for a backup, a restore or a copy of a volume. `volume_steps` carries out what is written here."""

import re
from dataclasses import dataclass

import django_rq
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from hosts import dispatch, live
from hosts.models import Host, Volume, VolumeBackup, VolumeRun
from hosts.models.hosts import HostState
from hosts.models.volumes import OPEN_RUNS, Halt, RunKind
from hosts.observed import ObservedVolume
from hosts.selectors.policies import hosts_policy
from hosts.team_policy import present_findings
from portal.people.access import Actor, Permission
from portal.people.models import Role
from portal.people.services.audit import audit_denied, audit_record, permission_require
from portal.problems import Conflict, Invalid, NotAllowed, Refused

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}\Z")
JOB = "hosts.volume_jobs.volume_run_begin"


@dataclass(frozen=True)
class Place:
    """A volume on a host, there or to be made."""

    host: Host
    name: str


def run_topics(run: VolumeRun) -> list[str]:
    """What to publish when a run moved."""
    hosts = {run.host_id, run.to_host_id} - {None}
    return [f"volume-run:{run.pk}", f"volumes:{run.team_id}", *(f"volumes-of:{pk}" for pk in hosts)]


def backup_start(*, volume: Volume, halt: str, compress: bool, actor: Actor) -> VolumeRun:
    """Keep what is in a volume as a file of the team. Raises NotAllowed, HostAway, Refused, Conflict."""
    host = volume.host
    permission_require(
        actor=actor, permission=Permission.OPERATE, team=host.team, action="volume.backup", target=volume
    )
    _may_be_read(volume, actor, "volume.backup")
    run = VolumeRun(kind=RunKind.BACKUP, host=host, volume=volume.name, halt=_halt(halt), compress=compress)
    return _begin(run, actor, volume)


def restore_start(*, backup: VolumeBackup, to: Place, overwrite: bool, halt: str, actor: Actor) -> VolumeRun:
    """Fill a volume with a backup.

    overwrite: it may be there, and loses what is in it, which only those may decide who manage hosts.
    """
    _destination(to, overwrite, actor, "volume.restore", backup)
    if backup.team_id != to.host.team_id:
        raise Refused("A backup can be restored on hosts of its own team only.", code="volume-other-team")
    run = VolumeRun(
        kind=RunKind.RESTORE,
        host=to.host,
        volume=to.name,
        backup=backup,
        halt=_halt(halt),
        overwrite=overwrite,
        total_bytes=backup.size,
    )
    return _begin(run, actor, backup)


def copy_start(*, volume: Volume, to: Place, overwrite: bool, halt: str, actor: Actor) -> VolumeRun:
    """Copy a volume to another host, or to another name. Raises as `backup_start` and `restore_start` do."""
    team = volume.host.team
    permission_require(actor=actor, permission=Permission.OPERATE, team=team, action="volume.copy", target=volume)
    _may_be_read(volume, actor, "volume.copy")
    _destination(to, overwrite, actor, "volume.copy", volume)
    if team != to.host.team:
        raise Refused("A volume can be copied between hosts of one team only.", code="volume-other-team")
    if (volume.host_id, volume.name) == (to.host.pk, to.name):
        raise Invalid("Choose another host or another name.", fields={"name": ["This is the volume itself."]})
    run = VolumeRun(
        kind=RunKind.COPY,
        host=volume.host,
        volume=volume.name,
        to_host=to.host,
        to_volume=to.name,
        halt=_halt(halt),
        overwrite=overwrite,
    )
    return _begin(run, actor, volume)


def run_cancel(*, run: VolumeRun, actor: Actor) -> VolumeRun:
    """End it soon, and let the containers go on that were halted for it. Raises Conflict when it has ended."""
    permission_require(actor=actor, permission=Permission.OPERATE, team=run.team, action="volume.cancel", target=run)
    with transaction.atomic():
        rows = VolumeRun.objects.filter(pk=run.pk, state__in=OPEN_RUNS)
        if not rows.update(cancel_asked=True, next_at=timezone.now()):
            raise Conflict(f"It has ended already: {run.get_state_display().lower()}.", code="run-ended")
        audit_record(actor=actor, action="volume.cancel", team=run.team, target=run)
        live.publish(run_topics(run))
        transaction.on_commit(lambda: wake(run), robust=True)
    run.refresh_from_db()
    return run


def wake(run: VolumeRun) -> None:
    """Have a worker begin it now; the periodic job would do so a little later."""
    django_rq.get_queue().enqueue(JOB, str(run.pk))


def _begin(run: VolumeRun, actor: Actor, target: Model) -> VolumeRun:
    run.team, run.created_by = run.host.team, actor.user
    for host in filter(None, (run.host, run.to_host)):
        if host.os == "windows":
            raise Refused(
                f"{host.name} runs Windows, whose engine gives no files of a container that does not run. "
                "Copy them with robocopy in a container that mounts the volume and a folder of the host.",
                code="volume-windows",
            )
        if host.state != HostState.ONLINE:
            raise dispatch.host_away(host)
    with transaction.atomic():
        Host.objects.select_for_update().get(pk=run.host_id)
        busy = Q(host=run.host, volume=run.volume) | Q(to_host=run.host, to_volume=run.volume)
        if run.to_host:
            busy |= Q(host=run.to_host, volume=run.to_volume) | Q(to_host=run.to_host, to_volume=run.to_volume)
        other = VolumeRun.objects.filter(busy, state__in=OPEN_RUNS).first()
        if other is not None:
            word = other.get_kind_display().lower()
            raise Conflict(f"A {word} of this volume is under way. Wait for it, or cancel it.", code="volume-busy")
        run.save()
        detail = {"volume": run.volume, "host": run.host.name, "halt": run.halt, "overwrite": run.overwrite}
        if run.to_host:
            detail |= {"to_host": run.to_host.name, "to_volume": run.to_volume}
        audit_record(actor=actor, action=f"volume.{run.kind}", team=run.team, target=target, detail=detail)
        live.publish(run_topics(run))
        transaction.on_commit(lambda: wake(run), robust=True)
    return run


def _halt(text: str) -> str:
    if text not in Halt.values:
        raise Invalid("Choose what happens to containers.", fields={"halt": ["Give stop, pause or nothing."]})
    return text


def _may_be_read(volume: Volume, actor: Actor, action: str) -> None:
    """The team's policy, as for mounting it: a path of the host may hide in a volume. Raises NotAllowed."""
    team = volume.host.team
    if actor.role_in(team.pk) == Role.ADMIN:
        return
    seen = ObservedVolume(volume.driver, volume.options, volume.labels)
    for finding in present_findings(volume.name, seen, hosts_policy(team=team)):
        problem = NotAllowed(f"The volume {volume.name}: {finding.message}", code=f"policy-{finding.rule}"[:60])
        audit_denied(actor=actor, action=action, problem=problem, team=team, target=volume)
        raise problem


def _destination(to: Place, overwrite: bool, actor: Actor, action: str, target: Model) -> None:
    needed = Permission.MANAGE_HOSTS if overwrite else Permission.OPERATE
    permission_require(actor=actor, permission=needed, team=to.host.team, action=action, target=target)
    if not _NAME.match(to.name):
        words = "A name of 2 to 255 letters, digits, dots, dashes and underscores, the first a letter or digit."
        raise Invalid("That is no name of a volume.", fields={"name": [words]})
    if not overwrite and Volume.objects.filter(host=to.host, name=to.name).exists():
        raise Conflict(
            f"There is a volume {to.name} on {to.host.name}. Choose another name, or let an admin overwrite it.",
            code="volume-exists",
            fields={"name": ["It is taken."]},
        )
