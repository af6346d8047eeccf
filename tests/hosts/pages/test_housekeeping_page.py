"""The page "Clean up" and the same over the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from hosts.models import Command, Host, Housekeeping
from hosts.views.housekeeping import preview_context
from portal.people.models import User
from tests.people import ApiClient

Api = Callable[[User | None], ApiClient]
FORM = {"kinds": ["containers", "networks"], "days": "3", "keep": "keep, owner=me"}


@pytest.fixture
def path(linux_host: Host) -> str:
    return f"/hosts/{linux_host.pk}/housekeeping/"


def read(client: Client, where: str, status: int = 200) -> str:
    response = client.get(where)
    assert response.status_code == status
    return response.content.decode()


def body_of(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return dict(json.loads(answer.content))


def test_the_page_offers_what_the_role_permits(
    path: str, as_admin: Client, as_deployer: Client, as_viewer: Client
) -> None:
    admin, deployer, viewer = (read(client, path) for client in (as_admin, as_deployer, as_viewer))
    assert "Show what would go" in admin
    assert f'action="{path}save/"' in admin
    assert "Show what would go" in deployer
    assert f'action="{path}save/"' not in deployer
    assert "Show what would go" not in viewer
    assert "Nothing has been cleaned up yet" in viewer


def test_a_host_that_is_away_cannot_be_previewed(path: str, as_deployer: Client) -> None:
    Host.objects.update(link="")
    text = read(as_deployer, f"{path}?preview=1&kinds=containers&days=0")
    assert "Cannot connect to the Docker Engine on linux-host" in text


def test_a_senseless_preview_is_said_beside_its_field(path: str, as_deployer: Client, as_viewer: Client) -> None:
    text = read(as_deployer, f"{path}?preview=1&days=abc", 422)
    assert text.count('class="errors"') >= 2
    assert as_viewer.get(f"{path}?preview=1&days=abc").status_code == 403
    assert as_viewer.get(f"{path}?preview=1&kinds=containers&days=0").status_code == 403


def test_what_a_host_answers_is_shown_in_words() -> None:
    answer = {
        "items": [{"kind": "containers", "name": "job", "size": 5}, "nonsense"],
        "kept": [{"kind": "unused-volumes", "name": "data", "size": 9, "why": "an application needs it"}],
        "size": 5,
        "counts": {"containers": 1, "networks": 2, "x": "y"},
    }
    context = preview_context(answer)
    assert [row["what"] for row in context["items"]] == ["Stopped containers"]
    assert context["kept"][0]["why"] == "an application needs it"
    assert (context["size"], context["count"]) == (5, 3)
    assert preview_context({})["count"] == 0


def test_removing(path: str, as_deployer: Client, as_viewer: Client) -> None:
    assert as_viewer.post(f"{path}start/", FORM).status_code == 403
    response = as_deployer.post(f"{path}start/", FORM)
    assert (response.status_code, response["Location"]) == (302, path)
    command = Command.objects.get()
    assert command.kind == "prune"
    assert "Clean up: stopped containers, unused networks" in read(as_viewer, f"{path}done/")
    assert as_deployer.post(f"{path}start/", FORM).status_code == 409
    assert as_deployer.post(f"{path}start/", {"days": "3"}).status_code == 422


def test_what_was_freed_is_told(path: str, linux_host: Host, as_deployer: Client, as_viewer: Client) -> None:
    as_deployer.post(f"{path}start/", FORM)
    result = {"result": {"freed": 1_500_000_000, "removed": {"containers": 3}, "left": []}}
    Command.objects.update(state="succeeded", result=result)
    text = read(as_viewer, path)
    assert "1.5\xa0GB" in text
    assert "Stopped containers: 3" in text


def test_the_schedule(path: str, as_admin: Client, as_deployer: Client) -> None:
    daily = {"daily-kinds": ["networks"], "daily-days": "14", "daily-keep": "keep", "daily-at": "04:30"}
    assert as_deployer.post(f"{path}save/", daily).status_code == 403
    assert as_admin.post(f"{path}save/", {**daily, "daily-enabled": "on"}).status_code == 302
    row = Housekeeping.objects.get()
    assert (row.enabled, row.kinds, row.days, row.keep_labels) == (True, ["networks"], 14, ["keep"])
    assert f"{row.at:%H:%M}" == "04:30"
    text = read(as_admin, path)
    assert 'value="04:30"' in text
    assert "At 04:30 UTC: what is older than 14 days." not in text
    as_admin.post(f"{path}save/", daily)
    assert not Housekeeping.objects.get().enabled
    assert as_admin.post(f"{path}save/", {**daily, "daily-at": "noon"}).status_code == 422


def test_the_same_over_the_api(path: str, linux_host: Host, admin: User, deployer: User, api_of: Api) -> None:
    where = f"hosts/{linux_host.pk}/housekeeping"
    empty = body_of(api_of(deployer).get(where))
    assert (empty["enabled"], empty["next_run_at"]) == (False, None)
    wish = {"kinds": ["networks", "containers"], "days": 3, "keep_labels": ["keep"], "at": "04:30"}
    made = body_of(api_of(admin).call("PUT", where, wish))
    assert (made["kinds"], made["at"]) == (["containers", "networks"], "04:30:00")
    assert made["next_run_at"]
    assert "errors" in body_of(api_of(admin).call("PUT", where, {**wish, "kinds": ["all"]}), 422)
    command = body_of(api_of(deployer).post(f"{where}/prune", {"kinds": ["networks"]}), 202)
    assert command["kind"] == "prune"
    assert api_of(deployer).post(f"{where}/prune", {"kinds": ["unused-volumes"]}).status_code == 403
    Host.objects.update(link="")
    assert body_of(api_of(deployer).post(f"{where}/preview", {"kinds": ["networks"]}), 503)["code"] == "host-away"
