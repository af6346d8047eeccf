"""Deliveries of webhooks: an event becomes one for each webhook that wants it, a job sends it, again when it fails.

Signed with the webhook's secret: X-Pierhead-Signature is "sha256=" and the HMAC-SHA256, in hex, of the timestamp in
X-Pierhead-Timestamp, a dot, and the body as sent.
"""

import hashlib
import hmac
import json
import ssl
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from hosts.models import EventMark, Webhook, WebhookDelivery
from hosts.models.webhooks import DeliveryState, WebhookEvent
from portal.outside import AddressRefused, Outside, outside
from portal.people.secrets import unseal
from portal.problems import Problem

PURPOSE = "webhook"
TIMEOUT = 10.0  # seconds for each of connecting, sending and waiting for an answer
CLAIM = timedelta(seconds=90)  # after which a delivery whose worker died is taken up again
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 7200, 21600))
KEEP = timedelta(days=30)
MOST_AT_ONCE = 200


def event_tell(*, team_id: int, event: WebhookEvent, text: str, data: Mapping[str, Any]) -> int:
    """In the caller's transaction: one delivery for each webhook of the team that wants it; how many."""
    rows = Webhook.objects.filter(team_id=team_id, paused=False).select_related("team")
    wanting = [row for row in rows if event.value in row.events]
    for row in wanting:
        delivery_make(webhook=row, event=event.value, text=text, data=data)
    return len(wanting)


def mark_change(*, subject: str, value: str) -> str | None:
    """Set what is true of a thing; what it was before, None when that is the same or another worker was faster.

    "" stands for a thing that was never looked at.
    """
    subject = subject[:480]
    row = EventMark.objects.filter(subject=subject).first()
    if row is None:
        made = EventMark.objects.get_or_create(subject=subject, defaults={"value": value})[1]
        return "" if made else None
    if row.value == value:
        return None
    changed = EventMark.objects.filter(pk=row.pk, value=row.value).update(value=value)
    return row.value if changed else None


def delivery_make(*, webhook: Webhook, event: str, text: str, data: Mapping[str, Any]) -> WebhookDelivery:
    """A delivery that waits to be sent. text: what happened, a sentence."""
    key = uuid.uuid4()
    payload = {
        "id": str(key),
        "event": event,
        "at": timezone.now().isoformat(),
        "team": webhook.team.slug,
        "text": text,
        "data": dict(data),
    }
    return WebhookDelivery.objects.create(pk=key, webhook=webhook, event=event, payload=payload)


def deliveries_due(*, now: datetime) -> list[UUID]:
    """What is to be sent now; old ones are forgotten on the way."""
    WebhookDelivery.objects.filter(finished_at__lt=now - KEEP).delete()
    rows = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now, webhook__paused=False)
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:MOST_AT_ONCE])


def delivery_send(*, delivery_id: UUID, last: bool = False) -> WebhookDelivery:
    """Send it if nobody else does and it is due. last: when it fails it is given up, not tried again."""
    now = timezone.now()
    rows = WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.WAITING)
    claimed = rows.filter(next_at__lte=now).update(attempts=F("attempts") + 1, next_at=now + CLAIM)
    delivery = WebhookDelivery.objects.select_related("webhook").get(pk=delivery_id)
    if not claimed:
        return delivery
    code, error = _post(delivery.webhook, delivery)
    now = timezone.now()
    good = code is not None and 200 <= code < 300
    over = good or last or delivery.attempts > len(BACKOFF)
    state = DeliveryState.DELIVERED if good else DeliveryState.FAILED if over else DeliveryState.WAITING
    rows.filter(attempts=delivery.attempts).update(
        state=state,
        response_code=code,
        error="" if good else error[:400],
        next_at=now if over else now + BACKOFF[delivery.attempts - 1],
        finished_at=now if over else None,
    )
    delivery.refresh_from_db()
    return delivery


def signature(*, secret: str, timestamp: int, body: bytes) -> str:
    """The value of X-Pierhead-Signature."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def _post(webhook: Webhook, delivery: WebhookDelivery) -> tuple[int | None, str]:
    """(status of the answer, what went wrong). No redirect is followed, nothing of the answer is read."""
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(time.time())
    try:
        secret = unseal(bytes(webhook.secret), purpose=PURPOSE).decode()
        where = outside(
            webhook.url,
            schemes=("https", "http"),
            private=settings.WEBHOOK_PRIVATE,
            setting="PIERHEAD_WEBHOOK_PRIVATE",
        )
    except (AddressRefused, Problem) as error:
        return None, str(error)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Pierhead-Webhook/1",
        "X-Pierhead-Event": delivery.event,
        "X-Pierhead-Delivery": str(delivery.pk),
        "X-Pierhead-Timestamp": str(timestamp),
        "X-Pierhead-Signature": signature(secret=secret, timestamp=timestamp, body=body),
    }
    try:
        return _answer(where, headers, body)
    except httpx.TimeoutException:
        return None, f"It did not answer within {TIMEOUT:.0f} seconds."
    except (httpx.HTTPError, ssl.SSLError, ValueError) as error:
        return None, f"It cannot be reached: {error}."


def _answer(where: Outside, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    url = httpx.URL(where.parts.geturl()).copy_with(host=str(where.address), fragment=None)
    named = {**headers, "Host": where.parts.netloc}
    with (
        httpx.Client(verify=_trust(), timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", url, content=body, headers=named, extensions={"sni_hostname": where.host}) as answer,
    ):
        code = answer.status_code
    if 300 <= code < 400:
        return code, "It redirects, which is not followed: enter the address that it leads to."
    return code, "" if code < 300 else f"It answered {code}."


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The machine's own authorities, or SSL_CERT_FILE's."""
    return ssl.create_default_context()


def subjects_forget(*, prefix: str, known: Iterable[str]) -> None:
    """Drop the marks of things that are gone."""
    kept = set(known)
    marks = EventMark.objects.filter(subject__startswith=prefix).values_list("pk", "subject")
    EventMark.objects.filter(pk__in=[pk for pk, subject in marks if subject not in kept]).delete()
