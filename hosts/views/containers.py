"""The page of one container: facts, log tail and actions."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Application
from hosts.selectors.container_commands import container_commands
from hosts.selectors.containers import LogText, container_get, container_logs
from hosts.services.containers import ACTIONS, container_act
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import NotFound, Problem

from .answers import is_htmx
from .container_tabs import container_tabs
from .container_words import container_line, sentence
from .host import host_topics
from .hosts import host_line

TAILS = (50, 200, 1000, 5000)


def _context(request: HttpRequest, host_id: UUID, cid: str) -> dict[str, Any]:
    actor = actor_of(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    host = container.host
    commands = container_commands(host=host, cids=[container.cid], now=timezone.now())
    application = None
    if container.project:
        application = Application.objects.filter(team_id=host.team_id, name=container.project).first()
    labels = sorted(container.labels.items())
    return {
        **host_line(host),
        "item": container_line(container, commands.get(container.cid)),
        "container": container,
        "sentence": sentence(container),
        "application": application,
        "labels": [row for row in labels if not row[0].startswith("com.docker.compose.")],
        "compose_labels": [row for row in labels if row[0].startswith("com.docker.compose.")],
        "may_operate": actor.can(Permission.OPERATE, host.team_id),
        "may_deploy": actor.can(Permission.DEPLOY, host.team_id),
    }


@require_safe
def container_detail(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """The page. The log is asked for separately, so that a host that is away never holds the page up."""
    context = _context(request, host_id, cid)
    tabs = container_tabs(actor_of(request), context["container"], "overview")
    return render(request, "hosts/container.html", {**context, **_log_choices(request), **tabs})


@live_fragment(host_topics)
@require_safe
def container_facts(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """State, actions and facts, for live updates. A removed container leaves a sentence behind."""
    try:
        context = _context(request, host_id, cid)
    except NotFound:
        return render(request, "hosts/_container_gone.html", {"host_id": host_id})
    return render(request, "hosts/_container.html", context)


@require_safe
def container_log(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """The last lines of the log; asked of the host at this moment."""
    actor = actor_of(request)
    choices = _log_choices(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    log: LogText | None = None
    problem: Problem | None = None
    try:
        log = container_logs(
            actor=actor, container=container, tail=choices["tail"], timestamps=bool(choices["timestamps"])
        )
    except NotFound:
        raise
    except Problem as caught:
        problem = caught
    context = {"container": container, "host": container.host, "log": log, "problem": problem, **choices}
    context["lines"] = log.text.splitlines() if log else []
    context["asked_at"] = timezone.now()
    return render(request, "hosts/_log.html" if is_htmx(request) else "hosts/log.html", context)


def _log_choices(request: HttpRequest) -> dict[str, Any]:
    """tail and timestamps from the address; a tail that is not offered becomes 200."""
    text = request.GET.get("tail", "")
    tail = int(text) if text.isascii() and text.isdigit() and int(text) in TAILS else 200
    return {"tail": tail, "tails": TAILS, "timestamps": request.GET.get("timestamps") == "1"}


@require_POST
def container_action(request: HttpRequest, host_id: UUID, cid: str, action: str) -> HttpResponse:
    """Queue an action and go back to where it was asked for; the row is busy until the command ends."""
    actor = actor_of(request)
    if action not in ACTIONS:
        raise NotFound(_("There is no such action."))
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    container_act(container=container, action=action, actor=actor, force=request.GET.get("force") == "1")
    if is_htmx(request):
        return HttpResponse(status=204)  # the live fragments of the page show what happens
    if request.POST.get("on") == "container" and action != "remove":
        return HttpResponseRedirect(reverse("hosts:container", args=[host_id, container.cid]))
    return HttpResponseRedirect(reverse("hosts:containers", args=[host_id]))
