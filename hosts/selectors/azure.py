"""Reading what a team has in Azure, from what the portal has stored: no page waits for Azure."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hosts.models import AzureBatch, AzureMachine, AzureSubscription
from hosts.models.azure import BatchState
from portal.people.access import Actor, Permission
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound


def subscription_list(*, actor: Actor) -> "QuerySet[AzureSubscription]":
    """Connected subscriptions of the actor's teams, by name."""
    return rows_of_teams(AzureSubscription.objects.select_related("team"), actor)


def subscription_get(*, actor: Actor, subscription_id: UUID) -> AzureSubscription:
    """One the actor may see. Raises NotFound."""
    found = subscription_list(actor=actor).filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such subscription, or it belongs to a team you are not in.")
    return found


def batch_list(*, actor: Actor, deleted: bool = False) -> "QuerySet[AzureBatch]":
    """Batches of the actor's teams, newest first, with `machine_count` and `running_count`."""
    rows = rows_of_teams(AzureBatch.objects.select_related("team", "subscription"), actor)
    if not deleted:
        rows = rows.exclude(state=BatchState.DELETED)
    running = Count("machines", filter=Q(machines__power="running"))
    return rows.annotate(machine_count=Count("machines"), running_count=running)


def batch_get(*, actor: Actor, batch_id: UUID) -> AzureBatch:
    """One the actor may see. Raises NotFound."""
    found = batch_list(actor=actor, deleted=True).filter(pk=batch_id).first()
    if found is None:
        raise NotFound("There are no such machines, or they belong to a team you are not in.")
    return found


def machine_list(*, actor: Actor) -> "QuerySet[AzureMachine]":
    """Machines of the actor's teams, by name."""
    ids = actor.team_ids()
    rows = AzureMachine.objects.select_related("batch", "batch__team", "batch__subscription")
    return rows if ids is None else rows.filter(batch__team__in=ids)


def machine_get(*, actor: Actor, batch_id: UUID, name: str) -> AzureMachine:
    """One machine of a batch. Raises NotFound."""
    found = machine_list(actor=actor).filter(batch_id=batch_id, name=name).first()
    if found is None:
        raise NotFound("There is no such machine in this batch.")
    return found


def may_manage(actor: Actor, team_id: int) -> bool:
    """Whether the actor may make and remove machines for the team."""
    ids = actor.team_ids(Permission.MANAGE_HOSTS)
    return ids is None or team_id in ids
