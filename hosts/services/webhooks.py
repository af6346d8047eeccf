"""Webhooks out: made, changed, tried and removed by admins of a team."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts.models import Webhook, WebhookDelivery
from hosts.models.webhooks import TEST_EVENT, DeliveryState, WebhookEvent
from hosts.services.webhook_deliveries import PURPOSE, delivery_make, delivery_send
from portal.outside import AddressRefused, outside
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.secrets import seal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

MAX_WEBHOOKS = 50
MAX_URL = 2000


def webhook_create(
    *, team: Team, url: str, events: Sequence[str], actor: Actor, paused: bool = False
) -> tuple[Webhook, str]:
    """A new one and its secret, which is told here and never again. Raises Invalid, Conflict (webhooks-too-many)."""
    _allow(actor, team, "webhook.create")
    url, events = _url_clean(url), _events_clean(events)
    secret = secret_make()
    with transaction.atomic():
        if Webhook.objects.filter(team=team).count() >= MAX_WEBHOOKS:
            raise Conflict(f"A team has at most {MAX_WEBHOOKS} webhooks.", code="webhooks-too-many")
        row = Webhook.objects.create(
            team=team,
            url=url,
            events=events,
            secret=seal(secret.encode(), purpose=PURPOSE),
            paused=paused,
            created_by=actor.user,
        )
        audit_record(actor=actor, action="webhook.create", team=team, target=row, detail={"events": events})
    return row, secret


def webhook_change(
    *,
    webhook: Webhook,
    actor: Actor,
    url: str | None = None,
    events: Sequence[str] | None = None,
    paused: bool | None = None,
) -> Webhook:
    """What is None stays. Paused: nothing new is sent and what waits stays. Raises Invalid."""
    _allow(actor, webhook.team, "webhook.change", webhook)
    changes: dict[str, Any] = {}
    if url is not None:
        changes["url"] = _url_clean(url)
    if events is not None:
        changes["events"] = _events_clean(events)
    if paused is not None:
        changes["paused"] = paused
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(**changes)
        detail = {name: value for name, value in changes.items() if name != "url"}
        audit_record(actor=actor, action="webhook.change", team=webhook.team, target=webhook, detail=detail)
    webhook.refresh_from_db()
    return webhook


def webhook_secret_renew(*, webhook: Webhook, actor: Actor) -> str:
    """A new secret, told here and never again; the old one signs nothing any more."""
    _allow(actor, webhook.team, "webhook.secret", webhook)
    secret = secret_make()
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(secret=seal(secret.encode(), purpose=PURPOSE))
        audit_record(actor=actor, action="webhook.secret", team=webhook.team, target=webhook)
    return secret


def webhook_remove(*, webhook: Webhook, actor: Actor) -> None:
    """It and its log."""
    _allow(actor, webhook.team, "webhook.remove", webhook)
    with transaction.atomic():
        audit_record(actor=actor, action="webhook.remove", team=webhook.team, target=webhook)
        webhook.delete()


def webhook_test(*, webhook: Webhook, actor: Actor) -> WebhookDelivery:
    """Send one event of the kind "test" now, paused or not, once; the delivery tells how it went."""
    _allow(actor, webhook.team, "webhook.test", webhook)
    row = delivery_make(
        webhook=webhook,
        event=TEST_EVENT,
        text=_("A test, asked for by %(who)s.") % {"who": actor.label},
        data={"asked_by": actor.label},
    )
    audit_record(actor=actor, action="webhook.test", team=webhook.team, target=webhook)
    return delivery_send(delivery_id=row.pk, last=True)


def delivery_again(*, delivery: WebhookDelivery, actor: Actor) -> WebhookDelivery:
    """Have a delivery that was given up sent again, from the beginning. Raises Conflict for another one."""
    webhook = delivery.webhook
    _allow(actor, webhook.team, "webhook.redeliver", webhook)
    rows = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.WAITING)
    with transaction.atomic():
        changes = {"state": DeliveryState.WAITING, "attempts": 0, "next_at": timezone.now(), "finished_at": None}
        if not rows.update(**changes):
            raise Conflict("It waits to be sent already.", code="delivery-waiting")
        audit_record(actor=actor, action="webhook.redeliver", team=webhook.team, target=webhook)
    delivery.refresh_from_db()
    return delivery


def secret_make() -> str:
    """256 bits, as it stands in a URL."""
    return secrets.token_urlsafe(32)


def _allow(actor: Actor, team: Team, action: str, target: Webhook | None = None) -> None:
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action=action, target=target)


def _url_clean(url: str) -> str:
    """Raises Invalid under "url"."""
    text, message = url.strip(), ""
    if len(text) > MAX_URL or any(one.isspace() or ord(one) < 32 for one in text):
        message = _("This is not an address.")
    else:
        try:
            found = outside(
                text,
                schemes=("https", "http"),
                private=settings.WEBHOOK_PRIVATE,
                setting="PIERHEAD_WEBHOOK_PRIVATE",
            )
            if found.parts.username or found.parts.password:
                message = _("Leave the name and password out of the address: what is sent is signed.")
        except AddressRefused as error:
            message = str(error)
    if message:
        raise Invalid(message, code="webhook-address", fields={"url": [message]})
    return text


def _events_clean(events: Sequence[str]) -> list[str]:
    found = [event for event in WebhookEvent.values if event in events]
    if not found or set(events) - set(found):
        message = _("Choose at least one of: %(events)s.") % {"events": ", ".join(WebhookEvent.values)}
        raise Invalid(message, fields={"events": [message]})
    return found
