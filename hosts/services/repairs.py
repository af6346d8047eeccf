"""Repair of drift: the revision that was deployed, deployed again."""

from gallery.images import resolve_image
from hosts.models import Application, Deployment, Revision
from hosts.selectors.drift import application_drift
from hosts.services.deployments import deployment_refuse_open, deployment_start
from hosts.services.resolving import Resolve
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict


def application_repair(*, application: Application, actor: Actor, resolve: Resolve = resolve_image) -> Deployment:
    """Deploy again what was deployed, which makes, starts and removes what differs; the rest is left alone.

    Raises Conflict (nothing-to-repair, deployment-running), PlanRefused.
    """
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.repair", target=application
    )
    deployment_refuse_open(application)
    found = application_drift(application=application)
    if found is None or not found.items:
        raise Conflict(f"{application.name} is as it was deployed.", code="nothing-to-repair")
    revision = Revision.objects.select_related("application__team").get(pk=found.revision_id)
    deployment = deployment_start(revision=revision, actor=actor, resolve=resolve)
    detail = {"differences": len(found.items), "deployment": str(deployment.pk)}
    audit_record(actor=actor, action="application.repair", team=team, target=application, detail=detail)
    return deployment
