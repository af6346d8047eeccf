"""Applications: the list, the page of one, and what can be done with it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Cluster, GitSource, Revision
from hosts.selectors.applications import (
    ApplicationStatus,
    ServiceStatus,
    application_get,
    application_list,
    application_status,
    application_statuses,
    revision_get,
    revision_list,
)
from hosts.selectors.deployments import deployment_list
from hosts.selectors.drift import application_drift
from hosts.selectors.image_changes import application_changes
from hosts.selectors.volumes import application_volumes
from hosts.services.applications import application_remove
from hosts.services.deployments import application_rollback, deployment_start
from hosts.services.repairs import application_repair
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import NotFound

from .answers import done, filters_of, live_query, rows_page
from .container_words import PortLink, container_line, port_links

LAST_DEPLOYMENTS = 12
LAST_REVISIONS = 20


def application_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """The live topics of everything that shows one application."""
    return [f"application:{kwargs['application_id']}"]


@require_safe
def application_table(request: HttpRequest) -> HttpResponse:
    """Every application the person may see, filtered by the address."""
    return render(request, "applications/list.html", _table_context(request))


@live_fragment(lambda request, **kwargs: ["applications"])
@require_safe
def application_rows(request: HttpRequest) -> HttpResponse:
    """The table alone, for live updates."""
    return render(request, "applications/_list.html", _table_context(request))


def _table_context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    query = request.GET.get("q", "").strip()
    rows = application_list(actor=actor, query=query).select_related("team")
    page = rows_page(request, rows, order=["name", "id"])
    statuses = application_statuses(applications=page.items)
    deploys = actor.team_ids(Permission.DEPLOY)
    lines = [
        {"application": row, "status": statuses[row.pk], "ports": service_ports(statuses[row.pk].services)}
        for row in page.items
    ]
    return {
        "lines": lines,
        "filters": {"q": query},
        "filtered": bool(filters_of(request)),
        "next": page.next,
        "live_query": live_query(request),
        "may_deploy": deploys is None or bool(deploys),
    }


def service_ports(services: tuple[ServiceStatus, ...]) -> list[PortLink]:
    """The published ports of running containers, each address once."""
    links: dict[str, PortLink] = {}
    for service in services:
        for container in service.containers:
            if container.state == "running":
                for link in port_links(container.ports, container.host):
                    if link.published:
                        links.setdefault(link.url or f"{container.host_id}{link.text}", link)
    return list(links.values())


def _page_context(request: HttpRequest, application_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    status = application_status(application=application)
    revisions = revision_list(application=application)[:LAST_REVISIONS]
    deployments = deployment_list(actor=actor, application_id=application.pk)[:LAST_DEPLOYMENTS]
    return {
        "application": application,
        "status": status,
        "services": [_service_line(service) for service in status.services],
        "links": [link for link in service_ports(status.services) if link.url],
        "revisions": revisions,
        "deployments": deployments,
        "deployed": status.deployed,
        "newest": revisions[0] if revisions else None,
        "busy": status.state in {"deploying", "removing"},
        "may_deploy": actor.can(Permission.DEPLOY, application.team_id),
        "service_changes": [
            (name, change)
            for change in application_changes(application=application, now=timezone.now())
            for name in change.services
        ],
        "git_source": GitSource.objects.filter(application=application).first(),
        "drift": application_drift(application=application),
        "volume_lines": application_volumes(application=application),
        **_volume_names(status),
    }


def _volume_names(status: ApplicationStatus) -> dict[str, Any]:
    """Named volumes that the containers of an application use."""
    names = {
        mount.get("name", "")
        for service in status.services
        for container in service.containers
        for mount in container.mounts
        if mount.get("type") == "volume"
    }
    return {"volumes": sorted(name for name in names if name)}


def _service_line(service: ServiceStatus) -> dict[str, Any]:
    return {
        "service": service,
        "containers": [container_line(container) for container in service.containers],
        "ports": service_ports((service,)),
    }


@require_safe
def application_detail(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The page of one application."""
    return render(request, "applications/detail.html", _page_context(request, application_id))


@live_fragment(application_topics)
@require_safe
def application_content(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The page's content, or its title (`part=title`), for live updates. A removed application leaves a sentence."""
    part = request.GET.get("part", "")
    try:
        context = _page_context(request, application_id)
    except NotFound:
        return render(request, "applications/_gone.html", {"part": part})
    return render(request, "applications/_title.html" if part == "title" else "applications/_detail.html", context)


@require_safe
def revision_detail(request: HttpRequest, application_id: UUID, number: int) -> HttpResponse:
    """One revision: its compose text, values and targets."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    revision = revision_get(application=application, number=number)
    context = {
        "application": application,
        "revision": revision,
        "targets": targets_words(revision),
        "deployments": revision.deployments.select_related("started_by")[:LAST_DEPLOYMENTS],
        "may_deploy": actor.can(Permission.DEPLOY, application.team_id),
    }
    return render(request, "applications/revision.html", context)


def targets_words(revision: Revision) -> str:
    """Where a revision shall run, a phrase."""
    targets = revision.targets
    if cluster := targets.get("cluster"):
        found = Cluster.objects.filter(pk=cluster).values_list("name", flat=True).first()
        return _("the cluster %(name)s") % {"name": found} if found else _("a cluster that is gone")
    if labels := targets.get("labels"):
        pairs = ", ".join(f"{name}={value}" if value else name for name, value in sorted(labels.items()))
        return _("a host with %(labels)s") % {"labels": pairs}
    if ids := targets.get("hosts"):
        names = revision.application.team.hosts.filter(pk__in=ids).values_list("name", flat=True)
        return ", ".join(names) or _("hosts that are gone")
    return _("any host that fits")


@require_POST
def application_deploy(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Deploy a revision: the one in `revision`, or the newest."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    revision = revision_get(application=application, number=_number(request.POST.get("revision", "")))
    deployment = deployment_start(revision=revision, actor=actor)
    return HttpResponseRedirect(reverse("hosts:deployment", args=[deployment.pk]))


@require_POST
def application_back(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Roll back: to the revision in `revision`, or to the last one that succeeded."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    number = _number(request.POST.get("revision", ""))
    to_revision = revision_get(application=application, number=number) if number else None
    deployment = application_rollback(application=application, actor=actor, to_revision=to_revision)
    return HttpResponseRedirect(reverse("hosts:deployment", args=[deployment.pk]))


@require_POST
def application_mend(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Put right what is not as it was deployed."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    deployment = application_repair(application=application, actor=actor)
    return HttpResponseRedirect(reverse("hosts:deployment", args=[deployment.pk]))


@require_POST
def application_delete(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Remove the application from its hosts; its volumes only when `volumes` is ticked."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    name = application.name
    commands = application_remove(application=application, actor=actor, volumes=request.POST.get("volumes") == "1")
    if not commands:
        return done(request, reverse("hosts:applications"), _("%(name)s is removed.") % {"name": name})
    message = _("%(name)s is being removed. It goes when every host has confirmed.") % {"name": name}
    return done(request, reverse("hosts:application", args=[application_id]), message)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
