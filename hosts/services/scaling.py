"""Scaling: more or fewer replicas of a service, as a new revision that is deployed at once."""

from django.db import transaction

from gallery.images import resolve_image
from hosts.models import Application, Deployment, Revision
from hosts.selectors.application_images import revision_in_use
from hosts.services.deployments import deployment_refuse_open, deployment_start
from hosts.services.plans import plan_prepare, revision_project
from hosts.services.resolving import Resolve
from hosts.services.revisions import revision_like, revision_store
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Invalid, NotFound

MAX_REPLICAS = 200


def service_scale(
    *, application: Application, service: str, replicas: int, actor: Actor, resolve: Resolve = resolve_image
) -> Deployment:
    """Run `replicas` of a service: the deployed revision (else the newest) with another scale, and its deployment.

    Images stay what they are. Raises NotFound (service-not-found), Invalid, PlanRefused, Conflict.
    """
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.scale", target=application
    )
    deployment_refuse_open(application)
    base = revision_in_use(application=application)
    _check(base, service, replicas)
    wish = revision_like(base=base, created_by=actor.user, scale={**base.scale, service: replicas})
    # What is refused leaves no revision behind.
    plan_prepare(revision=wish, actor=actor, action="application.scale", resolve=resolve)
    with transaction.atomic():
        revision_store(revision=wish)
        detail = {"service": service, "replicas": replicas, "revision": wish.number}
        audit_record(actor=actor, action="application.scale", team=team, target=application, detail=detail)
    return deployment_start(revision=wish, actor=actor, resolve=resolve)


def _check(revision: Revision, name: str, replicas: int) -> None:
    known = {service.name: service for service in revision_project(revision).services}
    service = known.get(name)
    if service is None:
        raise NotFound(f"{revision.application.name} has no service {name}.", code="service-not-found")
    message = ""
    if not 0 <= replicas <= MAX_REPLICAS:
        message = f"Give a number from 0 to {MAX_REPLICAS}."
    elif service.mode == "global":
        message = f"{name} runs once on each host that fits (mode: global), so it cannot be scaled."
    elif service.container_name and replicas > 1:
        message = f"{name} has the fixed container_name {service.container_name}, which only one container can have."
    if message:
        raise Invalid(message, code="replicas-invalid", fields={"replicas": [message]})
