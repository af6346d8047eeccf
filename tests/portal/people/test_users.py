"""Making users, their passwords and their sessions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.people.access import Actor, portal_actor
from portal.people.attempts import PER_USER_AND_ADDRESS
from portal.people.hashers import ModestArgon2
from portal.people.models import AuditEntry, Role, Team, User
from portal.people.services.invitations import member_invite
from portal.people.services.users import password_set, sessions_end, user_create
from portal.problems import Conflict, Invalid, NotAllowed, TooMany
from portal.settings import security
from tests.people import PASSWORD

ActorOf = Callable[[User], Actor]
GOOD = "a quiet harbour at dawn"


def test_a_new_user_has_no_password(db: None) -> None:
    user = user_create(username=" mara ", name="Mara Holm", email="m@example.org", actor=portal_actor())
    assert (user.username, user.label, user.has_usable_password()) == ("mara", "Mara Holm", False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "mara", "email": "nonsense"}, "email"),
        ({"username": "mara", "name": "x" * 151}, "name"),
    ],
)
def test_what_makes_no_user_is_named_by_field(db: None, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as problem:
        user_create(**fields, actor=portal_actor())
    assert list(problem.value.fields) == [field]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["viewer", "VIEWER", " Viewer "])
def test_names_differ_in_more_than_their_case(viewer: User, name: str) -> None:
    with pytest.raises(Conflict) as problem:
        user_create(username=name, actor=portal_actor())
    assert problem.value.code == "user-exists"


def test_a_team_admin_makes_users_but_no_administrators(
    team: Team, other_team: Team, admin: User, actor_of_user: ActorOf
) -> None:
    actor = actor_of_user(admin)
    assert user_create(username="mara", team=team, actor=actor).username == "mara"
    refused: list[dict[str, Any]] = [{"team": team, "superuser": True}, {"team": other_team}, {}]
    for more in refused:
        with pytest.raises(NotAllowed):
            user_create(username="boss", actor=actor, **more)


def test_inviting_makes_the_user_the_member_and_the_link(team: Team, admin: User, actor_of_user: ActorOf) -> None:
    membership, secret = member_invite(
        team=team, username="mara", name="Mara Holm", role="deployer", actor=actor_of_user(admin)
    )
    assert (membership.user.label, membership.role) == ("Mara Holm", Role.DEPLOYER)
    assert len(secret) >= 40


def test_inviting_somebody_known_gives_no_link(team: Team, admin: User, stranger: User, actor_of_user: ActorOf) -> None:
    membership, secret = member_invite(team=team, username="stranger", role="viewer", actor=actor_of_user(admin))
    assert (membership.user, secret) == (stranger, "")


def test_a_failed_invitation_leaves_nothing(team: Team, admin: User, actor_of_user: ActorOf) -> None:
    with pytest.raises(Invalid):
        member_invite(team=team, username="mara", role="king", actor=actor_of_user(admin))
    assert not User.objects.filter(username="mara").exists()


def test_a_password_is_changed_with_the_present_one(viewer: User, actor_of_user: ActorOf) -> None:
    password_set(user=viewer, password=GOOD, current=PASSWORD, actor=actor_of_user(viewer))
    assert User.objects.get(pk=viewer.pk).check_password(GOOD)


@pytest.mark.parametrize("current", [None, "", "wrong"])
def test_without_the_present_password_nothing_changes(
    viewer: User, current: str | None, actor_of_user: ActorOf
) -> None:
    with pytest.raises(Invalid) as problem:
        password_set(user=viewer, password=GOOD, current=current, actor=actor_of_user(viewer))
    assert "current" in problem.value.fields
    assert AuditEntry.objects.get().result == "failed"
    assert User.objects.get(pk=viewer.pk).check_password(PASSWORD)


def test_the_present_password_cannot_be_guessed_for_ever(viewer: User, actor_of_user: ActorOf) -> None:
    for _ in range(PER_USER_AND_ADDRESS):
        with pytest.raises(Invalid):
            password_set(user=viewer, password=GOOD, current="wrong", actor=actor_of_user(viewer))
    with pytest.raises(TooMany):
        password_set(user=viewer, password=GOOD, current=PASSWORD, actor=actor_of_user(viewer))


def test_a_first_password_needs_no_present_one(viewer: User, actor_of_user: ActorOf) -> None:
    viewer.set_unusable_password()
    password_set(user=viewer, password=GOOD, actor=actor_of_user(viewer))
    assert viewer.check_password(GOOD)


@pytest.mark.parametrize("weak", ["short", "password123", "viewer"])
def test_a_weak_password_is_refused_with_the_reason(viewer: User, weak: str, actor_of_user: ActorOf) -> None:
    with pytest.raises(Invalid) as problem:
        password_set(user=viewer, password=weak, current=PASSWORD, actor=actor_of_user(viewer))
    assert problem.value.fields["password"]


def test_nobody_sets_anothers_password_and_no_token_does(
    team: Team, viewer: User, admin: User, superuser: User, actor_of_user: ActorOf
) -> None:
    scripted = Actor(user=viewer, label="viewer", roles={team.pk: Role.VIEWER}, token_id=1)
    for actor in (actor_of_user(admin), actor_of_user(superuser), scripted):
        with pytest.raises(NotAllowed):
            password_set(user=viewer, password=GOOD, current=PASSWORD, actor=actor)
        with pytest.raises(NotAllowed):
            sessions_end(user=viewer, actor=actor)


def test_ending_sessions_ends_every_one(viewer: User, actor_of_user: ActorOf) -> None:
    one, two = Client(), Client()
    for client in (one, two):
        client.force_login(viewer)
        assert client.get("/account/").status_code == 200
    sessions_end(user=viewer, actor=actor_of_user(viewer))
    assert [client.get("/account/").status_code for client in (one, two)] == [302, 302]


def test_passwords_are_hashed_by_argon2_at_a_modest_cost() -> None:
    hasher = ModestArgon2()
    encoded = hasher.encode(GOOD, hasher.salt())
    assert encoded.startswith("argon2$argon2id$")
    assert "m=19456,t=2,p=1" in encoded
    assert hasher.verify(GOOD, encoded)
    assert not hasher.verify(PASSWORD, encoded)


def test_the_site_uses_that_hasher() -> None:
    assert security.PASSWORD_HASHERS[0] == "portal.people.hashers.ModestArgon2"
