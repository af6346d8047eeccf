"""Batches of machines in Azure: plan, deploy, delete. What a person asks is written here; jobs carry it out
(`azure_steps`)."""

import re
from collections.abc import Sequence
from datetime import timedelta

import django_rq
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.azure.network import ANYWHERE
from hosts.azure.wishes import MAX_COUNT, System, Wish, image_title
from hosts.labels import labels_clean
from hosts.models import AzureBatch, AzureSubscription
from hosts.models.azure import BatchState
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

_NAME = re.compile(r"[a-z][a-z0-9-]{0,20}[a-z0-9]\Z")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")
JOB = "hosts.jobs.azure_batch_advance"


def batch_topics(batch: AzureBatch) -> list[str]:
    """What to publish when a batch changed."""
    return ["azure", f"azure-batch:{batch.pk}"]


def batch_create(
    *,
    subscription: AzureSubscription,
    wish: Wish,
    labels: dict[str, str],
    actor: Actor,
    groups: Sequence[Wish] = (),
    reach: str = ANYWHERE,
    name: str = "",
) -> AzureBatch:
    """Ask Azure what `wish` would change. Nothing but an empty resource group is made before `batch_start`.

    groups: machines of several kinds instead, each called `name` and its role; `wish` is the first of them then.
    reach: from where their open ports are reached.
    """
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.plan", target=subscription
    )
    for one in groups or [wish]:
        _check(one)
    with transaction.atomic():
        batch = AzureBatch.objects.create(
            team=team,
            subscription=subscription,
            name=name or wish.name,
            region=wish.region,
            image=wish.image,
            size=wish.size,
            count=sum(one.count for one in groups) or wish.count,
            groups=[_group(one) for one in groups],
            reach=reach,
            zones=list(wish.zones),
            spot=wish.spot,
            disk_gib=wish.disk_gib,
            labels=labels_clean(labels),
            next_at=timezone.now(),
            created_by=actor.user,
        )
        detail = {"machines": batch.count, "size": wish.size, "region": wish.region}
        audit_record(actor=actor, action="azure.plan", team=team, target=batch, detail=detail)
        batch_wake(batch)
    return batch


def batch_start(*, batch: AzureBatch, actor: Actor) -> AzureBatch:
    """Deploy what the what-if showed. Raises Conflict when it is not waiting for that."""
    _move(batch, actor, "azure.deploy", (BatchState.PLANNED,), BatchState.DEPLOYING, minutes=60)
    return batch


def batch_delete(*, batch: AzureBatch, actor: Actor) -> AzureBatch:
    """Delete everything of it: the resource group with all machines, and their hosts here."""
    states = tuple(state for state in BatchState if state not in {BatchState.DELETING, BatchState.DELETED})
    _move(batch, actor, "azure.delete", states, BatchState.DELETING, minutes=120)
    return batch


def wish_of(batch: AzureBatch) -> Wish:
    """What was asked for."""
    return Wish(
        name=batch.name,
        region=batch.region,
        image=batch.image,
        size=batch.size,
        count=batch.count,
        zones=tuple(batch.zones),
        spot=batch.spot,
        disk_gib=batch.disk_gib,
    )


def wishes_of(batch: AzureBatch) -> list[Wish]:
    """What was asked for, by kind of machine."""
    if not batch.groups:
        return [wish_of(batch)]
    return [
        Wish(
            name=f"{batch.name}-{one['role']}",
            region=batch.region,
            image=one["image"],
            size=one["size"],
            count=one["count"],
            disk_gib=one["disk_gib"],
            role=one["role"],
            open_ports=tuple(one["open_ports"]),
        )
        for one in batch.groups
    ]


def _group(wish: Wish) -> dict[str, object]:
    return {
        "role": wish.role,
        "image": wish.image,
        "size": wish.size,
        "count": wish.count,
        "disk_gib": wish.disk_gib,
        "open_ports": list(wish.open_ports),
    }


def _move(
    batch: AzureBatch, actor: Actor, action: str, before: tuple[BatchState, ...], after: BatchState, *, minutes: int
) -> None:
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=batch.team, action=action, target=batch)
    now = timezone.now()
    with transaction.atomic():
        rows = AzureBatch.objects.filter(pk=batch.pk, state__in=before)
        values = {"state": after, "next_at": now, "error": "", "advice": "", "finished_at": None}
        if not rows.update(**values, started_at=now, deadline=now + timedelta(minutes=minutes)):
            batch.refresh_from_db()
            state = batch.get_state_display().lower()
            raise Conflict(_("That cannot be done now: it is %(state)s.") % {"state": state}, code="azure-state")
        audit_record(actor=actor, action=action, team=batch.team, target=batch)
        batch.refresh_from_db()
        batch_wake(batch)


def batch_wake(batch: AzureBatch) -> None:
    """A worker looks at it as soon as this transaction has committed; without one the periodic job comes by."""
    live.publish(batch_topics(batch))
    pk = str(batch.pk)
    transaction.on_commit(lambda: django_rq.get_queue().enqueue(JOB, pk), robust=True)


def _check(wish: Wish) -> None:
    wrong: dict[str, list[str]] = {}
    if not _NAME.match(wish.name):
        wrong["name"] = [_("Two to 22 small letters, digits and hyphens, starting with a letter.")]
    known = bool(image_title(wish.image))
    if not known:
        wrong["image"] = [_("Choose one of the systems offered, or an image as system:publisher:offer:sku:version.")]
    if not _WORD.match(wish.region):
        wrong["region"] = [_("Choose a region.")]
    if not _WORD.match(wish.size):
        wrong["size"] = [_("Choose a size, such as Standard_B2s.")]
    if not 1 <= wish.count <= MAX_COUNT:
        wrong["count"] = [_("From 1 to %(most)d machines.") % {"most": MAX_COUNT}]
    if not all(zone in {"1", "2", "3"} for zone in wish.zones):
        wrong["zones"] = [_("Zones are 1, 2 and 3.")]
    if not 30 <= wish.disk_gib <= 4095:
        wrong["disk_gib"] = [_("A disk has 30 to 4095 GiB.")]
    longest = 14 - len(str(wish.count))  # Windows computer names have at most 15 characters
    if known and wish.system is System.WINDOWS and len(wish.name) > longest:
        wrong["name"] = [
            _("Names of Windows machines are short: at most %(most)d characters here.") % {"most": longest}
        ]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], code="azure-wish-invalid", fields=wrong)
