"""/registries: a team's accounts at Docker Hub and other registries. A secret goes in and never comes out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field, SecretStr

from gallery.models import RegistryAccount
from gallery.selectors.registries import account_get, accounts_visible
from gallery.services.registries import AccountInput, account_add, account_change, account_remove, account_try
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()


class RegistryIn(Schema):
    """team: slug; may be left out when the token is for one. host: "docker.io" is Docker Hub. certificates: PEM."""

    team: Annotated[str, Field(max_length=80)] = ""
    host: Annotated[str, Field(max_length=255)]
    username: Annotated[str, Field(max_length=255)] = ""
    secret: SecretStr = SecretStr("")
    certificates: Annotated[str, Field(max_length=65_536)] = ""


class RegistryPatch(Schema):
    """What is left out stays as it is."""

    username: Annotated[str, Field(max_length=255)] | None = None
    secret: SecretStr | None = None
    certificates: Annotated[str, Field(max_length=65_536)] | None = None


class RegistryOut(Schema):
    """state: untried, accepted, refused or away, with `detail` why. namespaces: those of Docker Hub it belongs to."""

    id: UUID
    team: str
    host: str
    username: str
    has_secret: bool
    has_certificates: bool
    namespaces: list[str]
    state: str
    detail: str
    checked_at: datetime | None
    created_at: datetime


class RegistryList(Schema):
    items: list[RegistryOut]
    next: str | None


@router.get("/registries", response=RegistryList, summary="Accounts at registries")
def registries(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> RegistryList:
    rows = accounts_visible(actor_of(request))
    page = page_of(rows, order=["host", "username", "id"], cursor=cursor, limit=limit)
    return RegistryList(items=[_out(row) for row in page.items], next=page.next)


@router.post("/registries", response={201: RegistryOut}, summary="Add an account; it is tried at once")
def registry_new(request: HttpRequest, body: RegistryIn) -> Status[RegistryOut]:
    actor = actor_of(request)
    given = AccountInput(body.host, body.username, body.secret.get_secret_value(), body.certificates)
    account = account_add(team=team_named(actor, body.team), given=given, actor=actor)
    account_try(account=account, actor=actor)
    return Status(201, _out(account))


@router.get("/registries/{uuid:account_id}", response=RegistryOut, summary="One account")
def registry(request: HttpRequest, account_id: UUID) -> RegistryOut:
    return _out(account_get(actor_of(request), account_id))


@router.patch("/registries/{uuid:account_id}", response=RegistryOut, summary="Another user name, secret or authority")
def registry_change(request: HttpRequest, account_id: UUID, body: RegistryPatch) -> RegistryOut:
    actor = actor_of(request)
    account = account_get(actor, account_id)
    given = AccountInput(
        account.host,
        account.username if body.username is None else body.username,
        None if body.secret is None else body.secret.get_secret_value(),
        account.certificates if body.certificates is None else body.certificates,
    )
    account_change(account=account, given=given, actor=actor)
    return _out(account)


@router.post("/registries/{uuid:account_id}/try", response=RegistryOut, summary="Sign in once and say how it went")
def registry_try(request: HttpRequest, account_id: UUID) -> RegistryOut:
    actor = actor_of(request)
    account = account_get(actor, account_id)
    account_try(account=account, actor=actor)
    return _out(account)


@router.delete("/registries/{uuid:account_id}", response={204: None}, summary="Forget an account and its secret")
def registry_delete(request: HttpRequest, account_id: UUID) -> Status[None]:
    actor = actor_of(request)
    account_remove(account=account_get(actor, account_id), actor=actor)
    return Status(204, None)


def _out(account: RegistryAccount) -> RegistryOut:
    return RegistryOut(
        id=account.pk,
        team=account.team.slug,
        host=account.host,
        username=account.username,
        has_secret=bool(account.sealed),
        has_certificates=bool(account.certificates),
        namespaces=account.namespaces,
        state=account.state,
        detail=account.detail,
        checked_at=account.checked_at,
        created_at=account.created_at,
    )
