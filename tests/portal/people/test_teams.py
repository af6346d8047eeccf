"""Making teams; adding, changing and removing members."""

from collections.abc import Callable

import pytest

from portal.people.access import Actor
from portal.people.models import ApiToken, Membership, Role, Team, User
from portal.people.selectors.teams import member_get, members_of, team_get, teams_visible
from portal.people.services.teams import member_add, member_remove, member_role_change, team_create
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.people import make_token, make_user

ActorOf = Callable[[User], Actor]


def test_an_administrator_makes_a_team_and_is_its_admin(superuser: User, actor_of_user: ActorOf) -> None:
    team = team_create(name="  Night   shift ", actor=actor_of_user(superuser))
    assert (team.name, team.slug) == ("Night shift", "night-shift")
    assert Membership.objects.get(team=team).user == superuser


def test_a_team_admin_makes_no_team(admin: User, actor_of_user: ActorOf) -> None:
    with pytest.raises(NotAllowed):
        team_create(name="Night shift", actor=actor_of_user(admin))


@pytest.mark.parametrize("name", ["Harbour", " harbour ", "HARBOUR!"])
def test_a_taken_name_is_refused_beside_the_field(
    name: str, team: Team, superuser: User, actor_of_user: ActorOf
) -> None:
    with pytest.raises(Conflict) as problem:
        team_create(name=name, actor=actor_of_user(superuser))
    assert (problem.value.code, list(problem.value.fields)) == ("team-exists", ["name"])


@pytest.mark.parametrize("name", ["", "   ", "!!!", "x" * 81])
def test_a_name_that_makes_no_address_is_refused(name: str, superuser: User, actor_of_user: ActorOf) -> None:
    with pytest.raises(Invalid) as problem:
        team_create(name=name, actor=actor_of_user(superuser))
    assert "name" in problem.value.fields


def test_an_admin_adds_a_member(team: Team, admin: User, actor_of_user: ActorOf) -> None:
    added = member_add(team=team, user=make_user("mara"), role="deployer", actor=actor_of_user(admin))
    assert str(added) == "mara is deployer of Harbour"


def test_a_member_is_not_added_twice(team: Team, admin: User, viewer: User, actor_of_user: ActorOf) -> None:
    with pytest.raises(Conflict) as problem:
        member_add(team=team, user=viewer, role="deployer", actor=actor_of_user(admin))
    assert problem.value.code == "member-exists"
    assert Membership.objects.get(user=viewer).role == Role.VIEWER


def test_a_role_that_does_not_exist_is_named_with_those_that_do(
    team: Team, admin: User, viewer: User, actor_of_user: ActorOf
) -> None:
    with pytest.raises(Invalid) as problem:
        member_role_change(team=team, user=viewer, role="king", actor=actor_of_user(admin))
    assert "viewer, deployer, admin" in problem.value.fields["role"][0]


def test_a_role_is_changed(team: Team, admin: User, viewer: User, actor_of_user: ActorOf) -> None:
    member_role_change(team=team, user=viewer, role="deployer", actor=actor_of_user(admin))
    assert Membership.objects.get(user=viewer).role == Role.DEPLOYER


def test_somebody_elses_member_is_not_found(team: Team, admin: User, stranger: User, actor_of_user: ActorOf) -> None:
    for change in (
        lambda: member_role_change(team=team, user=stranger, role="viewer", actor=actor_of_user(admin)),
        lambda: member_remove(team=team, user=stranger, actor=actor_of_user(admin)),
    ):
        with pytest.raises(NotFound):
            change()


def test_removing_a_member_ends_their_tokens_there_and_only_there(
    team: Team, other_team: Team, admin: User, viewer: User, actor_of_user: ActorOf
) -> None:
    Membership.objects.create(user=viewer, team=other_team, role=Role.VIEWER)
    make_token(viewer, team, Role.VIEWER)
    make_token(viewer, other_team, Role.VIEWER)
    member_remove(team=team, user=viewer, actor=actor_of_user(admin))
    assert ApiToken.objects.get(team=team).revoked_at is not None
    assert ApiToken.objects.get(team=other_team).revoked_at is None


def test_a_member_may_leave(team: Team, viewer: User, actor_of_user: ActorOf) -> None:
    member_remove(team=team, user=viewer, actor=actor_of_user(viewer))
    assert not Membership.objects.filter(user=viewer).exists()


def test_a_token_cannot_take_its_owner_out(team: Team, viewer: User) -> None:
    scripted = Actor(user=viewer, label="viewer", roles={team.pk: Role.VIEWER}, token_id=1)
    with pytest.raises(NotAllowed):
        member_remove(team=team, user=viewer, actor=scripted)


def test_everybody_sees_their_own_teams(
    team: Team, other_team: Team, viewer: User, superuser: User, actor_of_user: ActorOf
) -> None:
    assert list(teams_visible(actor_of_user(viewer))) == [team]
    assert list(teams_visible(actor_of_user(superuser))) == [team, other_team]
    assert team_get(actor_of_user(viewer), "harbour") == team
    for slug in ("lighthouse", "no-such"):
        with pytest.raises(NotFound):
            team_get(actor_of_user(viewer), slug)


def test_members_see_each_other(team: Team, admin: User, viewer: User, stranger: User, actor_of_user: ActorOf) -> None:
    assert [row.user.username for row in members_of(actor_of_user(viewer), team)] == ["admin", "viewer"]
    assert member_get(actor_of_user(viewer), team, "admin").role == Role.ADMIN
    with pytest.raises(NotFound):
        members_of(actor_of_user(stranger), team)
    with pytest.raises(NotFound):
        member_get(actor_of_user(viewer), team, "stranger")
