"""Who may read the metrics, and what they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import Host
from portal import measures
from portal.people.access import portal_actor
from portal.people.models import Role, Team, User
from portal.people.services.tokens import token_create
from tests.people import make_user

pytestmark = pytest.mark.django_db
AWAY = {"REMOTE_ADDR": "192.0.2.7"}


def read(client: Client, token: str = "", **extra: str) -> int:
    if token:
        extra["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client.get("/metrics", **extra).status_code  # type: ignore[arg-type]


def secret_of(user: User, team: Team) -> str:
    actor = portal_actor()
    return token_create(user=user, team=team, role="admin", name="scraper", actor=actor)[1]


def test_this_machine_may_read_them(client: Client) -> None:
    assert read(client) == 200


def test_others_may_not(client: Client) -> None:
    assert read(client, **AWAY) == 403


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine(client: Client, header: str) -> None:
    assert read(client, **{header: "127.0.0.1"}) == 403


@pytest.mark.parametrize(
    ("allowed", "status"), [("192.0.2.0/24", 200), ("192.0.2.7", 200), ("10.0.0.0/8", 403), ("x", 403)]
)
def test_networks_may_be_allowed(client: Client, settings: Any, allowed: str, status: int) -> None:
    settings.METRICS_ALLOWED = [allowed]
    assert read(client, **AWAY) == status


def test_the_scrapers_token_opens_them(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-secret"
    assert read(client, "a-long-secret", **AWAY) == 200
    assert read(client, "a-wrong-secret", **AWAY) == 403


def test_an_empty_setting_is_no_token(client: Client) -> None:
    assert read(client, " ", **AWAY) == 403


def test_an_administrators_token_opens_them_and_a_teams_does_not(client: Client, team: Team, admin: User) -> None:
    chief = make_user("chief", team, Role.ADMIN, superuser=True)
    assert read(client, secret_of(chief, team), **AWAY) == 200
    assert read(client, secret_of(admin, team), **AWAY) == 403


def test_hosts_and_agents_are_counted(client: Client, team: Team) -> None:
    now = timezone.now()
    make = Host.objects.create
    make(team=team, name="linked", public_key="1" * 64, link="x", last_seen_at=now)
    make(team=team, name="lost", public_key="2" * 64, link="x", last_seen_at=now - timedelta(hours=1))
    make(team=team, name="away", public_key="3" * 64)
    make(team=team, name="gone", public_key="4" * 64, link="x", last_seen_at=now, revoked_at=now)
    lines = client.get("/metrics").content.decode().splitlines()
    assert "pierhead_hosts 3.0" in lines
    assert "pierhead_agents_connected 1.0" in lines


def test_a_state_without_rows_is_zero() -> None:
    lines = measures.text().decode().splitlines()
    assert 'pierhead_commands{state="queued"} 0.0' in lines
    assert 'pierhead_deployments{state="rolled_back"} 0.0' in lines


def test_jobs_are_unknown_where_redis_does_not_answer() -> None:
    assert measures.jobs_queued() is None
    assert "pierhead_jobs_queued" not in measures.text().decode()


def test_the_process_tells_its_memory() -> None:
    assert "process_resident_memory_bytes" in measures.text().decode()
