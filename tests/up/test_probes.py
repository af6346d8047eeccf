"""/healthz answers in time, whatever its parts do."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.test import Client

from portal import health
from portal.probes import OK, Probe, ask_all


def fine() -> None:
    return None


def broken() -> None:
    raise ConnectionRefusedError("redis://:PASSWORD@10.0.0.1 refused")


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Set at the end of the test, so that what hangs comes back."""
    event = threading.Event()
    yield event
    event.set()


def test_each_part_is_named_with_its_state() -> None:
    probes = [Probe("database", fine), Probe("redis", broken)]
    assert ask_all(probes) == {"database": OK, "redis": "failed (ConnectionRefusedError)"}


def test_addresses_and_passwords_are_not_told() -> None:
    assert "PASSWORD" not in str(ask_all([Probe("redis", broken)]))


def test_a_hanging_part_costs_its_time_once(hanging: threading.Event) -> None:
    probes = [Probe("database", lambda: _hang(hanging)), Probe("redis", lambda: _hang(hanging))]
    began = time.monotonic()
    assert ask_all(probes, 0.2) == {"database": "no answer within 0.2 s", "redis": "no answer within 0.2 s"}
    assert time.monotonic() - began < 5


def test_a_hanging_part_costs_one_thread_however_often_it_is_asked(hanging: threading.Event) -> None:
    probe = Probe("a part that hangs", lambda: _hang(hanging))
    for _ in range(20):
        ask_all([probe], 0.01)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("probe a part that hangs") == 1


def test_a_part_that_comes_back_is_ok_again(hanging: threading.Event) -> None:
    probe = Probe("database", lambda: _hang(hanging))
    ask_all([probe], 0.01)
    hanging.set()
    probe.ask().result(timeout=5)
    assert ask_all([probe]) == {"database": OK}


def _hang(event: threading.Event) -> None:
    event.wait(30)


@pytest.mark.django_db(transaction=True)
def test_healthz_says_ok(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["database"], body["redis"]) == ("ok", "ok", "ok")
    assert body["version"]
    assert "no-store" in answer["Cache-Control"]


def test_healthz_names_the_failing_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBES", (Probe("database", fine), Probe("redis", broken)))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    body = answer.json()
    assert body["status"] == "failing"
    assert body["database"] == "ok"
    assert body["redis"] == "failed (ConnectionRefusedError)"


def test_healthz_only_reads(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
