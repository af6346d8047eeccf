"""/audit: who did what."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from portal.paging import DEFAULT_LIMIT, Limit, page_of

from ..models import AuditEntry
from ..requests import actor_of
from ..selectors.audit import AuditFilter, audit_visible
from .schemas import AuditList, AuditOut

router = Router()


@router.get("/audit", response=AuditList, summary="Who did what, newest first")
def audit(
    request: HttpRequest,
    actor: str = "",
    action: str = "",
    result: str = "",
    target: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AuditList:
    wanted = AuditFilter(
        actor=actor, action=action, result=result, target=target, since=_aware(since), until=_aware(until)
    )
    page = page_of(audit_visible(actor_of(request), wanted), order=["-id"], cursor=cursor, limit=limit)
    return AuditList(items=[_entry(row) for row in page.items], next=page.next)


def _aware(time: datetime | None) -> datetime | None:
    """A time without a zone is read as the portal's own (UTC)."""
    return timezone.make_aware(time) if time is not None and timezone.is_naive(time) else time


def _entry(row: AuditEntry) -> AuditOut:
    return AuditOut(
        id=row.pk,
        at=row.at,
        actor=row.actor_label,
        team=row.team.slug if row.team is not None else None,
        action=row.action,
        target_type=row.target_type,
        target_id=row.target_id,
        target=row.target_label,
        result=AuditEntry.Result(row.result),
        detail=row.detail,
        address=row.address,
    )
