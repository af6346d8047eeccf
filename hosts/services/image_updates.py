"""Updates carried out: a new revision in which an image is pinned to what its tag names now, and its deployment.

A row of UpdateAct is the claim: each digest of each image of an application is carried out once by itself, whoever
finds it first, and not again when it fails. A person can have it carried out again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from gallery.images import resolve_image
from hosts import live
from hosts.models import Application, Deployment, UpdateAct
from hosts.models.update_policies import UpdateOutcome
from hosts.selectors.application_images import revision_in_use
from hosts.selectors.image_changes import ImageChange, application_changes
from hosts.selectors.update_policies import applications_kept_current
from hosts.services.deployments import deployment_refuse_open, deployment_start
from hosts.services.plans import plan_prepare
from hosts.services.resolving import Resolve
from hosts.services.revisions import revision_like, revision_store
from portal.people.access import Actor, Permission, actor_for_user
from portal.people.services.audit import FAILED, audit_record, permission_require
from portal.problems import Conflict, NotFound, Problem, TooMany, Unavailable

INTERRUPTED = timedelta(minutes=15)


@dataclass(frozen=True)
class _Work:
    """What is carried out, and with whose rights. again: whether a person wants it, whatever was done before."""

    application: Application
    changes: tuple[ImageChange, ...]
    actor: Actor
    resolve: Resolve
    again: bool = False


def updates_apply(
    *, now: datetime, application: Application | None = None, resolve: Resolve = resolve_image
) -> list[Deployment]:
    """Carry out what policies want now, of one application or of all; the deployments that were started."""
    _interrupted_end(now)
    started = []
    for one in [application] if application else applications_kept_current():
        try:
            deployment_refuse_open(one)
        except Conflict:
            continue  # it is looked at again when that has ended
        due = [change for change in application_changes(application=one, now=now) if change.due and change.maker]
        if not due:
            continue
        maker = due[0].maker
        if maker is None:
            continue
        own = tuple(change for change in due if change.maker == maker)
        actor = replace(actor_for_user(maker), label=f"Update policy of {maker.label}")
        try:
            started.append(_carry(_Work(one, own, actor, resolve)))
        except Problem:
            continue  # the page and the audit say why
    return started


def application_update(
    *,
    application: Application,
    actor: Actor,
    now: datetime,
    references: Sequence[str] | None = None,
    resolve: Resolve = resolve_image,
) -> Deployment:
    """Carry out updates now, whatever the policy and whatever was done before. references: only those images.

    Raises Conflict (nothing-to-update, deployment-running), NotFound (update-not-found), PlanRefused.
    """
    permission_require(
        actor=actor,
        permission=Permission.DEPLOY,
        team=application.team,
        action="application.update",
        target=application,
    )
    deployment_refuse_open(application)
    found = {change.reference: change for change in application_changes(application=application, now=now)}
    unknown = [one for one in references or () if one not in found]
    if unknown:
        raise NotFound(f"There is no update of {unknown[0][:200]} in {application.name}.", code="update-not-found")
    changes = tuple(found[one] for one in dict.fromkeys(references)) if references else tuple(found.values())
    if not changes:
        raise Conflict(f"Every image of {application.name} is what its tag names.", code="nothing-to-update")
    return _carry(_Work(application, changes, actor, resolve, again=True))


def _carry(work: _Work) -> Deployment:
    """Claim, plan, store, deploy. What is refused keeps its claim with the reason; what may go later gives it up."""
    acts = _claim(work)
    try:
        deployment = _deploy(work)
    except (Unavailable, TooMany, Conflict):
        UpdateAct.objects.filter(pk__in=[act.pk for act in acts]).delete()
        raise
    except Problem as problem:
        _end(work, acts, outcome=UpdateOutcome.REFUSED, detail=problem.detail[:600])
        raise
    if deployment is None:
        detail = "The hosts' own image is the same: only other platforms have changed."
        _end(work, acts, outcome=UpdateOutcome.SKIPPED, detail=detail)
        raise Conflict(detail, code="nothing-to-update")
    _end(work, acts, deployment=deployment, detail=f"Revision {deployment.revision.number}.")
    return deployment


def _claim(work: _Work) -> list[UpdateAct]:
    """Raises Conflict when another worker has one of them."""
    acts = []
    with transaction.atomic():
        for change in work.changes:
            row = UpdateAct.objects.filter(
                application=work.application, reference=change.reference, digest=change.digest
            )
            if work.again:
                row.delete()
            act, made = UpdateAct.objects.get_or_create(
                application=work.application,
                reference=change.reference,
                digest=change.digest,
                defaults={"outcome": UpdateOutcome.DEPLOYED, "by": work.actor.label[:160]},
            )
            if not made:
                raise Conflict(f"{change.reference} is being updated already.", code="deployment-running")
            acts.append(act)
    return acts


def _deploy(work: _Work) -> Deployment | None:
    """None when the hosts would keep every container."""
    application = work.application
    base = revision_in_use(application=application)
    pins = {**base.pins, **{change.reference: change.digest for change in work.changes}}
    wish = revision_like(base=base, created_by=work.actor.user, pins=pins)
    # What is refused leaves no revision.
    prepared = plan_prepare(revision=wish, actor=work.actor, action="application.update", resolve=work.resolve)
    if prepared.stack is None and not prepared.plan.changes:
        return None
    with transaction.atomic():
        revision_store(revision=wish)
    try:
        deployment = deployment_start(revision=wish, actor=work.actor, resolve=work.resolve)
    except Problem:
        wish.delete()
        raise
    detail = {
        "revision": wish.number,
        "images": {change.reference: change.digest for change in work.changes},
        "services": sorted({name for change in work.changes for name in change.services}),
        "deployment": str(deployment.pk),
    }
    audit_record(
        actor=work.actor, action="application.update", team=application.team, target=application, detail=detail
    )
    return deployment


def _end(work: _Work, acts: Sequence[UpdateAct], *, detail: str, **fields: object) -> None:
    with transaction.atomic():
        UpdateAct.objects.filter(pk__in=[act.pk for act in acts]).update(detail=detail, **fields)
        if fields.get("outcome") == UpdateOutcome.REFUSED:
            audit_record(
                actor=work.actor,
                action="application.update",
                team=work.application.team,
                target=work.application,
                detail={"reason": detail, "images": [change.reference for change in work.changes]},
                result=FAILED,
            )
        live.publish([f"application:{work.application.pk}"])


def _interrupted_end(now: datetime) -> None:
    """A claim whose worker died before it said what became of it."""
    rows = UpdateAct.objects.filter(
        outcome=UpdateOutcome.DEPLOYED, deployment=None, detail="", at__lt=now - INTERRUPTED
    )
    rows.update(
        outcome=UpdateOutcome.REFUSED,
        detail="The portal was stopped while it began. Look at the application, and update it by hand.",
    )
