"""The activity page: the audit, filtered by what is in the address, and its export."""

import csv
import io
import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.paging import page_of

from ..access import Actor
from ..forms.activity import ActivityForm
from ..models import AuditEntry
from ..requests import actor_of
from ..selectors.audit import audit_visible
from ..selectors.teams import teams_visible

EXPORT_ROWS = 20_000
COLUMNS = ["at", "actor", "team", "action", "target_type", "target", "target_id", "result", "address", "detail"]


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = _form(request, actor)
    page = page_of(audit_visible(actor, form.wanted()), order=["-id"], cursor=request.GET.get("cursor"))
    filters = request.GET.copy()
    filters.pop("cursor", None)
    context = {
        "form": form,
        "entries": page.items,
        "next": page.next,
        "filters": filters.urlencode(),
        "filtered": any(filters.values()),
        "export_rows": EXPORT_ROWS,
    }
    return render(request, "people/activity.html", context)


@require_safe
def activity_csv(request: HttpRequest) -> HttpResponse:
    """The same rows as a spreadsheet reads them, the newest `EXPORT_ROWS`."""
    actor = actor_of(request)
    rows = audit_visible(actor, _form(request, actor).wanted()).order_by("-id")[:EXPORT_ROWS]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in rows.iterator(chunk_size=1_000):
        writer.writerow([_cell(value) for value in _values(entry)])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="pierhead-activity-{day}.csv"'
    return response


def _form(request: HttpRequest, actor: Actor) -> ActivityForm:
    return ActivityForm(request.GET, teams=teams_visible(actor))


def _values(entry: AuditEntry) -> list[str]:
    return [
        entry.at.isoformat(),
        entry.actor_label,
        entry.team.slug if entry.team is not None else "",
        entry.action,
        entry.target_type,
        entry.target_label,
        entry.target_id,
        entry.result,
        entry.address or "",
        json.dumps(entry.detail, sort_keys=True) if entry.detail else "",
    ]


def _cell(value: str) -> str:
    """A spreadsheet runs a cell that begins like a formula: a quote in front keeps it text."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
