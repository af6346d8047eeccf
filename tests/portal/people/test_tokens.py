"""API tokens: made, used, weakened, ended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.people.access import Actor, portal_actor
from portal.people.models import ApiToken, Membership, Role, Team, User
from portal.people.selectors.tokens import token_get, tokens_visible
from portal.people.services.tokens import digest_of, token_create, token_revoke, token_use
from portal.problems import Invalid, NotAllowed, NotFound, SignInNeeded

ActorOf = Callable[[User], Actor]


def make(user: User, team: Team, role: Role = Role.VIEWER, **more: object) -> tuple[ApiToken, str]:
    return token_create(
        user=user,
        team=team,
        role=role,
        name="ci",
        actor=portal_actor(),
        **more,  # type: ignore[arg-type]
    )


def test_only_a_digest_is_kept(deployer: User, team: Team) -> None:
    token, secret = make(deployer, team, Role.DEPLOYER)
    kept = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret.startswith("ph_")
    assert len(secret) > 40
    assert kept["digest"] == digest_of(secret)
    assert kept["prefix"] == secret[:11]
    assert secret not in str(kept.values())


def test_a_token_acts_for_its_owner_in_its_team(deployer: User, team: Team, other_team: Team) -> None:
    Membership.objects.create(user=deployer, team=other_team, role=Role.ADMIN)
    token, secret = make(deployer, team, Role.DEPLOYER)
    actor = token_use(secret=secret, address="192.0.2.7")
    assert (actor.user, actor.token_id, actor.address) == (deployer, token.pk, "192.0.2.7")
    assert actor.roles == {team.pk: Role.DEPLOYER}
    assert actor.everywhere is False
    assert actor.label == "deployer (token ci)"


def test_a_token_of_an_administrator_is_admin_in_its_team_only(superuser: User, team: Team, other_team: Team) -> None:
    _token, secret = make(superuser, team, Role.ADMIN)
    actor = token_use(secret=secret)
    assert (actor.role_in(team.pk), actor.role_in(other_team.pk)) == (Role.ADMIN, None)
    assert actor.administers_portal is True


def test_a_viewer_token_of_an_administrator_makes_no_teams(superuser: User, team: Team) -> None:
    _token, secret = make(superuser, team, Role.VIEWER)
    assert token_use(secret=secret).administers_portal is False


@pytest.mark.parametrize("wanted", [Role.DEPLOYER, Role.ADMIN])
def test_a_token_never_has_more_than_its_owner(viewer: User, team: Team, wanted: Role) -> None:
    with pytest.raises(Invalid) as problem:
        make(viewer, team, wanted)
    assert "role" in problem.value.fields


def test_taking_a_role_away_weakens_the_token_at_once(deployer: User, team: Team) -> None:
    _token, secret = make(deployer, team, Role.DEPLOYER)
    Membership.objects.filter(user=deployer).update(role=Role.VIEWER)
    assert token_use(secret=secret).roles == {team.pk: Role.VIEWER}


def test_giving_a_role_does_not_strengthen_the_token(viewer: User, team: Team) -> None:
    _token, secret = make(viewer, team, Role.VIEWER)
    Membership.objects.filter(user=viewer).update(role=Role.ADMIN)
    assert token_use(secret=secret).roles == {team.pk: Role.VIEWER}


def refused(secret: str) -> str:
    with pytest.raises(SignInNeeded) as problem:
        token_use(secret=secret)
    return problem.value.code


@pytest.mark.parametrize("secret", ["ph_nonsense", "", "\x00", "ö", "\ud800", "x" * 10_000])
def test_an_unknown_token_is_refused(db: None, secret: str) -> None:
    assert refused(secret) == "token-unknown"


def test_a_token_ends_when_its_owner_leaves_or_is_shut_out(viewer: User, team: Team) -> None:
    _token, secret = make(viewer, team)
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert refused(secret) == "token-orphaned"
    User.objects.filter(pk=viewer.pk).update(is_active=True)
    Membership.objects.filter(user=viewer).delete()
    assert refused(secret) == "token-orphaned"


def test_a_token_ends_at_its_time(viewer: User, team: Team) -> None:
    token, secret = make(viewer, team, expires_at=timezone.now() + timedelta(hours=1))
    assert token_use(secret=secret).user == viewer
    assert token.expired is False
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(secret) == "token-expired"
    token.refresh_from_db()
    assert token.expired is True


def test_a_revoked_token_ends_at_once_and_for_good(viewer: User, team: Team, actor_of_user: ActorOf) -> None:
    token, secret = make(viewer, team)
    token_revoke(token=token, actor=actor_of_user(viewer))
    first = token.revoked_at
    token_revoke(token=token, actor=actor_of_user(viewer))
    assert refused(secret) == "token-revoked"
    assert token.revoked_at == first


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"role": "king"}, "role"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_what_makes_no_token_is_named_by_field(viewer: User, team: Team, fields: dict[str, object], field: str) -> None:
    usual: dict[str, object] = {"user": viewer, "team": team, "role": "viewer", "name": "ci"}
    with pytest.raises(Invalid) as problem:
        token_create(**(usual | fields), actor=portal_actor())  # type: ignore[arg-type]
    assert list(problem.value.fields) == [field]


def test_there_is_an_end_to_tokens(viewer: User, team: Team) -> None:
    ApiToken.objects.bulk_create(
        ApiToken(user=viewer, team=team, role="viewer", name="ci", prefix="ph_", digest=str(number))
        for number in range(100)
    )
    with pytest.raises(Invalid):
        make(viewer, team)


def test_a_token_makes_no_tokens(viewer: User, team: Team) -> None:
    _token, secret = make(viewer, team)
    with pytest.raises(NotAllowed):
        token_create(user=viewer, team=team, role="viewer", name="child", actor=token_use(secret=secret))


def test_nobody_makes_tokens_for_another(viewer: User, admin: User, team: Team, actor_of_user: ActorOf) -> None:
    with pytest.raises(NotAllowed):
        token_create(user=viewer, team=team, role="viewer", name="ci", actor=actor_of_user(admin))


def test_no_token_for_a_team_one_is_not_in(viewer: User, other_team: Team) -> None:
    with pytest.raises(NotFound):
        make(viewer, other_team)


def test_use_is_noted_at_most_once_a_minute(viewer: User, team: Team) -> None:
    token, secret = make(viewer, team)
    token_use(secret=secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    token_use(secret=secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    token_use(secret=secret)
    token.refresh_from_db()
    assert token.last_used_at > first - timedelta(minutes=2)


def test_a_use_costs_two_reads_once_it_is_noted(viewer: User, team: Team, django_assert_num_queries: Any) -> None:
    _token, secret = make(viewer, team)
    token_use(secret=secret)
    with django_assert_num_queries(2):
        token_use(secret=secret)


def test_everybody_sees_their_own_and_an_admin_those_of_the_team(
    team: Team, viewer: User, admin: User, stranger: User, actor_of_user: ActorOf
) -> None:
    token, _secret = make(viewer, team)
    assert list(tokens_visible(actor_of_user(viewer))) == [token]
    assert list(tokens_visible(actor_of_user(admin))) == []
    assert list(tokens_visible(actor_of_user(admin), team=team)) == [token]
    assert list(tokens_visible(actor_of_user(stranger), team=team)) == []
    assert token_get(actor_of_user(admin), token.pk) == token
    with pytest.raises(NotFound):
        token_get(actor_of_user(stranger), token.pk)
    token_revoke(token=token, actor=actor_of_user(admin))
    assert list(tokens_visible(actor_of_user(viewer))) == []
