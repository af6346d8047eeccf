"""Deployments: start, cancel, roll back."""

from django.db import transaction
from django.utils import timezone

from gallery.images import resolve_image
from hosts import live
from hosts.models import Application, Deployment, DeploymentEvent, Revision
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.services.orders import Order, orders
from hosts.services.plans import Prepared, plan_prepare
from hosts.services.resolving import Resolve, pins_of
from hosts.services.rollouts import rollout_abort, rollout_begin
from hosts.services.timeline import deployment_topics
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, NotFound


def deployment_start(
    *, revision: Revision, actor: Actor, plan_digest: str | None = None, resolve: Resolve = resolve_image
) -> Deployment:
    """Carry `revision` out: a rollout over its hosts (hosts/rollout.py), begun when the transaction has committed.

    plan_digest: of the plan the person agreed to; Conflict (plan-changed) when the world differs by now.
    Raises PlanRefused, Conflict (deployment-running) while another deployment of the application is open.
    """
    application = revision.application
    permission_require(
        actor=actor,
        permission=Permission.DEPLOY,
        team=application.team,
        action="deployment.start",
        target=application,
    )
    deployment_refuse_open(application)
    prepared = plan_prepare(revision=revision, actor=actor, action="deployment.start", resolve=resolve)
    if plan_digest and plan_digest != prepared.plan.digest:
        raise Conflict(
            "What would be done has changed since you looked. Look at the new plan and deploy again.",
            code="plan-changed",
        )
    work = orders(prepared)
    with transaction.atomic(savepoint=False):
        return _start(revision, actor, prepared, work)


def deployment_cancel(*, deployment: Deployment, actor: Actor) -> Deployment:
    """Stop it and put every host back; the state follows when they have answered. Raises Conflict when it has ended,
    and when it is too late."""
    application = deployment.application
    permission_require(
        actor=actor,
        permission=Permission.DEPLOY,
        team=application.team,
        action="deployment.cancel",
        target=deployment,
    )
    with transaction.atomic():
        locked = Deployment.objects.select_for_update().get(pk=deployment.pk)
        if locked.state not in OPEN_DEPLOYMENTS:
            state = locked.get_state_display().lower()
            raise Conflict(f"The deployment has ended already: {state}.", code="deployment-ended")
        rollout_abort(deployment=locked)
        DeploymentEvent.objects.create(
            deployment=locked, at=timezone.now(), level="warning", text=f"{actor.label} asked to cancel."
        )
        audit_record(actor=actor, action="deployment.cancel", team=application.team, target=deployment)
        live.publish(deployment_topics(locked))
    deployment.refresh_from_db()
    return deployment


def application_rollback(
    *,
    application: Application,
    actor: Actor,
    to_revision: Revision | None = None,
    resolve: Resolve = resolve_image,
) -> Deployment:
    """Deploy an earlier revision again: `to_revision`, or the last one that succeeded before the newest deployment.

    Raises NotFound when there is none, and all that deployment_start raises.
    """
    permission_require(
        actor=actor,
        permission=Permission.DEPLOY,
        team=application.team,
        action="application.rollback",
        target=application,
    )
    return deployment_start(
        revision=to_revision or rollback_revision(application=application), actor=actor, resolve=resolve
    )


def rollback_revision(*, application: Application) -> Revision:
    """The revision that a rollback goes back to. Raises NotFound when none has ever succeeded before."""
    newest = Deployment.objects.filter(application=application).order_by("-created_at").first()
    good = Deployment.objects.filter(application=application, state=DeploymentState.SUCCEEDED)
    if newest is not None:
        good = good.exclude(revision_id=newest.revision_id)
    last = good.select_related("revision").order_by("-created_at").first()
    if last is None:
        raise NotFound("No earlier revision has been deployed with success.", code="nothing-to-roll-back-to")
    return last.revision


def _start(revision: Revision, actor: Actor, prepared: Prepared, work: list[Order]) -> Deployment:
    application = Application.objects.select_for_update().select_related("team").get(pk=revision.application_id)
    deployment_refuse_open(application)
    plan, now = prepared.plan, timezone.now()
    deployment = Deployment.objects.create(
        application=application, revision=revision, plan=plan.as_json(), plan_digest=plan.digest, started_by=actor.user
    )
    events = [f"{actor.label} deploys revision {revision.number} of {application.name}.", *plan.warnings]
    DeploymentEvent.objects.bulk_create(
        DeploymentEvent(deployment=deployment, at=now, level="warning" if index else "info", text=text)
        for index, text in enumerate(events)
    )
    if not revision.pins and (pins := pins_of(prepared.wanted.images)):
        Revision.objects.filter(pk=revision.pk, pins={}).update(pins=pins)
    bodies = {prepared.rows[order.host_id]: order.body for order in work}
    rollout_begin(deployment=deployment, plan=plan, orders=bodies, actor=actor)
    if not work:  # nothing runs and nothing shall run
        Deployment.objects.filter(pk=deployment.pk).update(started_at=now)
        deployment.refresh_from_db()
    detail = {
        "revision": revision.number,
        "deployment": str(deployment.pk),
        "hosts": [host.host for host in plan.hosts],
    }
    audit_record(actor=actor, action="deployment.start", team=application.team, target=application, detail=detail)
    live.publish([*deployment_topics(deployment), *(f"host:{order.host_id}" for order in work)])
    return deployment


def deployment_refuse_open(application: Application) -> None:
    """Raise Conflict while the application is being removed or another deployment of it is open."""
    if application.removing_at is not None:
        raise Conflict(f"{application.name} is being removed.", code="application-removing")
    if Deployment.objects.filter(application=application, state__in=OPEN_DEPLOYMENTS).exists():
        raise Conflict(
            f"A deployment of {application.name} is running. Wait for its end, or cancel it.",
            code="deployment-running",
        )
