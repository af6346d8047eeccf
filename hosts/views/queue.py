"""What waits for hosts that are away: the queue of one host, and of every host one sees; and its editing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Command
from hosts.selectors.commands import command_get
from hosts.selectors.hosts import host_get
from hosts.selectors.queue import queue_rows, waiting_of
from hosts.services.commands import command_cancel
from hosts.services.queue import command_expiry_set, command_move, queue_cancel
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get, teams_visible
from portal.problems import Invalid

from .answers import done, filters_of, is_htmx, live_query, rows_page
from .host import host_context, host_topics

EXPIRIES = (600, 3600, 86_400, 7 * 86_400)  # seconds that the menu offers


def _host_context(request: HttpRequest, host_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    context = host_context(request, host_id, "queue")
    page = rows_page(request, queue_rows(actor=actor, host=context["host"]), order=["position", "id"])
    return {**context, "on": "host", **_rows(request, page.items, page.next)}


def _team_context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    slug = request.GET.get("team", "").strip()
    team = team_get(actor, slug) if slug else None
    rows = queue_rows(actor=actor, team_id=team.pk if team else None)
    page = rows_page(request, rows, order=["host__name", "position", "id"])
    teams = list(teams_visible(actor))
    return {"on": "team", "team": team, "teams": teams, "show_host": True, **_rows(request, page.items, page.next)}


def _rows(request: HttpRequest, rows: Any, following: str | None) -> dict[str, Any]:
    actor = actor_of(request)
    waiting = waiting_of(actor=actor, rows=list(rows))
    return {
        "waiting": waiting,
        "may_cancel_all": any(one.may_edit for one in waiting),
        "expiries": EXPIRIES,
        "next": following,
        "first_page": not request.GET.get("cursor"),
        "filtered": bool(filters_of(request)),
        "live_query": live_query(request),
    }


@require_safe
def host_queue(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """The tab of one host."""
    return render(request, "hosts/queue.html", _host_context(request, host_id))


@live_fragment(host_topics)
@require_safe
def host_queue_rows(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Its table alone, for live updates."""
    return render(request, "hosts/_queue.html", _host_context(request, host_id))


@require_safe
def team_queue(request: HttpRequest) -> HttpResponse:
    """Every host that one sees; `team` narrows it to one team."""
    return render(request, "hosts/queues.html", _team_context(request))


@live_fragment(lambda request, **kwargs: ["queue", "hosts"])
@require_safe
def team_queue_rows(request: HttpRequest) -> HttpResponse:
    """Its table alone, for live updates."""
    return render(request, "hosts/_queue.html", _team_context(request))


@require_POST
def host_queue_empty(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Cancel everything that was not sent yet."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    count = queue_cancel(host=host, actor=actor)
    words = ngettext("%(count)d command is cancelled.", "%(count)d commands are cancelled.", count)
    return done(request, reverse("hosts:queue", args=[host.pk]), words % {"count": count})


@require_POST
def command_stop(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """Cancel one command."""
    actor = actor_of(request)
    command = command_get(actor=actor, command_id=command_id)
    return _back(request, command_cancel(command=command, actor=actor))


@require_POST
def command_expiry(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """Let a waiting command expire `seconds` from now."""
    actor = actor_of(request)
    command = command_get(actor=actor, command_id=command_id)
    actor.require(Permission.READ, command.host.team_id)
    seconds = _number(request.GET.get("seconds", ""))
    later = timezone.now() + timedelta(seconds=seconds)
    return _back(request, command_expiry_set(command=command, expires_at=later, actor=actor))


@require_POST
def command_place(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """Move a waiting command right before another one (`before=ID`), or right behind it (`behind=ID`)."""
    actor = actor_of(request)
    command = command_get(actor=actor, command_id=command_id)
    behind = "behind" in request.GET
    other = command_get(actor=actor, command_id=request.GET.get("behind" if behind else "before", ""))
    return _back(request, command_move(command=command, other=other, behind=behind, actor=actor))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        message = _("Choose a time.")
        raise Invalid(message, fields={"seconds": [message]})
    return int(text)


def _back(request: HttpRequest, command: Command) -> HttpResponse:
    """Where it was asked for; the live parts of an open page show the change."""
    if is_htmx(request):
        return HttpResponse(status=204)
    if request.POST.get("on") == "team":
        return HttpResponseRedirect(reverse("hosts:queues"))
    return HttpResponseRedirect(reverse("hosts:queue", args=[command.host_id]))
