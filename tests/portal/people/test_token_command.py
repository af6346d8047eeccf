"""`manage.py token_create`: a token on standard output and nothing else."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.people.models import ApiToken, AuditEntry, Membership, Role, Team, User
from portal.people.services.tokens import token_use


def run(**options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("token_create", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_makes_the_user_and_the_team(db: None) -> None:
    out, _err = run(user="ci", team="Night shift", role="deployer")
    secret = out.removesuffix("\n")
    assert secret.startswith("ph_")
    assert secret == secret.strip()
    actor = token_use(secret=secret)
    assert actor.user == User.objects.get(username="ci")
    assert actor.roles == {Team.objects.get(name="Night shift").pk: Role.DEPLOYER}
    assert actor.user is not None
    assert actor.user.has_usable_password() is False
    assert actor.user.is_superuser is False


@pytest.mark.parametrize("name", ["Harbour", "harbour"])
def test_it_takes_those_that_exist(deployer: User, team: Team, name: str) -> None:
    out, err = run(user="deployer", team=name, role="viewer")
    assert token_use(secret=out.strip()).roles == {team.pk: Role.VIEWER}
    assert Membership.objects.get(user=deployer).role == Role.DEPLOYER
    assert (Team.objects.count(), User.objects.count(), err) == (1, 1, "")


def test_the_same_call_twice_gives_two_tokens(db: None) -> None:
    first, second = (run(user="ci", team="Night shift", role="admin")[0] for _ in range(2))
    assert first != second
    assert (User.objects.count(), Team.objects.count(), ApiToken.objects.count()) == (1, 1, 2)


def test_it_lets_a_member_rise_and_says_so_beside_the_output(viewer: User, team: Team) -> None:
    out, err = run(user="viewer", team="harbour", role="admin")
    assert token_use(secret=out.strip()).roles == {team.pk: Role.ADMIN}
    assert "viewer is now admin of Harbour" in err


def test_an_administrator_of_the_portal_needs_no_membership(superuser: User, team: Team) -> None:
    out, _err = run(user="superuser", team="harbour", role="admin")
    assert token_use(secret=out.strip()).roles == {team.pk: Role.ADMIN}
    assert not Membership.objects.exists()


def test_a_role_that_does_not_exist_fails_and_makes_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="viewer, deployer, admin"):
        run(user="ci", team="Night shift", role="king")
    assert not User.objects.exists()
    assert not Team.objects.exists()


@pytest.mark.parametrize(("user", "team"), [("two words", "Night shift"), ("ci", "!!!")])
def test_a_name_that_cannot_be_fails_and_makes_nothing(db: None, user: str, team: str) -> None:
    with pytest.raises(CommandError):
        run(user=user, team=team, role="viewer")
    assert not User.objects.exists()
    assert not Team.objects.exists()
    assert not AuditEntry.objects.exists()


def test_every_option_is_needed(db: None) -> None:
    with pytest.raises(CommandError, match="--role"):
        call_command("token_create", "--user", "ci", "--team", "x")


def test_what_it_made_is_in_the_audit(db: None) -> None:
    run(user="ci", team="Night shift", role="viewer")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["user.create", "team.create", "member.add", "token.create"]
    assert set(AuditEntry.objects.values_list("actor_label", flat=True)) == {"manage.py token_create"}
