"""/teams, their members, and /me."""

from django.http import HttpRequest
from ninja import Router, Status

from portal.paging import DEFAULT_LIMIT, Limit, page_of

from ..access import Actor
from ..models import Membership, Role, Team
from ..requests import actor_of
from ..selectors.teams import member_get, members_of, team_get, teams_visible
from ..services.invitations import member_invite
from ..services.teams import member_remove, member_role_change, team_create
from .schemas import MemberIn, MemberList, MemberOut, MeOut, MyTeam, RoleIn, TeamIn, TeamList, TeamOut

router = Router()


@router.get("/me", response=MeOut, summary="Who the token stands for")
def me(request: HttpRequest) -> MeOut:
    actor = actor_of(request)
    user = actor.user
    assert user is not None  # noqa: S101 - every token has an owner
    teams = [MyTeam(slug=team.slug, name=team.name, role=_role(actor, team)) for team in teams_visible(actor)]
    return MeOut(username=user.username, name=user.label, superuser=user.is_superuser, teams=teams)


@router.get("/teams", response=TeamList, summary="The teams of the token's owner that the token may see")
def teams(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> TeamList:
    actor = actor_of(request)
    page = page_of(teams_visible(actor), order=["name", "id"], cursor=cursor, limit=limit)
    return TeamList(items=[_team(actor, team) for team in page.items], next=page.next)


@router.post("/teams", response={201: TeamOut}, summary="Make a team")
def team_new(request: HttpRequest, body: TeamIn) -> Status[TeamOut]:
    actor = actor_of(request)
    return Status(201, _team(actor, team_create(name=body.name, actor=actor)))


@router.get("/teams/{slug}", response=TeamOut, summary="One team")
def team(request: HttpRequest, slug: str) -> TeamOut:
    actor = actor_of(request)
    return _team(actor, team_get(actor, slug))


@router.get("/teams/{slug}/members", response=MemberList, summary="The members of a team")
def members(request: HttpRequest, slug: str, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> MemberList:
    actor = actor_of(request)
    rows = members_of(actor, team_get(actor, slug))
    page = page_of(rows, order=["user__username"], cursor=cursor, limit=limit)
    return MemberList(items=[_member(row) for row in page.items], next=page.next)


@router.post("/teams/{slug}/members", response={201: MemberOut}, summary="Add a member; makes the user when absent")
def member_new(request: HttpRequest, slug: str, body: MemberIn) -> Status[MemberOut]:
    actor = actor_of(request)
    membership, _secret = member_invite(
        team=team_get(actor, slug), username=body.username, name=body.name, role=body.role, actor=actor
    )
    return Status(201, _member(membership))


@router.patch("/teams/{slug}/members/{username}", response=MemberOut, summary="Change a member's role")
def member_change(request: HttpRequest, slug: str, username: str, body: RoleIn) -> MemberOut:
    actor = actor_of(request)
    found = team_get(actor, slug)
    return _member(
        member_role_change(team=found, user=member_get(actor, found, username).user, role=body.role, actor=actor)
    )


@router.delete("/teams/{slug}/members/{username}", response={204: None}, summary="Remove a member")
def member_delete(request: HttpRequest, slug: str, username: str) -> Status[None]:
    actor = actor_of(request)
    found = team_get(actor, slug)
    member_remove(team=found, user=member_get(actor, found, username).user, actor=actor)
    return Status(204, None)


def _role(actor: Actor, team: Team) -> Role:
    return actor.role_in(team.pk) or Role.VIEWER


def _team(actor: Actor, team: Team) -> TeamOut:
    members = getattr(team, "members", None)
    return TeamOut(
        id=team.pk,
        name=team.name,
        slug=team.slug,
        members=team.memberships.count() if members is None else members,
        role=_role(actor, team),
        created_at=team.created_at,
    )


def _member(row: Membership) -> MemberOut:
    return MemberOut(username=row.user.username, name=row.user.label, role=Role(row.role), since=row.created_at)
