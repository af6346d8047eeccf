"""The standing of a host: whether it has been let in, and by which key it is known."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engine_agent.protocol import verify
from engine_agent.protocol.identity import KEY_BYTES, rotation_bytes
from engine_agent.protocol.upkeep import RotateKey
from hosts import dispatch, live
from hosts.models import Command, Host, HostAdmission
from hosts.models.commands import OPEN_STATES
from hosts.services.commands import command_create, commands_abandon, topics_of
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

ROTATE = "rotate_key"


def admission_set(*, team: Team, approval: bool, actor: Actor) -> None:
    """Whether a machine that enrols into this team must be approved by an admin before it is used."""
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="team.host-approval")
    with transaction.atomic():
        HostAdmission.objects.update_or_create(team=team, defaults={"approval": approval})
        audit_record(actor=actor, action="team.host-approval", team=team, target=team, detail={"approval": approval})
        live.publish(["hosts"])


def host_approve(*, host: Host, actor: Actor) -> Host:
    """Let a waiting machine in; its agent connects anew and is a host like any other. Raises Conflict."""
    _require(host, actor, "host.approve")
    with transaction.atomic():
        rows = Host.objects.filter(pk=host.pk, revoked_at=None, waiting_since__isnull=False)
        if not rows.update(waiting_since=None):
            raise _not_waiting(host)
        audit_record(actor=actor, action="host.approve", team=host.team, target=host)
        dispatch.admit(host.pk)
        live.publish(["hosts", "home", f"host:{host.pk}"])
    host.refresh_from_db()
    return host


def host_refuse(*, host: Host, actor: Actor) -> Host:
    """Turn a waiting machine away: as a revocation does, its key is never welcome again. Raises Conflict."""
    _require(host, actor, "host.refuse")
    with transaction.atomic():
        rows = Host.objects.filter(pk=host.pk, revoked_at=None, waiting_since__isnull=False)
        if not rows.update(revoked_at=timezone.now(), link=""):
            raise _not_waiting(host)
        audit_record(actor=actor, action="host.refuse", team=host.team, target=host)
        dispatch.shut_out(host.pk)
        live.publish(commands_abandon(host=host, error=f"{host.name} was refused."))
        live.publish(["hosts", "home", f"host:{host.pk}"])
    host.refresh_from_db()
    return host


def conflict_dismiss(*, host: Host, actor: Actor) -> Host:
    """The conflict has been dealt with: it is shown no more until it comes again."""
    _require(host, actor, "host.conflict-dismiss")
    with transaction.atomic():
        if Host.objects.filter(pk=host.pk).exclude(conflict={}).update(conflict={}):
            audit_record(actor=actor, action="host.conflict-dismiss", team=host.team, target=host)
            live.publish(["hosts", "home", f"host:{host.pk}"])
    host.refresh_from_db()
    return host


def host_key_rotate(*, host: Host, actor: Actor) -> Command:
    """Ask the host for a new key. Until its first connection with the new one both are accepted, afterwards it alone.

    Raises Conflict (rotation-running) while another one is on its way.
    """
    _require(host, actor, "host.rotate-key")
    with transaction.atomic():
        Host.objects.select_for_update().get(pk=host.pk)
        if Command.objects.filter(host=host, kind=ROTATE, state__in=OPEN_STATES).exists():
            raise Conflict(f"{host.name} has been asked for a new key already.", code="rotation-running")
        command = command_create(host=host, body=RotateKey(), summary="Rotate the key of the host", actor=actor)
        detail = {"command": str(command.pk), "key": host.public_key[:16]}
        audit_record(actor=actor, action="host.rotate-key", team=host.team, target=host, detail=detail)
        live.publish(topics_of([command]))
    return command


def rotation_store(*, host_id: UUID, command_id: str, result: dict[str, Any]) -> str:
    """Keep the key that a host has made, within the caller's transaction; what is wrong with it, "" when it is fine."""
    host = Host.objects.select_for_update().get(pk=host_id)
    try:
        new, signature = bytes.fromhex(str(result.get("public_key"))), bytes.fromhex(str(result.get("signature")))
    except ValueError:
        return "The host answered with something that is no key."
    signed = rotation_bytes(command_id, bytes.fromhex(host.public_key), new)
    if len(new) != KEY_BYTES or not verify(bytes.fromhex(host.public_key), signed, signature):
        return "The new key is not signed with the present one, so it is not accepted."
    taken = Host.objects.filter(public_key=new.hex()) | Host.objects.filter(next_public_key=new.hex())
    if taken.exclude(pk=host_id).exists():
        return "Another host has this key, so it is not accepted."
    Host.objects.filter(pk=host_id).update(next_public_key=new.hex())
    return ""


def _require(host: Host, actor: Actor, action: str) -> None:
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=host.team, action=action, target=host)


def _not_waiting(host: Host) -> Conflict:
    return Conflict(f"{host.name} is not waiting for approval any more.", code="host-not-waiting")
