"""The pages of clusters: the list, and one with its nodes, services and tasks, live."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Cluster, Host
from hosts.selectors.clusters import cluster_get, cluster_list, cluster_view, hosts_free, member_get
from hosts.selectors.hosts import host_get
from hosts.services.clusters import (
    cluster_create,
    cluster_join,
    cluster_remove,
    member_change,
    member_remove,
    tokens_rotate,
)
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.problems import Invalid, NotFound, Problem

from .answers import done, require_somewhere, rows_page, teams_where


def cluster_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """A cluster's page lives with the cluster and with the containers of its hosts."""
    cluster_id = kwargs["cluster_id"]
    hosts = Host.objects.filter(cluster_member__cluster_id=cluster_id).values_list("pk", flat=True)
    return [f"cluster:{cluster_id}", *(f"host:{pk}" for pk in hosts[:50])]


@require_safe
def cluster_table(request: HttpRequest) -> HttpResponse:
    """Every cluster the person may see."""
    return render(request, "clusters/list.html", _table_context(request))


@live_fragment(lambda request, **kwargs: ["clusters"])
@require_safe
def cluster_rows(request: HttpRequest) -> HttpResponse:
    """The table alone, for live updates."""
    return render(request, "clusters/_list.html", _table_context(request))


def _table_context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    page = rows_page(request, cluster_list(actor=actor), order=["name", "id"])
    manages = actor.team_ids(Permission.MANAGE_HOSTS)
    return {
        "clusters": page.items,
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "may_add": manages is None or bool(manages),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_add(request: HttpRequest) -> HttpResponse:
    """Choose hosts and make a swarm of them."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    teams = list(teams_where(actor, Permission.MANAGE_HOSTS))
    errors: dict[str, list[str]] = {}
    status = 200
    if request.method == "POST":
        try:
            return _added(request, actor, teams)
        except Problem as problem:
            if problem.status not in {409, 422}:
                raise
            errors, status = problem.fields or {"name": [problem.detail]}, 422
    context = {
        "groups": [(team, hosts_free(team_id=team.pk)) for team in teams],
        "errors": errors,
        "name": request.POST.get("name", ""),
        "chosen": set(request.POST.getlist("hosts")),
    }
    return render(request, "clusters/add.html", context, status=status)


def _added(request: HttpRequest, actor: Actor, teams: list[Team]) -> HttpResponse:
    chosen = request.POST.getlist("hosts")[:50]
    hosts = [host_get(actor=actor, host_id=one) for one in chosen]
    team = hosts[0].team if hosts else (teams[0] if teams else None)
    if team is None:
        raise NotFound("There is no team to make it for.")
    cluster = cluster_create(team=team, name=request.POST.get("name", ""), hosts=hosts, actor=actor)
    return HttpResponseRedirect(reverse("hosts:cluster", args=[cluster.pk]))


@require_safe
def cluster_detail(request: HttpRequest, cluster_id: UUID) -> HttpResponse:
    """The page of one cluster."""
    return render(request, "clusters/detail.html", _page_context(request, cluster_id))


@live_fragment(cluster_topics)
@require_safe
def cluster_content(request: HttpRequest, cluster_id: UUID) -> HttpResponse:
    """What moves on it. A cluster that is gone leaves a sentence."""
    try:
        context = _page_context(request, cluster_id)
    except NotFound:
        return render(request, "clusters/_gone.html")
    return render(request, "clusters/_detail.html", context)


def _page_context(request: HttpRequest, cluster_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    return {
        "cluster": cluster,
        "view": cluster_view(cluster=cluster),
        "may_manage": actor.can(Permission.MANAGE_HOSTS, cluster.team_id),
    }


@require_POST
def cluster_let_in(request: HttpRequest, cluster_id: UUID) -> HttpResponse:
    """A host joins."""
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    actor.require(Permission.MANAGE_HOSTS, cluster.team_id)
    chosen = request.POST.get("host", "")
    if not chosen:
        raise Invalid(_("Choose a host."), fields={"host": [_("Choose a host.")]})
    member = cluster_join(
        cluster=cluster,
        host=host_get(actor=actor, host_id=chosen),
        role=request.POST.get("role", "worker"),
        actor=actor,
    )
    return _back(request, cluster, _("%(name)s joins.") % {"name": member.host.name})


@require_POST
def cluster_rotate(request: HttpRequest, cluster_id: UUID) -> HttpResponse:
    """New join tokens."""
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    tokens_rotate(cluster=cluster, actor=actor)
    return _back(request, cluster, _("The join tokens are being changed."))


@require_POST
def cluster_delete(request: HttpRequest, cluster_id: UUID) -> HttpResponse:
    """Every host leaves."""
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    cluster_remove(cluster=cluster, actor=actor)
    return _back(request, cluster, _("Every host leaves. The cluster is gone when all have confirmed."))


@require_POST
def node_change(request: HttpRequest, cluster_id: UUID, host_id: UUID) -> HttpResponse:
    """Promote, demote, drain, pause or activate a node."""
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    member = member_get(cluster=cluster, host_id=host_id)
    member_change(
        member=member,
        role=request.POST.get("role", ""),
        availability=request.POST.get("availability", ""),
        actor=actor,
    )
    return _back(request, cluster, _("%(name)s is being changed.") % {"name": member.host.name})


@require_POST
def node_delete(request: HttpRequest, cluster_id: UUID, host_id: UUID) -> HttpResponse:
    """A host leaves."""
    actor = actor_of(request)
    cluster = cluster_get(actor=actor, cluster_id=cluster_id)
    member = member_get(cluster=cluster, host_id=host_id)
    member_remove(member=member, actor=actor)
    return _back(request, cluster, _("%(name)s leaves.") % {"name": member.host.name})


def _back(request: HttpRequest, cluster: Cluster, message: str) -> HttpResponse:
    return done(request, reverse("hosts:cluster", args=[cluster.pk]), message)
