"""/webhooks: other systems are told what happens in a team, signed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.schemas import Strict
from hosts.models import Webhook, WebhookDelivery
from hosts.models.webhooks import DeliveryState
from hosts.selectors.webhooks import delivery_get, delivery_list, webhook_get, webhook_list
from hosts.services.webhooks import (
    delivery_again,
    webhook_change,
    webhook_create,
    webhook_remove,
    webhook_secret_renew,
    webhook_test,
)
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()
WEBHOOK = "/webhooks/{uuid:webhook_id}"
Events = list[str]


class WebhookIn(Strict):
    """events: of deployment.succeeded, deployment.failed, deployment.rolled_back, host.offline, host.online,
    update.available, application.drift."""

    team: str | int | None = None
    url: str = Field(max_length=2000)
    events: Events = Field(max_length=50)
    paused: bool = False


class WebhookPatch(Strict):
    """What is left out stays as it is."""

    url: str | None = Field(default=None, max_length=2000)
    events: Events | None = Field(default=None, max_length=50)
    paused: bool | None = None


class WebhookOut(Schema):
    id: UUID
    team: str
    url: str
    events: Events
    paused: bool
    created_by: str
    created_at: datetime


class WebhookMade(WebhookOut):
    """secret: signs what is sent; told once."""

    secret: str


class WebhookList(Schema):
    items: list[WebhookOut]
    next: str | None


class SecretMade(Schema):
    secret: str


class DeliveryOut(Schema):
    """state: waiting, delivered or failed (given up). response_code: None when there was no answer."""

    id: UUID
    event: str
    state: DeliveryState
    attempts: int
    response_code: int | None
    error: str
    payload: dict[str, Any]
    created_at: datetime
    next_at: datetime | None
    finished_at: datetime | None


class DeliveryList(Schema):
    items: list[DeliveryOut]
    next: str | None


@router.get("/webhooks", response=WebhookList, summary="The webhooks of the teams that one manages")
def webhooks(
    request: HttpRequest, team: str | None = None, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> WebhookList:
    actor = actor_of(request)
    rows = webhook_list(actor=actor, team=team_named(actor, team) if team else None)
    page = page_of(rows, order=["created_at", "id"], cursor=cursor, limit=limit)
    return WebhookList(items=[_out(row) for row in page.items], next=page.next)


@router.post("/webhooks", response={201: WebhookMade}, summary="Make a webhook; its secret is shown once")
def webhook_new(request: HttpRequest, body: WebhookIn) -> Status[WebhookMade]:
    actor = actor_of(request)
    row, secret = webhook_create(
        team=team_named(actor, body.team), url=body.url, events=body.events, paused=body.paused, actor=actor
    )
    return Status(201, WebhookMade(**_out(row).dict(), secret=secret))


@router.get(WEBHOOK, response=WebhookOut, summary="One webhook")
def webhook(request: HttpRequest, webhook_id: UUID) -> WebhookOut:
    return _out(webhook_get(actor=actor_of(request), webhook_id=webhook_id))


@router.patch(WEBHOOK, response=WebhookOut, summary="Change, pause or continue it")
def webhook_patch(request: HttpRequest, webhook_id: UUID, body: WebhookPatch) -> WebhookOut:
    actor = actor_of(request)
    row = webhook_get(actor=actor, webhook_id=webhook_id)
    return _out(webhook_change(webhook=row, url=body.url, events=body.events, paused=body.paused, actor=actor))


@router.delete(WEBHOOK, response={204: None}, summary="Remove it with its log")
def webhook_delete(request: HttpRequest, webhook_id: UUID) -> Status[None]:
    actor = actor_of(request)
    webhook_remove(webhook=webhook_get(actor=actor, webhook_id=webhook_id), actor=actor)
    return Status(204, None)


@router.post(WEBHOOK + "/secret", response=SecretMade, summary="A new secret, shown once")
def webhook_secret(request: HttpRequest, webhook_id: UUID) -> SecretMade:
    actor = actor_of(request)
    row = webhook_get(actor=actor, webhook_id=webhook_id)
    return SecretMade(secret=webhook_secret_renew(webhook=row, actor=actor))


@router.post(WEBHOOK + "/test", response=DeliveryOut, summary="Send a test now, and say how it went")
def webhook_try(request: HttpRequest, webhook_id: UUID) -> DeliveryOut:
    actor = actor_of(request)
    row = webhook_get(actor=actor, webhook_id=webhook_id)
    return _delivery(webhook_test(webhook=row, actor=actor))


@router.get(WEBHOOK + "/deliveries", response=DeliveryList, summary="What was sent, newest first")
def deliveries(
    request: HttpRequest, webhook_id: UUID, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> DeliveryList:
    row = webhook_get(actor=actor_of(request), webhook_id=webhook_id)
    page = page_of(delivery_list(webhook=row), order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return DeliveryList(items=[_delivery(one) for one in page.items], next=page.next)


@router.post(
    WEBHOOK + "/deliveries/{uuid:delivery_id}/again", response={202: DeliveryOut}, summary="Send one of them again"
)
def delivery_repeat(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> Status[DeliveryOut]:
    actor = actor_of(request)
    row = webhook_get(actor=actor, webhook_id=webhook_id)
    found = delivery_get(webhook=row, delivery_id=delivery_id)
    return Status(202, _delivery(delivery_again(delivery=found, actor=actor)))


def _out(row: Webhook) -> WebhookOut:
    return WebhookOut(
        id=row.pk,
        team=row.team.slug,
        url=row.url,
        events=row.events,
        paused=row.paused,
        created_by=row.created_by.label if row.created_by else "",
        created_at=row.created_at,
    )


def _delivery(row: WebhookDelivery) -> DeliveryOut:
    state = DeliveryState(row.state)
    return DeliveryOut(
        id=row.pk,
        event=row.event,
        state=state,
        attempts=row.attempts,
        response_code=row.response_code,
        error=row.error,
        payload=row.payload,
        created_at=row.created_at,
        next_at=row.next_at if state == DeliveryState.WAITING else None,
        finished_at=row.finished_at,
    )
