"""Actors: what a role includes, what another team is, what the portal itself may."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from portal.people.access import NEEDS, Actor, Permission, actor_for_user, portal_actor
from portal.people.models import Role, Team, User
from portal.people.requests import actor_of
from portal.problems import NotAllowed, NotFound, SignInNeeded


@pytest.mark.parametrize(
    ("role", "permitted"),
    [
        (Role.VIEWER, {Permission.READ}),
        (Role.DEPLOYER, {Permission.READ, Permission.DEPLOY, Permission.OPERATE}),
        (Role.ADMIN, set(Permission)),
    ],
)
def test_a_role_includes_those_below_it(role: Role, permitted: set[Permission]) -> None:
    actor = Actor(user=None, label="x", roles={1: role})
    assert {permission for permission in Permission if actor.can(permission, 1)} == permitted


def test_every_permission_needs_a_role() -> None:
    assert set(NEEDS) == set(Permission)


def test_too_small_a_role_is_told_what_it_needs(team: Team, viewer: User) -> None:
    actor = actor_for_user(viewer)
    with pytest.raises(NotAllowed, match="needs the role Admin; you are Viewer"):
        actor.require(Permission.MANAGE_TEAM, team)


def test_another_team_does_not_exist(other_team: Team, admin: User) -> None:
    with pytest.raises(NotFound):
        actor_for_user(admin).require(Permission.READ, other_team)


def test_team_ids_say_where(team: Team, viewer: User, superuser: User) -> None:
    assert actor_for_user(viewer).team_ids() == [team.pk]
    assert actor_for_user(viewer).team_ids(Permission.DEPLOY) == []
    assert actor_for_user(superuser).team_ids(Permission.DEPLOY) is None
    assert portal_actor().team_ids() is None


def test_only_the_portals_own_administer_it(admin: User, superuser: User) -> None:
    assert portal_actor().administers_portal
    assert actor_for_user(superuser).administers_portal
    assert not actor_for_user(admin).administers_portal


def test_a_request_without_a_user_needs_signing_in(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(SignInNeeded):
        actor_of(request)


def test_a_request_is_asked_for_its_actor_once(rf: RequestFactory, viewer: User) -> None:
    request = rf.get("/")
    request.user = viewer
    assert actor_of(request) is actor_of(request)
    assert actor_of(request).address == "127.0.0.1"


def test_somebody_shut_out_is_nobody(rf: RequestFactory, viewer: User) -> None:
    request = rf.get("/")
    viewer.is_active = False
    request.user = viewer
    with pytest.raises(SignInNeeded):
        actor_of(request)
