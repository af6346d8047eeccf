"""Reading webhooks and their log: for those who manage the team, since an address may be a secret itself."""

from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Webhook, WebhookDelivery
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.problems import NotFound


def webhook_list(*, actor: Actor, team: Team | None = None) -> "QuerySet[Webhook]":
    """Oldest first."""
    rows = Webhook.objects.select_related("team", "created_by")
    ids = actor.team_ids(Permission.MANAGE_TEAM)
    if ids is not None:
        rows = rows.filter(team_id__in=ids)
    return rows if team is None else rows.filter(team=team)


def webhook_get(*, actor: Actor, webhook_id: UUID) -> Webhook:
    """Raises NotFound; NotAllowed for a member who does not manage the team."""
    row = Webhook.objects.select_related("team", "created_by").filter(pk=webhook_id).first()
    if row is None or actor.role_in(row.team_id) is None:
        raise NotFound("There is no such webhook, or it belongs to a team you are not in.")
    actor.require(Permission.MANAGE_TEAM, row.team_id)
    return row


def delivery_list(*, webhook: Webhook) -> "QuerySet[WebhookDelivery]":
    """Newest first."""
    return WebhookDelivery.objects.filter(webhook=webhook).order_by("-created_at", "-id")


def delivery_get(*, webhook: Webhook, delivery_id: UUID) -> WebhookDelivery:
    """Raises NotFound."""
    row = WebhookDelivery.objects.select_related("webhook__team").filter(webhook=webhook, pk=delivery_id).first()
    if row is None:
        raise NotFound("There is no such delivery, or it was older than 30 days.")
    return row
