"""An application that keeps itself current: the registry calls after a push, and the containers are replaced."""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.lab.images import WEB_CHANGES
from tests.lab.ports import free_port
from tests.lab.processes import wait_until
from tests.lab.registry import Registry

from .conftest import House, fetch

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(240)]

NAME = "harbour/current"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def push(house: House, text: str, changes: tuple[str, ...] = WEB_CHANGES) -> str:
    """A new image under the same tag; its digest."""
    image = f"e2e-current:{text}"
    house.engine.image_from_busybox(image, files={"www/index.html": text.encode()}, changes=changes)
    house.registry.push(house.engine, image, f"{NAME}:1")
    house.engine.docker("rmi", image)
    return house.registry.digest(f"{NAME}:1")


def ask(house: House, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    code, answer = house.portal.api(method, path, house.token, body)
    assert code == status, answer
    return answer


@pytest.fixture
def quiet(registry: Registry) -> Iterator[Registry]:
    """The registry, which tells nobody afterwards."""
    yield registry
    registry.halt()
    registry.tell()
    registry.start()


def call(address: str) -> None:
    """Anything that can POST."""
    with urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=30) as answered:
        assert answered.status == 202


def test_a_push_replaces_the_containers_and_a_window_holds_it_back(tidy: House, quiet: Registry) -> None:
    house, port = tidy, free_port()
    page = f"http://127.0.0.1:{port}/"
    first = push(house, "one")
    service = f"{{image: '{NAME}:1', ports: ['{port}:8080'], stop_grace_period: 0s}}"
    body = {"name": "current", "compose": f"services: {{web: {service}}}", "targets": {"any": True}}
    path = f"applications/{ask(house, 'POST', 'applications', body, 201)['id']}"
    ask(house, "POST", f"{path}/deployments", {}, 202)
    house.portal.wait_for("deployments", house.token, lambda rows: rows["items"][0]["state"] == "succeeded", seconds=90)
    assert fetch(page) == "one"

    hook = ask(house, "POST", f"{path}/hook", None, 201)
    quiet.halt()
    quiet.tell(f"{house.portal.url}/api/v1/hooks/{hook['id']}", hook["secret"])
    quiet.start()
    ask(house, "PUT", f"{path}/update-policies/web", {"mode": "at-once"}, 204)
    second = push(house, "two")
    house.portal.wait_for(
        f"{path}/hook/calls",
        house.token,
        lambda rows: bool(rows["items"]) and all(one["state"] == "done" for one in rows["items"]),
        seconds=60,
    )
    acts = house.portal.wait_for(
        f"{path}/updates/history",
        house.token,
        lambda rows: [one["state"] for one in rows["items"]] == ["deployed"],
        seconds=90,
    )["items"]
    assert fetch(page) == "two"
    assert (acts[0]["digest"], acts[0]["by"]) == (second, "Update policy of admin")
    running = house.engine.docker("inspect", "-f", "{{.Image}}", "current-web-1").strip()
    assert second in house.engine.docker("image", "inspect", "-f", "{{.RepoDigests}}", running)
    assert first != second
    calls = ask(house, "GET", f"{path}/hook/calls")["items"]
    assert {one["sender"] for one in calls} == {"registry"}
    assert calls[0]["state"] == "done"

    tomorrow = (datetime.now(UTC) + timedelta(days=2)).weekday()
    shut = {"weekdays": [DAYS[tomorrow]], "opens": "02:00", "closes": "03:00", "zone": "UTC"}
    ask(house, "PUT", f"{path}/update-windows", {"windows": [shut]})
    ask(house, "PUT", f"{path}/update-policies/web", {"mode": "window"}, 204)
    third = push(house, "three")
    found = house.portal.wait_for(f"{path}/updates", house.token, lambda rows: bool(rows["items"]), seconds=60)["items"]
    assert (found[0]["digest"], found[0]["state"]) == (third, "waiting")
    assert "opens at" in found[0]["detail"]
    assert fetch(page) == "two"
    ask(house, "PUT", f"{path}/update-windows", {"windows": [{**shut, "weekdays": DAYS, "closes": "02:00"}]})
    call(hook["secret_url"])
    wait_until(lambda: _served(page) == "three", seconds=90, what="the update when the window has opened")

    ask(house, "PUT", f"{path}/update-policies/web", {"mode": "at-once"}, 204)
    house.portal.wait_for("deployments", house.token, lambda rows: rows["items"][0]["state"] == "succeeded", seconds=90)
    push(house, "sick", changes=('CMD ["/bin/false"]',))
    [sick] = house.portal.wait_for(
        f"{path}/updates", house.token, lambda rows: [one["state"] for one in rows["items"]] == ["failed"], seconds=90
    )["items"]
    assert sick["detail"]
    assert fetch(page) == "three", "what ran before is back"
    count = len(ask(house, "GET", "deployments")["items"])
    call(hook["secret_url"])
    house.portal.wait_for(
        f"{path}/hook/calls", house.token, lambda rows: rows["items"][0]["state"] == "done", seconds=60
    )
    assert len(ask(house, "GET", "deployments")["items"]) == count, "the same digest is not tried again"


def _served(page: str) -> str:
    try:
        return fetch(page)
    except OSError:
        return ""
