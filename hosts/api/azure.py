"""/azure: subscriptions, and machines in them that become hosts."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from hosts.azure.templates import Wish
from hosts.azure.types import Account, Cloud, CredentialKind
from hosts.models import AzureBatch, AzureSubscription
from hosts.selectors.azure import batch_get, batch_list, subscription_get, subscription_list
from hosts.services.azure_batches import batch_create, batch_delete, batch_start
from hosts.services.azure_subscriptions import subscription_connect, subscription_forget
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()


class SubscriptionIn(Schema):
    """secret: a client secret, or certificate and key as PEM; kept sealed and never given out again."""

    team: str | None = None
    subscription_id: str
    kind: CredentialKind = CredentialKind.SECRET
    tenant_id: str = ""
    client_id: str = ""
    secret: str = Field("", max_length=20_000)
    cloud: Cloud = Cloud.PUBLIC


class SubscriptionOut(Schema):
    """problem: why the portal cannot sign in; empty when it could at `checked_at`."""

    id: UUID
    team: str
    subscription_id: str
    display_name: str
    kind: str
    cloud: str
    problem: str
    checked_at: datetime | None


class SubscriptionList(Schema):
    items: list[SubscriptionOut]
    next: str | None


class MachinesIn(Schema):
    """Machines to make. image: ubuntu-24.04, ubuntu-22.04, windows-2022 or windows-2025."""

    subscription: UUID
    name: str
    region: str
    image: str = "ubuntu-24.04"
    size: str = "Standard_B2s"
    count: int = 1
    zones: list[str] = []
    spot: bool = False
    disk_gib: int = 64
    labels: dict[str, str] = {}


class ChangeOut(Schema):
    kind: str
    type: str
    name: str


class MachineOut(Schema):
    name: str
    power: str
    seen_at: datetime


class BatchOut(Schema):
    """state: planning, planned, deploying, enrolling, ready, failed, deleting or deleted. changes: Azure's what-if."""

    id: UUID
    team: str
    subscription: UUID
    name: str
    region: str
    image: str
    size: str
    count: int
    state: str
    error: str
    advice: str
    resource_group: str
    changes: list[ChangeOut]
    machines: list[MachineOut]
    hosts: list[UUID]
    created_at: datetime
    finished_at: datetime | None


class BatchList(Schema):
    items: list[BatchOut]
    next: str | None


def subscription_out(row: AzureSubscription) -> SubscriptionOut:
    return SubscriptionOut(
        id=row.pk,
        team=row.team.slug,
        subscription_id=row.subscription_id,
        display_name=row.display_name,
        kind=row.kind,
        cloud=row.cloud,
        problem=row.problem,
        checked_at=row.checked_at,
    )


def batch_out(row: AzureBatch) -> BatchOut:
    return BatchOut(
        id=row.pk,
        team=row.team.slug,
        subscription=row.subscription_id,
        name=row.name,
        region=row.region,
        image=row.image,
        size=row.size,
        count=row.count,
        state=row.state,
        error=row.error,
        advice=row.advice,
        resource_group=row.group,
        changes=[ChangeOut(kind=one["kind"], type=one["type"], name=one["name"]) for one in row.changes],
        machines=[MachineOut(name=one.name, power=one.power, seen_at=one.seen_at) for one in row.machines.all()],
        hosts=list(row.hosts.values_list("pk", flat=True)),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


@router.get("/azure/subscriptions", response=SubscriptionList, summary="Connected Azure subscriptions")
def subscriptions(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> SubscriptionList:
    page = page_of(subscription_list(actor=actor_of(request)), order=["created_at", "id"], cursor=cursor, limit=limit)
    return SubscriptionList(items=[subscription_out(row) for row in page.items], next=page.next)


@router.post("/azure/subscriptions", response={201: SubscriptionOut}, summary="Connect an Azure subscription")
def subscription_new(request: HttpRequest, body: SubscriptionIn) -> Status[SubscriptionOut]:
    actor = actor_of(request)
    account = Account(
        subscription_id=body.subscription_id,
        kind=body.kind,
        tenant_id=body.tenant_id,
        client_id=body.client_id,
        secret=body.secret,
        cloud=body.cloud,
    )
    row = subscription_connect(team=team_named(actor, body.team), actor=actor, account=account)
    return Status(201, subscription_out(row))


@router.delete("/azure/subscriptions/{uuid:subscription_id}", response={204: None}, summary="Forget a subscription")
def subscription_delete(request: HttpRequest, subscription_id: UUID) -> Status[None]:
    actor = actor_of(request)
    subscription_forget(subscription=subscription_get(actor=actor, subscription_id=subscription_id), actor=actor)
    return Status(204, None)


@router.get("/azure/machines", response=BatchList, summary="Batches of machines, newest first")
def batches(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> BatchList:
    rows = batch_list(actor=actor_of(request)).prefetch_related("machines")
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return BatchList(items=[batch_out(row) for row in page.items], next=page.next)


@router.post("/azure/machines", response={202: BatchOut}, summary="Ask Azure what making these machines would change")
def batch_new(request: HttpRequest, body: MachinesIn) -> Status[BatchOut]:
    actor = actor_of(request)
    wish = Wish(
        name=body.name,
        region=body.region,
        image=body.image,
        size=body.size,
        count=body.count,
        zones=tuple(body.zones),
        spot=body.spot,
        disk_gib=body.disk_gib,
    )
    subscription = subscription_get(actor=actor, subscription_id=body.subscription)
    return Status(202, batch_out(batch_create(subscription=subscription, wish=wish, labels=body.labels, actor=actor)))


@router.get("/azure/machines/{uuid:batch_id}", response=BatchOut, summary="One batch of machines")
def batch(request: HttpRequest, batch_id: UUID) -> BatchOut:
    return batch_out(batch_get(actor=actor_of(request), batch_id=batch_id))


@router.post("/azure/machines/{uuid:batch_id}/deploy", response={202: BatchOut}, summary="Make the machines")
def batch_deploy(request: HttpRequest, batch_id: UUID) -> Status[BatchOut]:
    actor = actor_of(request)
    return Status(202, batch_out(batch_start(batch=batch_get(actor=actor, batch_id=batch_id), actor=actor)))


@router.delete("/azure/machines/{uuid:batch_id}", response={202: BatchOut}, summary="Delete everything of a batch")
def batch_remove(request: HttpRequest, batch_id: UUID) -> Status[BatchOut]:
    actor = actor_of(request)
    return Status(202, batch_out(batch_delete(batch=batch_get(actor=actor, batch_id=batch_id), actor=actor)))
