"""Whether a started container is a success yet. Pure: the engine's word and the time go in, a verdict comes out."""

import enum
from dataclasses import dataclass

from ..engine.types import Container

MAX_RESTARTS = 3
RESTART_PATIENCE = 60.0
NO_RESTART = frozenset({"", "no", "on-failure"})


class Verdict(enum.Enum):
    """pending: look again; settled, completed: success (completed: a one-shot that ended well); failed: give up."""

    PENDING = "pending"
    SETTLED = "settled"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and for a failure its stable code and a sentence for people."""

    verdict: Verdict
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts as success. All in seconds."""

    settle: float
    health_timeout: float


@dataclass(slots=True)
class Watch:
    """What was seen of one container so far. Times are monotonic seconds.

    fresh: made by this deployment, so that every restart of it counts.
    """

    name: str
    since: float
    fresh: bool = True
    started_at: str = ""
    up_since: float | None = None
    restarts_before: int | None = None


PENDING = Judgement(Verdict.PENDING)


def judge(container: Container, watch: Watch, terms: Terms, now: float) -> Judgement:
    """Look at a container once more; `watch` is brought up to date."""
    state = container.state
    if watch.restarts_before is None:
        watch.restarts_before = 0 if watch.fresh else container.restart_count
    restarts = container.restart_count - watch.restarts_before
    if restarts >= MAX_RESTARTS:
        return _failed(
            "container-restarting",
            f"{watch.name} ends again and again: it was restarted {restarts} times, last with exit code "
            f"{state.exit_code}",
        )
    if state.status in {"exited", "dead"} and not state.restarting:
        return _ended(container, watch)
    if not state.running or state.restarting:
        watch.up_since = None
        if now - watch.since > RESTART_PATIENCE:
            return _failed("not-running", f"{watch.name} is {state.status} and does not come up")
        return PENDING
    if watch.up_since is None or watch.started_at != state.started_at:
        watch.up_since, watch.started_at = now, state.started_at
    return _running(container, watch, terms, now)


def _ended(container: Container, watch: Watch) -> Judgement:
    state = container.state
    policy = container.host_config.restart_policy.name if container.host_config.restart_policy else ""
    if state.exit_code == 0 and policy in NO_RESTART and not state.error:
        return Judgement(Verdict.COMPLETED)
    why = " because it ran out of memory" if state.oom_killed else ""
    said = f" ({state.error})" if state.error else ""
    code = "out-of-memory" if state.oom_killed else "container-exited"
    return _failed(code, f"{watch.name} ended with exit code {state.exit_code}{why}{said}")


def _running(container: Container, watch: Watch, terms: Terms, now: float) -> Judgement:
    match container.health:
        case "unhealthy":
            return _failed("unhealthy", f"{watch.name} runs, but its healthcheck fails{_last_check(container)}")
        case "starting" if now - watch.since > terms.health_timeout:
            return _failed(
                "health-timeout",
                f"{watch.name} runs, but was not healthy within {terms.health_timeout:g} s{_last_check(container)}",
            )
        case "starting":
            return PENDING
    up = now - (watch.up_since if watch.up_since is not None else now)
    return Judgement(Verdict.SETTLED) if up >= terms.settle else PENDING


def _last_check(container: Container) -> str:
    checks = (container.state.health.log if container.state.health else None) or ()
    output = checks[-1].output.strip() if checks else ""
    return f". Its last answer: {output[:300]}" if output else ""


def _failed(code: str, reason: str) -> Judgement:
    return Judgement(Verdict.FAILED, code, reason)
