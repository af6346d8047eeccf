"""The queue over the API: 202 for a host that is away, and editing until it is sent."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from hosts.models import Command, Container, Host
from portal.people.models import User
from tests.people import ApiClient

Api = Callable[[User | None], ApiClient]


def body_of(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return dict(json.loads(answer.content))


@pytest.fixture
def path(linux_host: Host, web: Container) -> str:
    """Where to act on the container of a host that is away."""
    Host.objects.filter(pk=linux_host.pk).update(link="")
    return f"hosts/{linux_host.pk}/containers/{web.cid}"


def test_actions_are_accepted_for_later(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    made = [body_of(api.post(f"{path}/{action}"), 202) for action in ("start", "stop", "restart", "kill")]
    made.append(body_of(api.delete(path), 202))
    assert [one["state"] for one in made] == ["queued"] * 5
    assert "linux-host is offline" in made[0]["waiting"]
    host = made[0]["host"]
    queue = body_of(api.get(f"hosts/{host}/queue"))["items"]
    assert [one["id"] for one in queue] == [one["id"] for one in made]


def test_commands_are_found_by_host_and_state(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    first = body_of(api.post(f"{path}/stop"), 202)
    second = body_of(api.post(f"{path}/start"), 202)
    body_of(api.post(f"commands/{first['id']}/cancel"), 202)

    def ids(query: str) -> list[str]:
        return [one["id"] for one in body_of(api.get(f"commands?host={first['host']}&{query}"))["items"]]

    assert ids("state=queued") == [second["id"]]
    assert ids("state=cancelled") == [first["id"]]
    assert ids("state=queued,cancelled") == [second["id"], first["id"]]
    assert "errors" in body_of(api.get("commands?state=lost"), 422)


def test_the_expiry_is_changed(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    made = body_of(api.post(f"{path}/stop"), 202)
    when = (timezone.now() + timedelta(hours=3)).replace(microsecond=0).isoformat()
    changed = body_of(api.patch(f"commands/{made['id']}", {"expires_at": when}))
    assert datetime.fromisoformat(changed["expires_at"]) == datetime.fromisoformat(when)
    sooner = body_of(api.patch(f"commands/{made['id']}", {"ttl_seconds": 60}))
    assert sooner["expires_at"] < changed["expires_at"]


@pytest.mark.parametrize(
    "body", [{"ttl_seconds": 1}, {"expires_at": "tomorrow"}, {"expires_at": "2001-01-01T00:00:00Z"}, {"state": "sent"}]
)
def test_senseless_changes(deployer: User, api_of: Api, path: str, body: dict[str, Any]) -> None:
    api = api_of(deployer)
    made = body_of(api.post(f"{path}/stop"), 202)
    assert api.patch(f"commands/{made['id']}", body).status_code == 422


def test_the_order_is_changed(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    first, second, third = (body_of(api.post(f"{path}/{action}"), 202)["id"] for action in ("start", "stop", "kill"))
    body_of(api.patch(f"commands/{third}", {"before": first}))
    body_of(api.patch(f"commands/{first}", {"behind": second}))
    host = Command.objects.get(pk=first).host_id
    assert [one["id"] for one in body_of(api.get(f"hosts/{host}/queue"))["items"]] == [third, second, first]


def test_what_was_sent_is_a_conflict(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    made = body_of(api.post(f"{path}/stop"), 202)
    Command.objects.update(state="sent")
    assert body_of(api.patch(f"commands/{made['id']}", {"ttl_seconds": 60}), 409)["code"] == "command-sent"


def test_all_are_cancelled(deployer: User, api_of: Api, path: str) -> None:
    api = api_of(deployer)
    for action in ("start", "stop"):
        body_of(api.post(f"{path}/{action}"), 202)
    host = Command.objects.all()[0].host_id
    assert body_of(api.post(f"hosts/{host}/queue/cancel")) == {"cancelled": 2}
    assert body_of(api.get(f"hosts/{host}/queue"))["items"] == []
