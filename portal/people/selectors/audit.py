"""The audit, filtered."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from ..access import Actor, Permission
from ..models import AuditEntry


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; empty means everything. action: "host" finds every act on hosts, "host.enrol" that one."""

    team: str = ""
    actor: str = ""
    action: str = ""
    result: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audit_visible(actor: Actor, wanted: AuditFilter | None = None) -> QuerySet[AuditEntry]:
    """Rows of the teams whose audit the actor may read, and their own acts. A token sees its own team only."""
    rows = AuditEntry.objects.select_related("team", "actor")
    managed = actor.team_ids(Permission.READ_AUDIT)
    if managed is not None:
        own = Q(actor=actor.user, team_id__in=actor.team_ids() or [])
        if actor.token_id is None:
            own |= Q(actor=actor.user, team=None)
        rows = rows.filter(Q(team_id__in=managed) | own)
    return _filtered(rows, wanted or AuditFilter())


def _filtered(rows: QuerySet[AuditEntry], wanted: AuditFilter) -> QuerySet[AuditEntry]:
    if wanted.team:
        rows = rows.filter(team__slug=wanted.team)
    if wanted.actor:
        rows = rows.filter(Q(actor__username=wanted.actor) | Q(actor_label__icontains=wanted.actor))
    if wanted.action:
        rows = rows.filter(Q(action=wanted.action) | Q(action__startswith=f"{wanted.action}."))
    if wanted.result:
        rows = rows.filter(result=wanted.result)
    if wanted.target:
        rows = rows.filter(Q(target_id=wanted.target) | Q(target_label__icontains=wanted.target))
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return rows
