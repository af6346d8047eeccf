"""Every service that writes leaves a row when it is done, and a row when it was refused."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from portal.people import services
from portal.people.access import Actor
from portal.people.models import ApiToken, AuditEntry, Role, Team, User
from portal.people.services.invitations import member_invite
from portal.people.services.sign_in import sign_in_link_create
from portal.people.services.teams import member_add, member_remove, member_role_change, team_create
from portal.people.services.tokens import token_create, token_revoke
from portal.people.services.users import password_set, sessions_end, user_create
from portal.problems import Problem
from tests.people import PASSWORD, make_token, make_user


@dataclass
class Stage:
    """What the writes act on: `newcomer` is a viewer of the team who has never signed in."""

    team: Team
    admin: User
    newcomer: User
    outsider: User
    token: ApiToken


@dataclass
class Case:
    """A service, its arguments, and the action of the row. denied: the action of the refusal when it differs."""

    service: Callable[..., Any]
    arguments: Callable[[Stage], dict[str, Any]]
    action: str
    denied: str = ""
    actor: str = "admin"


CASES = [
    Case(team_create, lambda s: {"name": "New team"}, "team.create", actor="superuser"),
    Case(member_add, lambda s: {"team": s.team, "user": s.outsider, "role": Role.VIEWER}, "member.add"),
    Case(
        member_role_change,
        lambda s: {"team": s.team, "user": s.newcomer, "role": Role.DEPLOYER},
        "member.role-change",
    ),
    Case(member_remove, lambda s: {"team": s.team, "user": s.newcomer}, "member.remove"),
    Case(member_invite, lambda s: {"team": s.team, "username": "fresh", "role": Role.VIEWER}, "member.add"),
    Case(user_create, lambda s: {"username": "fresh", "team": s.team}, "user.create"),
    Case(
        password_set,
        lambda s: {"user": s.admin, "password": "a quiet harbour at dawn", "current": PASSWORD},
        "user.password-set",
    ),
    Case(sessions_end, lambda s: {"user": s.admin}, "user.sessions-end"),
    Case(
        token_create,
        lambda s: {"user": s.admin, "team": s.team, "role": Role.VIEWER, "name": "ci"},
        "token.create",
    ),
    Case(token_revoke, lambda s: {"token": s.token}, "token.revoke"),
    Case(sign_in_link_create, lambda s: {"user": s.newcomer}, "user.sign-in-link"),
]

# Writes that nobody is refused by role: what they leave is in tests of their own.
BY_THEMSELVES = {
    "audit_record",
    "audit_denied",
    "permission_require",
    "sign_in_check",
    "sign_in_link_spend",
    "token_use",
}
READS = {"known_address", "role_parse", "role_of", "digest_of", "may_hand_over", "sign_in_link_open", "link_spent"}


@pytest.fixture
def stage(team: Team, admin: User) -> Stage:
    newcomer = make_user("newcomer", team, Role.VIEWER)
    newcomer.set_unusable_password()
    newcomer.save()
    make_token(newcomer, team, Role.VIEWER)
    return Stage(team, admin, newcomer, make_user("outsider"), newcomer.api_tokens.get())


def test_every_public_function_of_the_services_is_in_the_table() -> None:
    known = {case.service.__name__ for case in CASES} | BY_THEMSELVES | READS
    found = set()
    for info in iter_modules(services.__path__):
        module = import_module(f"{services.__name__}.{info.name}")
        for name, thing in vars(module).items():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
                found.add(name)
    assert found == known


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.service.__name__)
def test_done_leaves_a_row(case: Case, stage: Stage, superuser: User, actor_of_user: Callable[[User], Actor]) -> None:
    actor = actor_of_user(superuser if case.actor == "superuser" else stage.admin)
    case.service(**case.arguments(stage), actor=actor)
    row = AuditEntry.objects.filter(action=case.action).get()
    assert (row.result, row.actor) == ("done", actor.user)
    assert row.target_label


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.service.__name__)
@pytest.mark.parametrize("person", ["viewer", "stranger"])
def test_refused_leaves_a_row_and_changes_nothing(
    case: Case, person: str, stage: Stage, viewer: User, stranger: User, actor_of_user: Callable[[User], Actor]
) -> None:
    actor = actor_of_user(viewer if person == "viewer" else stranger)
    with pytest.raises(Problem) as refusal:
        case.service(**case.arguments(stage), actor=actor)
    assert refusal.value.status in {403, 404}
    row = AuditEntry.objects.get()
    assert (row.result, row.action, row.actor) == ("denied", case.action, actor.user)
    assert row.detail["reason"]
