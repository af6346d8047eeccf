"""The whole portal from one command, for real: start, crash of each part, stop, start again."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.lab.engine import Engine
from tests.lab.folders import processes_of
from tests.lab.portal import Portal, start_portal

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]


def until(fact: Callable[[], object], seconds: float = 40) -> None:
    limit = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < limit, "it did not become true in time"
        time.sleep(0.05)


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A portal of this test alone, without a local host."""
    with start_portal() as running:
        yield running


def test_it_starts_crashes_heals_and_stops(portal: Portal) -> None:
    assert portal.sign_in_link.startswith(f"{portal.url}/sign-in/link/")
    assert portal.data.stat().st_mode & 0o077 == 0
    children = [portal.process(part) for part in ("node", "worker", "redis")]
    assert portal.process("redis").net_connections() == [] or all(
        connection.family == socket.AF_UNIX for connection in portal.process("redis").net_connections(kind="all")
    )
    portal.kill("node")
    until(lambda: "node was ended by SIGKILL; starting it again in 0.5 s." in portal.output())
    until(portal.healthy)
    portal.kill("redis")
    until(lambda: "redis was ended by SIGKILL" in portal.output())
    until(portal.healthy)
    portal.halt()
    assert not any(child.is_running() for child in children)
    assert processes_of(portal.data) == []
    assert "Stopped." in portal.output()


def test_the_next_start_keeps_all_data_and_gives_a_new_link(portal: Portal) -> None:
    token, link = portal.token(), portal.sign_in_link
    portal.restart()
    assert portal.sign_in_link != link
    assert portal.api("GET", "hosts", token)[0] == 200
    assert "Bringing the database up to date" not in portal.output()
    assert "Prepared the static files" not in portal.output()


def test_after_a_kill_of_the_supervisor_nothing_is_left_and_the_next_start_works(portal: Portal) -> None:
    token = portal.token()
    os.kill(portal.process("supervisor").pid, signal.SIGKILL)
    until(lambda: not _alive(portal))
    portal.halt()
    portal.start()
    assert portal.api("GET", "hosts", token)[0] == 200


def _alive(portal: Portal) -> list[psutil.Process]:
    found = []
    for one in processes_of(portal.data):
        with contextlib.suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


def test_a_second_one_on_the_same_data_is_refused(portal: Portal) -> None:
    with pytest.raises(Exception, match="Pierhead already runs on"):
        portal.manage("up", "--no-local-host")
    assert portal.healthy()


def test_a_taken_port_is_told(portal: Portal) -> None:
    other = Portal(env={"PIERHEAD_HTTP": f"127.0.0.1:{portal.port}"})
    try:
        with pytest.raises(Exception, match="PIERHEAD_HTTP"):
            other.manage("up", "--no-local-host")
    finally:
        other.stop()


def test_static_files_are_hashed_compressed_and_kept_by_browsers(portal: Portal) -> None:
    import json
    import urllib.request

    names = json.loads((portal.data / "static" / "staticfiles.json").read_text())["paths"]
    name = next(value for key, value in names.items() if key.endswith(".css") and "/" in key)
    request = urllib.request.Request(f"{portal.url}/static/{name}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_stops_by_every_polite_signal(portal: Portal, number: signal.Signals) -> None:
    supervisor = portal.process("supervisor")
    supervisor.send_signal(number)
    until(lambda: not _alive(portal))
    assert f"Stopping ({number.name})" in portal.output()


def test_healthz_names_a_redis_that_hangs(portal: Portal) -> None:
    redis = portal.process("redis")
    redis.suspend()
    try:
        began = time.monotonic()
        status, body = portal.api("GET", "/healthz")
        assert time.monotonic() - began < 2
    finally:
        redis.resume()
    assert status == 503
    assert body["database"] == "ok"
    assert body["redis"] != "ok"
    until(portal.healthy)


@pytest.mark.engine
def test_this_machine_is_the_first_host_and_is_enrolled_once(engine: Engine) -> None:
    with start_portal(engine=engine) as portal:
        token = portal.token(team="First team")
        hosts = portal.wait_for("hosts", token, lambda body: [one["state"] for one in body["items"]] == ["online"])
        portal.kill("agent")
        portal.restart()
        again = portal.wait_for("hosts", token, lambda body: [one["state"] for one in body["items"]] == ["online"])
        assert [one["id"] for one in again["items"]] == [one["id"] for one in hosts["items"]]
