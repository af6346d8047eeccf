"""/applications/{id}/hook: the webhook of an application; /hooks/{id}: where registries and git servers call."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hosts.api.applications import APPLICATION
from hosts.models import ApplicationHook, HookDelivery
from hosts.models.hooks import HookState
from hosts.problems import BodyTooLarge
from hosts.selectors.applications import application_get
from hosts.selectors.hooks import hook_delivery_list, hook_get, hook_path
from hosts.services.hook_deliveries import MAX_BODY, hook_receive
from hosts.services.hooks import hook_make, hook_remove, hook_secret_renew
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.access import Permission
from portal.people.requests import actor_of, peer_address

router = Router()
HOOK = APPLICATION + "/hook"
CALL = "/hooks/{uuid:hook_id}"


class HookOut(Schema):
    """url: where to call with a signature, or with the secret in a header."""

    id: UUID
    url: str
    created_by: str
    created_at: datetime


class HookMade(HookOut):
    """secret: signs calls. secret_url: for who cannot sign, as Docker Hub. Both are told once."""

    secret: str
    secret_url: str


class HookCallOut(Schema):
    """sender: docker-hub, registry, github, gitlab, gitea or plain. state: waiting, done, ignored or failed.

    wish: what was asked for. detail: what was done about it.
    """

    id: UUID
    sender: str
    state: HookState
    detail: str
    wish: dict[str, Any]
    address: str
    at: datetime


class HookCallList(Schema):
    items: list[HookCallOut]
    next: str | None


class HookTaken(Schema):
    """id: of the call in the webhook's log; None when there is nothing to do."""

    id: UUID | None
    state: HookState


@router.get(HOOK, response=HookOut, summary="The webhook of an application")
def hook(request: HttpRequest, application_id: UUID) -> HookOut:
    return HookOut(**_fields(request, _hook(request, application_id)))


@router.post(HOOK, response={201: HookMade}, summary="Make it; its secret is shown once")
def hook_new(request: HttpRequest, application_id: UUID) -> Status[HookMade]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    row, secret = hook_make(application=application, actor=actor)
    return Status(201, _made(request, row, secret))


@router.post(HOOK + "/secret", response=HookMade, summary="A new secret, shown once; the old one is unknown at once")
def hook_secret(request: HttpRequest, application_id: UUID) -> HookMade:
    row = _hook(request, application_id)
    return _made(request, row, hook_secret_renew(hook=row, actor=actor_of(request)))


@router.delete(HOOK, response={204: None}, summary="Remove it with its log")
def hook_delete(request: HttpRequest, application_id: UUID) -> Status[None]:
    hook_remove(hook=_hook(request, application_id), actor=actor_of(request))
    return Status(204, None)


@router.get(HOOK + "/calls", response=HookCallList, summary="The calls that asked for something, newest first")
def hook_calls(
    request: HttpRequest, application_id: UUID, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> HookCallList:
    rows = hook_delivery_list(hook=_hook(request, application_id))
    page = page_of(rows, order=["-at", "-id"], cursor=cursor, limit=limit)
    return HookCallList(items=[_call(row) for row in page.items], next=page.next)


@router.post(CALL + "/{secret}", auth=None, response={202: HookTaken}, summary="A call with the secret in its address")
def hook_called(request: HttpRequest, hook_id: UUID, secret: str) -> Status[HookTaken]:
    return _received(request, hook_id, secret)


@router.post(CALL, auth=None, response={202: HookTaken}, summary="A call that is signed, or has the secret in a header")
def hook_called_signed(request: HttpRequest, hook_id: UUID) -> Status[HookTaken]:
    return _received(request, hook_id, "")


def _received(request: HttpRequest, hook_id: UUID, secret: str) -> Status[HookTaken]:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise BodyTooLarge(f"Send at most {MAX_BODY} bytes.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    row = hook_receive(hook_id=hook_id, given=secret, headers=headers, body=request.body, address=peer_address(request))
    if row is None:
        return Status(202, HookTaken(id=None, state=HookState.IGNORED))
    return Status(202, HookTaken(id=row.pk, state=HookState(row.state)))


def _hook(request: HttpRequest, application_id: UUID) -> ApplicationHook:
    """For those who deploy: what calls say is not for every viewer."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    return hook_get(application=application)


def _fields(request: HttpRequest, row: ApplicationHook) -> dict[str, Any]:
    return {
        "id": row.pk,
        "url": request.build_absolute_uri(hook_path(row)),
        "created_by": row.created_by.label if row.created_by else "",
        "created_at": row.created_at,
    }


def _made(request: HttpRequest, row: ApplicationHook, secret: str) -> HookMade:
    return HookMade(
        **_fields(request, row), secret=secret, secret_url=request.build_absolute_uri(hook_path(row, secret))
    )


def _call(row: HookDelivery) -> HookCallOut:
    return HookCallOut(
        id=row.pk,
        sender=row.sender,
        state=HookState(row.state),
        detail=row.detail,
        wish=row.wish,
        address=row.address,
        at=row.at,
    )
