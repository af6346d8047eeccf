"""What terminals leave in the audit."""

import time
from typing import Any

from asgiref.sync import sync_to_async

from hosts.engine_calls.permits import Permit
from hosts.models import Container
from hosts.services.recordings import recording_keep
from hosts.terminals.recording import Recording
from hosts.terminals.session import Session
from portal.people.access import Actor
from portal.people.services.audit import audit_denied, audit_record
from portal.problems import NotAllowed


def terminal_audit(
    *, actor: Actor, permit: Permit, action: str, detail: dict[str, Any], denied: NotAllowed | None = None
) -> None:
    """One row about a terminal in a container. Never what was typed or shown."""
    target = Container.objects.filter(host_id=permit.host_id, cid=permit.cid).first()
    if denied is not None:
        audit_denied(actor=actor, action=action, problem=denied, team=permit.team, target=target)
        return
    place = {"container": permit.name, "host": permit.host}
    audit_record(actor=actor, action=action, team=permit.team, target=target, detail={**place, **detail})


async def terminal_ended(*, actor: Actor, permit: Permit, session: Session, recording: Recording | None) -> None:
    """The row at the end: how long it was open, and why it ended; and the recording, where there is one."""
    seconds = round(time.monotonic() - session.began)
    detail = {
        "what": session.wish.label,
        "seconds": seconds,
        "bytes_typed": session.typed,
        "bytes_shown": session.ring.end,
        "ended": session.ending[:200],
    }
    await sync_to_async(terminal_audit, thread_sensitive=False)(
        actor=actor, permit=permit, action="terminal.end", detail=detail
    )
    if recording is not None and recording.size:
        await sync_to_async(recording_keep, thread_sensitive=False)(
            actor=actor,
            permit=permit,
            recording=recording,
            command=session.wish.label,
            seconds=seconds,
        )
