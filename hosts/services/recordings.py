"""Keeping and reading recordings of terminals."""

import zlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hosts.engine_calls.permits import Permit
from hosts.models import TerminalRecording
from hosts.terminals.recording import Recording
from portal.people.access import Actor, Permission
from portal.people.secrets import seal, unseal
from portal.people.services.audit import audit_record, permission_require

PURPOSE = "terminal-recording"
KEPT = timedelta(days=90)


def recording_keep(*, actor: Actor, permit: Permit, recording: Recording, command: str, seconds: int) -> None:
    """Store what a terminal showed; the team's recordings older than KEPT go."""
    TerminalRecording.objects.filter(team=permit.team, ended_at__lt=timezone.now() - KEPT).delete()
    TerminalRecording.objects.create(
        team=permit.team,
        user=actor.user,
        user_label=actor.label[:160],
        host_name=permit.host,
        container_name=permit.name,
        command=command[:160],
        seconds=seconds,
        size=recording.size,
        cut=recording.cut,
        sealed=seal(zlib.compress(recording.cast()), purpose=PURPOSE),
    )


def recording_read(*, recording: TerminalRecording, actor: Actor) -> bytes:
    """The asciicast. Reading it is in the audit. Raises NotAllowed, NotFound, Problem when the portal's key changed."""
    permission_require(
        actor=actor,
        permission=Permission.READ_AUDIT,
        team=recording.team,
        action="recording.read",
        target=recording,
    )
    cast = zlib.decompress(unseal(bytes(recording.sealed), purpose=PURPOSE))
    with transaction.atomic():
        audit_record(actor=actor, action="recording.read", team=recording.team, target=recording)
    return cast
