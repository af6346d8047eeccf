"""Adding a host: a one-time token, the one command to copy, and waiting for the machine to appear."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.agent_package.authority import commands_for
from hosts.forms.errors import add_problem
from hosts.forms.hosts import EnrolmentForm
from hosts.live import live_fragment
from hosts.models import Enrolment
from hosts.selectors.hosts import enrolment_get, enrolment_list
from hosts.services.enrolments import enrolment_create, enrolment_revoke
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, require_somewhere, teams_where
from .hosts import host_line

RECENT = 10


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def host_add(request: HttpRequest) -> HttpResponse:
    """Ask for a new enrolment. The token is in this answer alone, so the answer to POST is the page that shows it."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    teams = teams_where(actor, Permission.MANAGE_HOSTS)
    form = EnrolmentForm(request.POST if request.method == "POST" else None, teams=teams)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            enrolment, token = enrolment_create(
                team=values["team"],
                actor=actor,
                labels=values["labels"],
                ttl_seconds=values["ttl_seconds"],
                uses=values["uses"],
            )
        except Problem as problem:
            add_problem(form, problem)
        else:
            context = {**enrolment_context(enrolment), "commands": commands_for(token)}
            return render(request, "hosts/enrolment.html", context)
    recent = [enrolment_context(row) for row in enrolment_list(actor=actor).select_related("team")[:RECENT]]
    status = 422 if form.is_bound else 200
    return render(request, "hosts/add.html", {"form": form, "recent": recent}, status=status)


@never_cache
@require_safe
def enrolment_page(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """An enrolment afterwards: what came of it. The command is not shown again."""
    enrolment = enrolment_get(actor=actor_of(request), enrolment_id=enrolment_id)
    return render(request, "hosts/enrolment.html", enrolment_context(enrolment))


@live_fragment(lambda request, **kwargs: ["hosts"])
@require_safe
def enrolment_status(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Which hosts came by this enrolment, for live updates."""
    enrolment = enrolment_get(actor=actor_of(request), enrolment_id=enrolment_id)
    return render(request, "hosts/_enrolment.html", enrolment_context(enrolment))


@require_POST
def enrolment_close(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Revoke the token."""
    actor = actor_of(request)
    enrolment = enrolment_get(actor=actor, enrolment_id=enrolment_id)
    enrolment_revoke(enrolment=enrolment, actor=actor)
    return done(request, reverse("hosts:add"), _("The command no longer works. Hosts that used it stay."))


def enrolment_context(enrolment: Enrolment) -> dict[str, Any]:
    """An enrolment and the hosts that came by it."""
    hosts = [host_line(host) for host in enrolment.hosts.order_by("created_at")]
    return {"enrolment": enrolment, "hosts": hosts, "left": max(0, enrolment.uses - enrolment.used)}
