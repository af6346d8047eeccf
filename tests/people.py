"""The people and hosts of the tests, by name. `team` is theirs; `stranger` is an admin of another team."""

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from hosts.models import Host
from portal.people.access import Actor, actor_for_user
from portal.people.models import ApiToken, Membership, Role, Team, User

PASSWORD = "correct horse battery"


def make_user(username: str, team: Team | None = None, role: Role = Role.VIEWER, *, superuser: bool = False) -> User:
    """A user with the password PASSWORD, in `team` with `role`."""
    user = User(username=username, is_superuser=superuser)
    user.set_password(PASSWORD)
    user.save()
    if team is not None:
        Membership.objects.create(user=user, team=team, role=role)
    return user


@pytest.fixture
def team(db: None) -> Team:
    """The team of admin, deployer and viewer."""
    return Team.objects.create(name="Harbour", slug="harbour")


@pytest.fixture
def other_team(db: None) -> Team:
    """The team of the stranger."""
    return Team.objects.create(name="Lighthouse", slug="lighthouse")


@pytest.fixture
def admin(team: Team) -> User:
    return make_user("admin", team, Role.ADMIN)


@pytest.fixture
def deployer(team: Team) -> User:
    return make_user("deployer", team, Role.DEPLOYER)


@pytest.fixture
def viewer(team: Team) -> User:
    return make_user("viewer", team, Role.VIEWER)


@pytest.fixture
def stranger(other_team: Team) -> User:
    """An admin, of another team."""
    return make_user("stranger", other_team, Role.ADMIN)


@pytest.fixture
def superuser(db: None) -> User:
    """The administrator of the whole portal; a member of no team."""
    return make_user("superuser", superuser=True)


@pytest.fixture
def client_of(db: None) -> Callable[[User | None], Client]:
    """`client_of(viewer)` is a signed-in test client, `client_of(None)` one without a session."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def actor_of_user() -> Callable[[User], Actor]:
    """`actor_of_user(viewer)` is the actor that services take."""
    return lambda user: actor_for_user(user)


class ApiClient:
    """Calls of /api/v1 with a bearer token (None: without)."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self._client = Client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The response of `method` on `path`; a path that does not begin with "/" is below /api/v1/."""
        where = path if path.startswith("/") else f"/api/v1/{path}"
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = b"" if body is None else json.dumps(body, default=str).encode()
        answer = self._client.generic(method, where, data, "application/json", headers=known | headers)
        return cast(HttpResponse, answer)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


def make_token(user: User, team: Team, role: Role) -> str:
    """A token of `user` for `team`, stored as the site stores it."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    ApiToken.objects.create(user=user, team=team, role=role, name="test", prefix=token[:8], digest=digest)
    return token


@pytest.fixture
def api_of(db: None) -> Callable[[User | None], ApiClient]:
    """`api_of(deployer).post("applications", {...})`: the API with a token of the user's own role."""

    def make(user: User | None) -> ApiClient:
        if user is None:
            return ApiClient(None)
        membership = Membership.objects.filter(user=user).select_related("team").first()
        assert membership is not None, f"{user} is in no team"
        return ApiClient(make_token(user, membership.team, Role(membership.role)))

    return make


def make_host(team: Team, name: str, **fields: Any) -> Host:
    """An enrolled host that is online now; `fields` replace the usual ones."""
    now = timezone.now()
    usual: dict[str, Any] = {
        "public_key": hashlib.sha256(f"{team.pk}/{name}".encode()).hexdigest(),
        "engine_id": f"ENGINE:{team.pk}:{name}",
        "cpus": 4,
        "memory_bytes": 8 * 2**30,
        "agent_version": "0.1.0",
        "link": f"agent.{name}",
        "linked_at": now,
        "last_seen_at": now,
        "observed_at": now,
    }
    return Host.objects.create(team=team, name=name, **(usual | fields))


@pytest.fixture
def linux_host(team: Team) -> Host:
    """A Linux host of the team, online."""
    return make_host(
        team,
        "linux-host",
        os="linux",
        os_name="Debian GNU/Linux 12 (bookworm)",
        kernel="6.1.0-18-amd64",
        architecture="amd64",
        engine_version="20.10.24",
        api_version="1.41",
    )


@pytest.fixture
def windows_host(team: Team) -> Host:
    """A Windows Server 2022 host of the team, online."""
    return make_host(
        team,
        "windows-host",
        os="windows",
        os_name="Windows Server 2022 Datacenter",
        os_version="10.0.20348.2655",
        kernel="10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)",
        architecture="amd64",
        isolation="process",
        engine_version="25.0.6",
        api_version="1.44",
    )
