"""/tokens. A token is made by a person on the account page; scripts can list and revoke."""

from django.http import HttpRequest
from ninja import Router, Status

from portal.paging import DEFAULT_LIMIT, Limit, page_of

from ..models import ApiToken, Role
from ..requests import actor_of
from ..selectors.teams import team_get
from ..selectors.tokens import token_get, tokens_visible
from ..services.tokens import token_revoke
from .schemas import TokenList, TokenOut

router = Router()


@router.get("/tokens", response=TokenList, summary="One's own tokens; with ?team= every token of a managed team")
def tokens(
    request: HttpRequest,
    team: str | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> TokenList:
    actor = actor_of(request)
    rows = tokens_visible(actor, team=team_get(actor, team) if team else None)
    page = page_of(rows, order=["-id"], cursor=cursor, limit=limit)
    return TokenList(items=[_token(row) for row in page.items], next=page.next)


@router.delete("/tokens/{int:token_id}", response={204: None}, summary="Revoke a token")
def token_delete(request: HttpRequest, token_id: int) -> Status[None]:
    actor = actor_of(request)
    token_revoke(token=token_get(actor, token_id), actor=actor)
    return Status(204, None)


def _token(row: ApiToken) -> TokenOut:
    return TokenOut(
        id=row.pk,
        name=row.name,
        prefix=row.prefix,
        user=row.user.username,
        team=row.team.slug,
        role=Role(row.role),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
