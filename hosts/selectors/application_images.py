"""Which images an application runs: those of the revision that was deployed last with success, else of the newest."""

from hosts.models import Application, Revision
from hosts.models.deployments import DeploymentState
from hosts.services.plans import revision_project
from portal.problems import NotFound, Problem


def revision_in_use(*, application: Application) -> Revision:
    """The revision that runs, as far as deployments tell. Raises NotFound when there is none at all."""
    good = application.deployments.filter(state=DeploymentState.SUCCEEDED).select_related("revision")
    deployed = good.order_by("-created_at").first()
    newest = deployed.revision if deployed else application.revisions.order_by("-number").first()
    if newest is None:
        raise NotFound(f"{application.name} has no revision.", code="revision-not-found")
    return newest


def service_images(*, revision: Revision) -> dict[str, str]:
    """Service -> its image, in the engine's own form; nothing of a text that cannot be read any more."""
    try:
        return {one.name: one.image for one in revision_project(revision).services if one.image}
    except Problem:
        return {}


def application_references(*, application: Application) -> list[str]:
    """The images that follow a tag, each once."""
    try:
        found = service_images(revision=revision_in_use(application=application))
    except NotFound:
        return []
    return sorted({image for image in found.values() if "@" not in image})
