"""Volumes between two real hosts: kept as a file, restored, copied; what uses them is halted and goes on."""

import hashlib
import io
import tarfile
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.images import BUSYBOX
from tests.lab.processes import wait_until

from .fleet import Fleet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

OVER = {"succeeded", "failed", "cancelled"}
FILL = "umask 022; mkdir -p /v/sub; echo one > /v/a.txt; echo two > /v/sub/.b; chown 7:8 /v/sub/.b; chmod 640 /v/sub/.b"
LOOK = "cd /v && ls -A; cat a.txt sub/.b; stat -c '%u:%g %a' sub/.b"
HELD = ["a.txt", "sub", "one", "two", "7:8 640"]


@pytest.fixture
def shelves(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with a filled volume `stock` on the left host; no container has it."""
    docker = fleet.hosts[0].engine.docker
    docker("volume", "create", "--label", "kind=stock", "stock")
    docker("run", "--rm", "-v", "stock:/v", BUSYBOX, "/bin/sh", "-c", FILL)
    _seen(fleet, 0, "stock")
    yield fleet
    for host in fleet.hosts:
        host.engine.remove_containers()
        for name in host.engine.docker("volume", "ls", "-q").split():
            host.engine.docker("volume", "rm", "-f", name)


def _seen(fleet: Fleet, side: int, name: str) -> None:
    path = f"hosts/{fleet.agents[side].host_id}/volumes?q={name}"
    fleet.portal.wait_for(path, fleet.token, lambda body: bool(body["items"]), seconds=60)


def _ended(fleet: Fleet, run: dict[str, Any]) -> dict[str, Any]:
    path = f"volume-runs/{run['id']}"
    return dict(fleet.portal.wait_for(path, fleet.token, lambda body: body["state"] in OVER, seconds=90))


def _held(fleet: Fleet, side: int, name: str) -> list[str]:
    docker = fleet.hosts[side].engine.docker
    return docker("run", "--rm", "-v", f"{name}:/v", BUSYBOX, "/bin/sh", "-c", LOOK).splitlines()


def _file(fleet: Fleet, backup: str) -> bytes:
    request = urllib.request.Request(f"{fleet.portal.url}/api/v1/volume-backups/{backup}/file")
    request.add_header("Authorization", f"Bearer {fleet.token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def test_kept_taken_out_and_restored_on_the_other_host(shelves: Fleet) -> None:
    fleet = shelves
    left, right = (agent.host_id for agent in fleet.agents)
    run = _ended(fleet, fleet.ask("POST", f"hosts/{left}/volumes/stock/backups", {"compress": True}))
    assert run["state"] == "succeeded", run["error"]
    [backup] = [row for row in fleet.ask("GET", "volume-backups")["items"] if row["id"] == run["backup"]]
    content = _file(fleet, backup["id"])
    assert (len(content), hashlib.sha256(content).hexdigest()) == (backup["size"], backup["sha256"])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert {"a.txt", "sub/.b"} <= {name.removeprefix("./") for name in archive.getnames()}
    body = {"host": right, "name": "stock-new"}
    made = _ended(fleet, fleet.ask("POST", f"volume-backups/{backup['id']}/restores", body))
    assert made["state"] == "succeeded", made["error"]
    assert _held(fleet, 1, "stock-new") == HELD
    label = fleet.hosts[1].engine.docker("volume", "inspect", "-f", "{{.Labels.kind}}", "stock-new").strip()
    assert label == "stock", "a new volume has the labels of the one that was kept"
    assert fleet.names() == [], "no carrier is left"


def test_an_existing_volume_loses_what_it_held_and_its_container_goes_on(shelves: Fleet) -> None:
    fleet = shelves
    left = fleet.agents[0].host_id
    docker = fleet.hosts[0].engine.docker
    docker("run", "-d", "--name", "keeper", "-v", "stock:/v", BUSYBOX, "/bin/sh", "-c", "sleep 600")
    kept = _ended(fleet, fleet.ask("POST", f"hosts/{left}/volumes/stock/backups", {"halt": "pause"}))
    assert kept["state"] == "succeeded", kept["error"]
    assert docker("inspect", "-f", "{{.State.Status}}", "keeper").strip() == "running", "it goes on"
    docker("exec", "keeper", "/bin/sh", "-c", "echo late > /v/late; echo changed > /v/a.txt")
    path = f"volume-backups/{kept['backup']}/restores"
    wish = {"host": left, "name": "stock", "overwrite": True}
    refused = _ended(fleet, fleet.ask("POST", path, wish))
    assert refused["state"] == "failed"
    assert "is used by keeper" in refused["error"]
    assert docker("exec", "keeper", "cat", "/v/a.txt").strip() == "changed", "nothing was touched"
    done = _ended(fleet, fleet.ask("POST", path, {**wish, "halt": "stop"}))
    assert done["state"] == "succeeded", done["error"]
    assert _held(fleet, 0, "stock") == HELD, "what came later is gone"
    assert docker("inspect", "-f", "{{.State.Status}}", "keeper").strip() == "running"


def test_copied_from_host_to_host(shelves: Fleet) -> None:
    fleet = shelves
    left, right = (agent.host_id for agent in fleet.agents)
    path = f"hosts/{left}/volumes/stock/copies"
    run = _ended(fleet, fleet.ask("POST", path, {"host": right, "name": "stock"}))
    assert run["state"] == "succeeded", run["error"]
    assert run["done_bytes"] > 0
    assert _held(fleet, 1, "stock") == HELD
    _seen(fleet, 1, "stock")
    status, problem = fleet.portal.api("POST", path, fleet.token, {"host": right, "name": "stock"})
    assert (status, problem["code"]) == (409, "volume-exists")


def test_a_killed_process_is_replaced_and_halted_containers_go_on(shelves: Fleet) -> None:
    """The row is the truth: a run that says it is under way, with nobody behind it, is taken on anew."""
    fleet = shelves
    left = fleet.agents[0].host_id
    docker = fleet.hosts[0].engine.docker
    cid = docker("run", "-d", "--name", "keeper", "-v", "stock:/v", BUSYBOX, "/bin/sh", "-c", "sleep 600").strip()
    docker("stop", "-t", "0", "keeper")
    script = (
        "from hosts.models import *; from datetime import timedelta; from django.utils import timezone; "
        f"h = Host.objects.get(pk='{left}'); "
        "r = VolumeRun.objects.create(team=h.team, kind='backup', host=h, volume='stock', halt='stop', "
        f"state='running', attempt=1, halted=['{cid}'], seen_at=timezone.now() - timedelta(minutes=5)); print(r.pk)"
    )
    key = fleet.portal.manage("shell", "-v", "0", "-c", script).split()[-1]
    end = _ended(fleet, {"id": key})
    assert end["state"] == "succeeded", end["error"]
    wait_until(
        lambda: docker("inspect", "-f", "{{.State.Status}}", "keeper").strip() == "running",
        seconds=30,
        what="the halted container running again",
    )
