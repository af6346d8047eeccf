"""Revisions compared and exported."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hosts.differences import Line, side_by_side
from hosts.models import Revision
from hosts.selectors.applications import application_get, revision_get, revision_list
from hosts.services.editing import values_written
from portal.people.access import Permission
from portal.people.requests import actor_of

LAST = 100


@require_safe
def revision_changes(request: HttpRequest, application_id: UUID, number: int) -> HttpResponse:
    """What a revision changed, against the one in `from`, else the one before it."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    after = revision_get(application=application, number=number)
    revisions = revision_list(application=application)[:LAST]
    named = request.GET.get("from", "")
    before_number = int(named) if named.isdecimal() else next((r.number for r in revisions if r.number < number), 0)
    before = revision_get(application=application, number=before_number) if before_number else None
    open_values = actor.can(Permission.DEPLOY, application.team_id)
    context = {
        "application": application,
        "revision": after,
        "before": before,
        "revisions": [one for one in revisions if one.number != number],
        "parts": _parts(before, after, open_values=open_values) if before else (),
    }
    return render(request, "applications/changes.html", context)


def _parts(before: Revision, after: Revision, *, open_values: bool) -> list[tuple[str, tuple[Line, ...]]]:
    """(file, its rows) of everything that differs. Values are named and not shown to who may not deploy."""

    def values(row: Revision) -> str:
        return values_written(row.values) if open_values else "".join(f"{name}\n" for name in row.values)

    def targets(row: Revision) -> str:
        return json.dumps(row.targets, indent=2, sort_keys=True)

    names = dict.fromkeys([*before.files, *after.files])
    pairs = [("compose.yaml", before.compose, after.compose)]
    pairs += [(name, before.files.get(name, ""), after.files.get(name, "")) for name in names]
    pairs += [("values", values(before), values(after)), ("targets", targets(before), targets(after))]
    return [(name, rows) for name, old, new in pairs if (rows := side_by_side(old, new))]


@require_safe
def revision_export(request: HttpRequest, application_id: UUID, number: int) -> HttpResponse:
    """The compose text as a file, as it was written: variables stay variables."""
    application = application_get(actor=actor_of(request), application_id=application_id)
    revision = revision_get(application=application, number=number)
    response = HttpResponse(revision.compose, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{application.name}.compose.yaml"'
    return response
