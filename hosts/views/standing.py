"""How hosts are let in: enrolment tokens, the waiting room, conflicts of identity, and the key of a host."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Host
from hosts.selectors.hosts import enrolment_list, host_get
from hosts.selectors.standing import hosts_waiting, teams_admitting
from hosts.services.standing import admission_set, conflict_dismiss, host_approve, host_key_rotate, host_refuse
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

from .answers import done, live_query, require_somewhere, rows_page
from .enrolments import enrolment_context
from .hosts import host_line


def _context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    page = rows_page(request, enrolment_list(actor=actor).select_related("team"), order=["-created_at", "-id"])
    return {
        "entries": [enrolment_context(row) for row in page.items],
        "waiting": [host_line(host) for host in hosts_waiting(actor=actor)],
        "admissions": teams_admitting(actor=actor),
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "live_query": live_query(request),
    }


@require_safe
def enrolment_table(request: HttpRequest) -> HttpResponse:
    """Every enrolment token of the teams one manages, who waits for approval, and how each team lets hosts in."""
    return render(request, "hosts/enrolments.html", _context(request))


@live_fragment(lambda request, **kwargs: ["hosts"])
@require_safe
def enrolment_rows(request: HttpRequest) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "hosts/_enrolments.html", _context(request))


@require_POST
def admission_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether machines that enrol into the team wait for approval."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    approval = request.GET.get("approval") == "1"
    admission_set(team=team, approval=approval, actor=actor)
    text = _("New hosts of %(team)s wait for approval.") if approval else _("New hosts of %(team)s are used at once.")
    return done(request, reverse("hosts:enrolments"), text % {"team": team.name})


@require_POST
def host_let_in(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Approve a waiting host."""
    host = host_approve(host=_host(request, host_id), actor=actor_of(request))
    return _done(request, host, _("%(host)s is a host now."))


@require_POST
def host_turn_away(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Refuse a waiting host."""
    host = host_refuse(host=_host(request, host_id), actor=actor_of(request))
    return _done(request, host, _("%(host)s is turned away."))


@require_POST
def host_conflict_done(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Show the conflict no more."""
    host = conflict_dismiss(host=_host(request, host_id), actor=actor_of(request))
    return _done(request, host, _("The conflict of %(host)s is marked as dealt with."))


@require_POST
def host_new_key(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Ask the host for a new key."""
    host = _host(request, host_id)
    host_key_rotate(host=host, actor=actor_of(request))
    return _done(request, host, _("%(host)s is asked for a new key."))


def _host(request: HttpRequest, host_id: UUID) -> Host:
    return host_get(actor=actor_of(request), host_id=host_id)


def _done(request: HttpRequest, host: Host, text: str) -> HttpResponse:
    return done(request, reverse("hosts:detail", args=[host.pk]), text % {"host": host.name})
