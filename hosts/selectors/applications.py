"""Reading applications and revisions. What is true of them now is in `hosts.selectors.status`."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Application, Revision
from hosts.selectors.status import (
    ApplicationStatus,
    ServiceStatus,
    application_status,
    application_statuses,
)
from portal.people.access import Actor
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound

__all__ = [
    "ApplicationStatus",
    "ServiceStatus",
    "application_get",
    "application_list",
    "application_status",
    "application_statuses",
    "revision_get",
    "revision_list",
]


def application_list(*, actor: Actor, query: str = "", team_id: int | None = None) -> "QuerySet[Application]":
    """By name."""
    rows = rows_of_teams(Application.objects.select_related("team", "created_by"), actor)
    if team_id is not None:
        rows = rows.filter(team_id=team_id)
    if query:
        rows = rows.filter(name__icontains=query)
    return rows.order_by("name", "id")


def application_get(*, actor: Actor, application_id: UUID | str) -> Application:
    """Raises NotFound."""
    try:
        return application_list(actor=actor).get(pk=UUID(str(application_id)))
    except (Application.DoesNotExist, ValueError):
        raise NotFound("There is no such application, or it belongs to a team you are not in.") from None


def revision_list(*, application: Application) -> Sequence[Revision]:
    """Newest first."""
    return list(Revision.objects.filter(application=application).select_related("created_by").order_by("-number"))


def revision_get(
    *, application: Application, number: int | None = None, revision_id: UUID | str | None = None
) -> Revision:
    """By number or id; the newest when neither is given. Raises NotFound."""
    rows = Revision.objects.filter(application=application).select_related("application", "application__team")
    if number is not None:
        rows = rows.filter(number=number)
    if revision_id is not None:
        try:
            rows = rows.filter(pk=UUID(str(revision_id)))
        except ValueError:
            rows = rows.none()
    found = rows.order_by("-number").first()
    if found is None:
        raise NotFound(f"{application.name} has no such revision.", code="revision-not-found")
    return found
