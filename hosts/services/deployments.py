"""Deployments: start, cancel, roll back."""

from hosts.models import Application, Deployment, Revision
from portal.people.access import Actor


def deployment_start(*, revision: Revision, actor: Actor, plan_digest: str | None = None) -> Deployment:
    """Carry `revision` out: one command per host, sent when the transaction has committed.

    plan_digest: of the plan the person agreed to; Conflict (plan-changed) when the world differs by now.
    Raises PlanRefused, Conflict (deployment-running) while another deployment of the application is open.
    """
    raise NotImplementedError


def deployment_cancel(*, deployment: Deployment, actor: Actor) -> Deployment:
    """Ask every host to stop; the state follows when they have answered. Raises Conflict when it has ended."""
    raise NotImplementedError


def application_rollback(*, application: Application, actor: Actor, to_revision: Revision | None = None) -> Deployment:
    """Deploy an earlier revision again: `to_revision`, or the last one that succeeded before the newest deployment.

    Raises NotFound when there is none, and all that deployment_start raises.
    """
    raise NotImplementedError
