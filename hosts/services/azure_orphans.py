"""Resource groups of the portal that no batch knows any more: found every night, deleted when somebody says so."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.azure.errors import AzureError
from hosts.azure.templates import GROUP_TAG
from hosts.models import AzureBatch, AzureOrphan, AzureSubscription
from hosts.models.azure import BatchState
from hosts.problems import AzureAway, AzureRefused
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from portal.people.access import Actor, Permission, portal_actor
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Problem


def orphans(*, subscription: AzureSubscription, ask: ClientFor = client_for) -> list[str]:
    """Resource groups that carry our tag and belong to no batch that the portal knows. Raises AzureError."""
    known = {pk.hex for pk in AzureBatch.objects.exclude(state=BatchState.DELETED).values_list("pk", flat=True)}
    return [name for name, tags in ask(subscription).groups_tagged(GROUP_TAG) if tags.get(GROUP_TAG) not in known]


def orphans_look(*, subscription: AzureSubscription, ask: ClientFor = client_for) -> int:
    """Keep what `orphans` finds and forget what is no longer there; how many. A subscription that cannot be asked
    keeps what was known of it."""
    try:
        found = orphans(subscription=subscription, ask=ask)
    except (AzureError, Problem):
        return subscription.orphans.count()
    now = timezone.now()
    with transaction.atomic():
        known = set(subscription.orphans.values_list("group", flat=True))
        subscription.orphans.exclude(group__in=found).delete()
        fresh = [group for group in found if group not in known]
        AzureOrphan.objects.bulk_create(
            AzureOrphan(subscription=subscription, group=group, found_at=now) for group in fresh
        )
        for group in fresh:
            audit_record(
                actor=portal_actor("Azure"),
                action="azure.orphan",
                team=subscription.team,
                target=subscription,
                detail={"group": group},
            )
        live.publish(["azure"])
    return len(found)


def orphan_delete(*, orphan: AzureOrphan, actor: Actor, ask: ClientFor = client_for) -> None:
    """Delete the group in Azure with everything in it. It is looked at once more before.

    Raises Conflict when it belongs to a batch after all, AzureRefused, AzureAway.
    """
    subscription = orphan.subscription
    permission_require(
        actor=actor,
        permission=Permission.MANAGE_HOSTS,
        team=subscription.team,
        action="azure.orphan-delete",
        target=subscription,
    )
    try:
        if orphan.group not in orphans(subscription=subscription, ask=ask):
            orphan.delete()
            raise Conflict(_("The group is gone, or belongs to machines that the portal knows."), code="azure-state")
        ask(subscription).group_delete(orphan.group)
    except AzureError as error:
        raise (AzureRefused if error.permanent else AzureAway)(words_of(error)) from error
    with transaction.atomic():
        AzureOrphan.objects.filter(pk=orphan.pk).update(asked_at=timezone.now())
        detail = {"group": orphan.group}
        audit_record(
            actor=actor, action="azure.orphan-delete", team=subscription.team, target=subscription, detail=detail
        )
        live.publish(["azure"])
