"""The audit is written here, and only here."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from portal.problems import NotAllowed, NotFound

from ..access import Actor, Permission
from ..models import AuditEntry, Team

DONE = AuditEntry.Result.DONE
DENIED = AuditEntry.Result.DENIED
FAILED = AuditEntry.Result.FAILED


def audit_record(
    *,
    actor: Actor,
    action: str,
    team: Team | None = None,
    target: Model | None = None,
    detail: Mapping[str, Any] | None = None,
    result: AuditEntry.Result = DONE,
) -> AuditEntry:
    """Write one row: `actor` did `action` ("noun.verb") to `target`, in the caller's transaction.

    detail: small and JSON-ready, shown to admins of the team as it is; never a secret.
    """
    return AuditEntry.objects.create(
        actor=actor.user,
        actor_label=actor.label[:160],
        team=team,
        action=action[:64],
        target_type=target._meta.model_name or "" if target is not None else "",
        target_id=str(target.pk)[:80] if target is not None else "",
        target_label=str(target)[:200] if target is not None else "",
        result=result,
        detail=dict(detail or {}),
        address=known_address(actor.address),
    )


def permission_require(
    *, actor: Actor, permission: Permission, team: Team, action: str, target: Model | None = None
) -> None:
    """`actor.require(permission, team)`; a refusal leaves a row that says `action` was denied, and is raised.

    Call it before the transaction of the service starts, or the row is rolled back with it.
    """
    try:
        actor.require(permission, team)
    except (NotAllowed, NotFound) as problem:
        audit_denied(actor=actor, action=action, team=team, target=target, problem=problem)
        raise


def audit_denied(
    *,
    actor: Actor,
    action: str,
    problem: NotAllowed | NotFound,
    team: Team | None = None,
    target: Model | None = None,
) -> None:
    """Record that `action` was refused. The problem is marked, so that no outer layer records it again."""
    if getattr(problem, "audited", False):
        return
    audit_record(
        actor=actor, action=action, team=team, target=target, result=DENIED, detail={"reason": str(problem.detail)}
    )
    problem.audited = True  # type: ignore[union-attr]


def known_address(address: str | None) -> str | None:
    """`address` if it is an IP address, else None (a unix socket has none)."""
    try:
        return str(ipaddress.ip_address(address)) if address else None
    except ValueError:
        return None
