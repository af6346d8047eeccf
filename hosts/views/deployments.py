"""The page of one deployment: its timeline, live, and its end."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.selectors.applications import application_status
from hosts.selectors.deployments import StepNode, deployment_get, deployment_view
from hosts.services.deployments import deployment_cancel
from portal.people.access import Permission
from portal.people.requests import actor_of

from .answers import done
from .applications import service_ports, targets_words


def deployment_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """The live topics of a deployment's page."""
    return [f"deployment:{kwargs['deployment_id']}"]


def _context(request: HttpRequest, deployment_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    deployment = deployment_get(actor=actor, deployment_id=deployment_id)
    application = deployment.application
    succeeded = deployment.state == DeploymentState.SUCCEEDED
    links = service_ports(application_status(application=application).services) if succeeded else []
    latest = application.deployments.order_by("-created_at").values_list("pk", flat=True).first()
    view = deployment_view(deployment=deployment)
    return {
        "view": view,
        "targets": [{"entry": entry, "steps": [_step_line(node) for node in entry.steps]} for entry in view.targets],
        "deployment": deployment,
        "application": application,
        "open": deployment.state in OPEN_DEPLOYMENTS,
        "ended_badly": deployment.state in {DeploymentState.FAILED, DeploymentState.ROLLED_BACK},
        "links": [link for link in links if link.url],
        "latest": latest == deployment.pk,
        "log_lines": deployment.log_tail.splitlines(),
        "took": (deployment.finished_at - deployment.created_at) if deployment.finished_at else None,
        "targets_words": targets_words(deployment.revision),
        "may_deploy": actor.can(Permission.DEPLOY, application.team_id),
    }


def _step_line(node: StepNode) -> dict[str, Any]:
    """A step as shown: with how long it took, and the steps below it."""
    step = node.step
    took = step.finished_at - step.started_at if step.finished_at and step.started_at else None
    return {"step": step, "percent": node.percent, "took": took, "children": [_step_line(one) for one in node.children]}


@require_safe
def deployment_detail(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """The page; it can be left and found again."""
    return render(request, "deployments/detail.html", _context(request, deployment_id))


@live_fragment(deployment_topics)
@require_safe
def deployment_timeline(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Everything that moves, for live updates."""
    return render(request, "deployments/_detail.html", _context(request, deployment_id))


@require_POST
def deployment_stop(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Cancel it."""
    actor = actor_of(request)
    deployment = deployment_get(actor=actor, deployment_id=deployment_id)
    deployment_cancel(deployment=deployment, actor=actor)
    where = reverse("hosts:deployment", args=[deployment.pk])
    return done(request, where, _("Every host was asked to stop. What ran before is put back."))
