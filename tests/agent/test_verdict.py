"""When a started container is a success, and when it is not."""

from typing import Any

import msgspec
import pytest

from engine_agent.engine.types import Container
from engine_agent.work.verdict import Judgement, Terms, Verdict, Watch, judge

TERMS = Terms(settle=2.0, health_timeout=30.0)
START = "2026-05-01T10:00:00Z"
LATER = "2026-05-01T10:00:09Z"


def inspected(status: str, *, restarts: int = 0, policy: str = "no", health: str = "", **state: Any) -> Container:
    """What the engine says of a container."""
    running = status in {"running", "restarting", "paused"}
    body = {"Status": status, "Running": running, "Restarting": status == "restarting", "StartedAt": START, **state}
    if health:
        body["Health"] = {"Status": health, "Log": [{"ExitCode": 1, "Output": "connection refused\n"}]}
    return msgspec.convert(
        {
            "Id": "c",
            "Name": "/web",
            "RestartCount": restarts,
            "State": body,
            "HostConfig": {"RestartPolicy": {"Name": policy}},
        },
        Container,
    )


def looks(*at: tuple[float, Container], fresh: bool = True) -> list[Judgement]:
    """Look at these times; gives each judgement."""
    watch = Watch("web", 0.0, fresh=fresh)
    return [judge(container, watch, TERMS, now) for now, container in at]


def last(*at: tuple[float, Container], fresh: bool = True) -> Judgement:
    return looks(*at, fresh=fresh)[-1]


def test_running_for_the_settle_time_is_a_success() -> None:
    up = inspected("running")
    assert [j.verdict for j in looks((0.0, up), (1.9, up), (2.0, up))] == [
        Verdict.PENDING,
        Verdict.PENDING,
        Verdict.SETTLED,
    ]


def test_a_restart_in_between_starts_the_settle_time_over() -> None:
    up, again = inspected("running"), inspected("running", restarts=1, StartedAt=LATER)
    assert last((0.0, up), (1.5, again), (2.5, again)).verdict is Verdict.PENDING
    assert last((0.0, up), (1.5, again), (3.5, again)).verdict is Verdict.SETTLED


def test_starting_health_is_waited_for() -> None:
    starting, healthy = inspected("running", health="starting"), inspected("running", health="healthy")
    assert last((0.0, starting), (20.0, starting)).verdict is Verdict.PENDING
    assert last((0.0, starting), (20.0, starting), (21.0, healthy)).verdict is Verdict.SETTLED


def test_health_that_does_not_come_in_time_is_a_failure() -> None:
    starting = inspected("running", health="starting")
    judgement = last((0.0, starting), (30.1, starting))
    assert (judgement.verdict, judgement.code) == (Verdict.FAILED, "health-timeout")
    assert "connection refused" in judgement.reason


def test_unhealthy_is_a_failure_with_the_checks_own_words() -> None:
    judgement = last((0.0, inspected("running", health="unhealthy")))
    assert (judgement.verdict, judgement.code) == (Verdict.FAILED, "unhealthy")
    assert "connection refused" in judgement.reason


def test_the_word_none_means_no_healthcheck() -> None:
    up = inspected("running", health="none")
    assert last((0.0, up), (2.0, up)).verdict is Verdict.SETTLED


@pytest.mark.parametrize("policy", ["", "no", "on-failure"])
def test_a_one_shot_that_ends_well_is_a_success(policy: str) -> None:
    assert last((0.0, inspected("exited", policy=policy, ExitCode=0))).verdict is Verdict.COMPLETED


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_service_that_ends_well_although_it_should_not_is_a_failure(policy: str) -> None:
    assert last((0.0, inspected("exited", policy=policy, ExitCode=0))).code == "container-exited"


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ({"ExitCode": 3}, "container-exited", "exit code 3"),
        ({"ExitCode": 137, "OOMKilled": True}, "out-of-memory", "out of memory"),
        ({"ExitCode": 0, "Error": "mount failed"}, "container-exited", "mount failed"),
    ],
)
def test_a_bad_end_is_told(state: dict[str, Any], code: str, words: str) -> None:
    judgement = last((0.0, inspected("exited", **state)))
    assert (judgement.verdict, judgement.code) == (Verdict.FAILED, code)
    assert words in judgement.reason


def test_ending_again_and_again_is_a_failure() -> None:
    judgement = last((0.0, inspected("restarting", restarts=1)), (1.0, inspected("restarting", restarts=3, ExitCode=9)))
    assert (judgement.verdict, judgement.code) == (Verdict.FAILED, "container-restarting")
    assert "exit code 9" in judgement.reason


def test_one_restart_of_a_service_that_waits_for_another_is_forgiven() -> None:
    up = inspected("running", restarts=2, policy="always")
    assert last((0.0, inspected("restarting", restarts=1, policy="always")), (1.0, up), (3.0, up)).verdict is (
        Verdict.SETTLED
    )


def test_old_restarts_of_a_kept_container_do_not_count() -> None:
    up = inspected("running", restarts=57)
    assert last((0.0, up), (2.0, up), fresh=False).verdict is Verdict.SETTLED
    assert last((0.0, up)).verdict is Verdict.FAILED


@pytest.mark.parametrize("status", ["created", "restarting"])
def test_never_coming_up_is_a_failure_in_the_end(status: str) -> None:
    assert last((0.0, inspected(status)), (59.0, inspected(status))).verdict is Verdict.PENDING
    assert last((0.0, inspected(status)), (61.0, inspected(status))).code == "not-running"
