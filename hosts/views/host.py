"""The page of one host: overview, and its name, labels, revocation and removal."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.disks import full_disks
from hosts.forms.errors import add_problem
from hosts.forms.hosts import HostForm
from hosts.host_policy import policy_lines, policy_of
from hosts.live import live_fragment
from hosts.models import Application, Host
from hosts.models.hosts import SKEW_SHOWN
from hosts.selectors.commands import command_list
from hosts.selectors.hosts import host_get, host_load
from hosts.selectors.queue import queue_count
from hosts.services.agent_updates import update_offered
from hosts.services.hosts import host_label, host_remove, host_rename, host_revoke
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, tab_list
from .hosts import host_line

LAST_COMMANDS = 8


def host_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """The live topics of everything that shows one host."""
    return [f"host:{kwargs['host_id']}"]


def host_context(request: HttpRequest, host_id: UUID, tab: str) -> dict[str, Any]:
    """What every tab of a host page shows. Raises NotFound."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    load = host_load(host=host)
    tabs = tab_list(
        tab,
        [
            ("overview", _("Overview"), reverse("hosts:detail", args=[host.pk]), None),
            ("containers", _("Containers"), reverse("hosts:containers", args=[host.pk]), load.containers),
            ("images", _("Images"), reverse("hosts:images", args=[host.pk]), load.images),
            ("networks", _("Networks"), reverse("hosts:networks", args=[host.pk]), load.networks),
            ("volumes", _("Volumes"), reverse("hosts:volumes", args=[host.pk]), load.volumes),
            ("stats", _("Stats"), reverse("hosts:stats", args=[host.pk]), None),
            ("queue", _("Queue"), reverse("hosts:queue", args=[host.pk]), queue_count(host=host)),
            ("housekeeping", _("Clean up"), reverse("hosts:housekeeping", args=[host.pk]), None),
        ],
    )
    return {
        **host_line(host),
        "load": load,
        "tabs": tabs,
        "tab": tab,
        "full_disks": full_disks(host.facts),
        "skewed": abs(host.clock_skew) > SKEW_SHOWN,
        "skew": abs(host.clock_skew),
        "may_manage": actor.can(Permission.MANAGE_HOSTS, host.team_id),
        "may_operate": actor.can(Permission.OPERATE, host.team_id),
    }


def _overview_context(request: HttpRequest, host_id: UUID) -> dict[str, Any]:
    context = host_context(request, host_id, "overview")
    host: Host = context["host"]
    actor = actor_of(request)
    policy = policy_of(host.facts)
    return {
        **context,
        "commands": command_list(actor=actor, host=host).select_related("created_by")[:LAST_COMMANDS],
        "applications": applications_on(host, actor),
        "policy": policy,
        "update_offered": update_offered(host),
        "policy_lines": policy_lines(policy),
    }


def applications_on(host: Host, actor: Actor) -> list[Application]:
    """Applications of the host's team that have a container on it."""
    projects = host.containers.exclude(project="").values_list("project", flat=True).distinct()
    rows = Application.objects.filter(team_id=host.team_id, name__in=list(projects))
    return list(rows) if actor.can(Permission.READ, host.team_id) else []


@require_safe
def host_detail(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """The overview tab."""
    return render(request, "hosts/detail.html", _overview_context(request, host_id))


@live_fragment(host_topics)
@require_safe
def host_overview(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """The overview's content, for live updates."""
    return render(request, "hosts/_overview.html", _overview_context(request, host_id))


@live_fragment(host_topics)
@require_safe
def host_head(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """For live updates: name and state (`part=title`), or notices and tabs, of which `tab` names the open one."""
    template = "hosts/_title.html" if request.GET.get("part") == "title" else "hosts/_head.html"
    return render(request, template, host_context(request, host_id, request.GET.get("tab", "")))


@require_http_methods(["GET", "HEAD", "POST"])
def host_edit(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Change name and labels."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    actor.require(Permission.MANAGE_HOSTS, host.team_id)
    form = HostForm(request.POST) if request.method == "POST" else HostForm.of(host)
    if form.is_bound and form.is_valid():
        try:
            if form.cleaned_data["name"] != host.name:
                host = host_rename(host=host, name=form.cleaned_data["name"], actor=actor)
            if form.cleaned_data["labels"] != host.labels:
                host_label(host=host, labels=form.cleaned_data["labels"], actor=actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            where = reverse("hosts:detail", args=[host.pk])
            return done(request, where, _("Name and labels of %(host)s are saved.") % {"host": host.name})
    status = 422 if form.is_bound else 200
    return render(request, "hosts/edit.html", {**host_line(host), "form": form}, status=status)


@require_POST
def host_shut_out(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Revoke the host."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    host_revoke(host=host, actor=actor)
    where = reverse("hosts:detail", args=[host.pk])
    return done(request, where, _("%(host)s is shut out. Its containers keep running.") % {"host": host.name})


@require_POST
def host_forget(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Remove the host from the portal."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    host_remove(host=host, actor=actor)
    return done(request, reverse("hosts:list"), _("%(host)s is removed from the portal.") % {"host": host.name})
