"""Steering a rollout, and scaling a service."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hosts.selectors.applications import application_get
from hosts.selectors.deployments import deployment_get
from hosts.services.rollouts import rollout_pause, rollout_resume
from hosts.services.scaling import service_scale
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Invalid

from .answers import done


@require_POST
def deployment_pause(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Stand still before the next batch."""
    actor = actor_of(request)
    deployment = rollout_pause(deployment=deployment_get(actor=actor, deployment_id=deployment_id), actor=actor)
    return done(request, reverse("hosts:deployment", args=[deployment.pk]), _("It pauses before the next batch."))


@require_POST
def deployment_continue(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Go on after a pause."""
    actor = actor_of(request)
    deployment = rollout_resume(deployment=deployment_get(actor=actor, deployment_id=deployment_id), actor=actor)
    return done(request, reverse("hosts:deployment", args=[deployment.pk]), _("It goes on."))


@require_POST
def application_scale(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Run `replicas` of the `service` in the address."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    text = request.POST.get("replicas", "")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        message = _("Give the number of replicas.")
        raise Invalid(message, code="replicas-invalid", fields={"replicas": [message]})
    deployment = service_scale(
        application=application, service=request.GET.get("service", ""), replicas=int(text), actor=actor
    )
    return HttpResponseRedirect(reverse("hosts:deployment", args=[deployment.pk]))
