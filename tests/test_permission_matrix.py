"""Every address and every API operation has a row that says who may ask for it, and each row is true."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from portal.api.root import api
from portal.people.models import Team, User
from tests import permissions
from tests.people import ApiClient
from tests.permissions import PEOPLE, Prepare, Row, World

ROOMS = sorted(info.name for info in iter_modules(permissions.__path__))
MODULES = {name: import_module(f"tests.permissions.{name}") for name in ROOMS}
ROWS: list[Row] = [row for module in MODULES.values() for row in module.ROWS]
EXAMPLES: dict[str, str] = {"team": "harbour", "other_team": "lighthouse"}
for _module in MODULES.values():
    EXAMPLES.update(getattr(_module, "NAMES", {}))


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every route of the resolver, as Django writes it."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def covered() -> set[tuple[str, str]]:
    """(route, method) of every row; names in braces are replaced by the examples of the rooms."""
    found = set()
    for row in ROWS:
        path = row.path.split("?")[0].format_map(EXAMPLES)
        found.add((resolve(path).route, row.method))
    return found


def test_every_address_has_a_row() -> None:
    known = {route for route, _method in covered()}
    missing = sorted(set(routes(get_resolver().url_patterns)) - known)
    assert not missing, "add rows to tests/permissions/<room>.py (docs/permissions.md says how)"


def test_every_api_operation_has_a_row() -> None:
    known = covered()
    schema = api.get_openapi_schema()
    missing = []
    for path, methods in schema["paths"].items():
        for method in methods:
            if not any(m == method.upper() and _same(route, path) for route, m in known):
                missing.append(f"{method.upper()} {path}")
    assert not missing, "add rows to tests/permissions/<room>.py (docs/permissions.md says how)"


def _same(route: str, path: str) -> bool:
    """Whether a Django route and an OpenAPI path are the same: parameters compare by position."""
    ours, theirs = f"/{route}".split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        a == b or (a.startswith("<") and b.startswith("{")) for a, b in zip(ours, theirs, strict=True)
    )


@pytest.fixture
def world(team: Team, other_team: Team, viewer: User, deployer: User, admin: User, stranger: User) -> World:
    people = {"viewer": viewer, "deployer": deployer, "admin": admin, "stranger": stranger}
    made = World(team=team, other_team=other_team, people=people)
    made.made.update(team=team.slug, other_team=other_team.slug)
    for module in MODULES.values():
        prepare: Prepare | None = getattr(module, "prepare", None)
        if prepare is not None:
            given = prepare(made)
            assert set(given) <= set(EXAMPLES), "every name that prepare() gives needs an example in NAMES"
            made.made.update(given)
    return made


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Row, world: World, api_of: Callable[[User | None], ApiClient]) -> None:
    """Each person asks in a world of their own: what one did is taken back before the next asks."""
    got = {}
    for person in PEOPLE:
        with transaction.atomic():
            got[person] = ask(row, world, world.people.get(person), api_of)
            transaction.set_rollback(True)
    wrong = {person: (status, row.expected()[person]) for person, status in got.items()}
    wrong = {person: pair for person, pair in wrong.items() if pair[0] not in pair[1]}
    assert not wrong, f"{row}: person: (got, expected)"


def ask(row: Row, world: World, user: User | None, api_of: Callable[[User | None], ApiClient]) -> int:
    path = row.path.format_map(world.made)
    body = _filled(row.body, world.made)
    if row.path.startswith("/api/"):
        return api_of(user).call(row.method, path, body).status_code
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    if row.method == "POST":
        return client.post(path, body or {}).status_code
    return client.generic(row.method, path).status_code


def _filled(value: Any, names: dict[str, str]) -> Any:
    """`value` with every {name} replaced."""
    text = json.dumps(value)
    for name, text_of_it in names.items():
        text = text.replace("{" + name + "}", text_of_it)
    return json.loads(text)
