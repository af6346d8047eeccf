"""What agents report of their commands, stored: accepted, how it goes, how it ended.

Reports may come twice, late, or of a command that has ended by now; each is applied by a conditional update and has no
second effect. Each answers with the live topics to publish.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from engine_agent.protocol.messages import CommandFinished, CommandProgress, StepReport
from hosts.mirror_rows import text
from hosts.models import Command, DeploymentEvent, DeploymentStep, DeploymentTarget
from hosts.models.commands import OPEN_STATES, SWARM_KINDS, CommandState
from hosts.models.deployments import StepState
from hosts.services import ends
from hosts.services.standing import ROTATE, rotation_store

MAX_STEPS = 4000  # of one target: a deployment of 50 services with 60 layers each has 3,000
MAX_LINES = 500  # of one report
MAX_OWN_STEPS = 50  # of a command that belongs to no deployment
SWARM_FIELDS = ("swarm_id", "node_id", "worker_token", "manager_token")
MAX_RAN = 5000  # containers of one project on one host
MAX_RESULT = 64 * 1024  # as JSON
_STATES = {state.value for state in StepState}
_LEVELS = {"info", "warning", "error"}


def command_accepted(*, host_id: UUID, command_id: str, now: datetime) -> tuple[str, ...]:
    """The agent has journalled it."""
    pk = _uuid(command_id)
    if pk is None:
        return ()
    with transaction.atomic():
        rows = Command.objects.filter(pk=pk, host_id=host_id, state__in=(CommandState.QUEUED, CommandState.SENT))
        if not rows.update(state=CommandState.ACCEPTED, accepted_at=now):
            return ()
        return (f"command:{pk}", f"host:{host_id}", *ends.command_started(command_id=command_id, now=now))


def command_progress(*, host_id: UUID, progress: CommandProgress, now: datetime) -> tuple[str, ...]:
    """Steps as they are now, and new lines of the log."""
    pk = _uuid(progress.id)
    if pk is None:
        return ()
    with transaction.atomic():
        rows = Command.objects.filter(
            pk=pk, host_id=host_id, state__in=OPEN_STATES, event_sequence__lt=progress.sequence
        )
        if not rows.update(event_sequence=progress.sequence, state=CommandState.RUNNING):
            return ()
        topics = [f"command:{pk}"]
        topics += ends.command_started(command_id=progress.id, now=now)
        target = DeploymentTarget.objects.filter(command_id=pk).first()
        if target is not None:
            _steps_store(target, progress.steps, now)
            _lines_store(target, progress.lines, now)
            topics.append(f"deployment:{target.deployment_id}")
        elif progress.steps:
            _steps_kept(pk, progress.steps)
            topics.append(f"host:{host_id}")
        return tuple(topics)


def command_finished(*, host_id: UUID, finished: CommandFinished, now: datetime) -> tuple[str, ...]:
    """The end of a command. The first end that is stored is the one that counts."""
    pk = _uuid(finished.id)
    if pk is None or finished.outcome not in ends.OUTCOMES:
        return ()
    error, log_tail = text(finished.error, 8000), text(finished.log_tail, 20_000)
    outcome, code = finished.outcome, text(finished.code, 64)
    with transaction.atomic():
        rows = Command.objects.filter(pk=pk, host_id=host_id, state__in=OPEN_STATES)
        if not rows.update(state=ends.OUTCOMES[outcome], finished_at=now, error=error):
            return ()
        command = Command.objects.select_related("host").get(pk=pk)
        if command.kind == ROTATE and outcome == "succeeded":
            error = rotation_store(host_id=host_id, command_id=finished.id, result=finished.result)
            if error:
                outcome, code = "failed", "key-refused"
        kept = {} if command.kind in SWARM_KINDS else result_kept(finished.result)  # join tokens are stored sealed only
        result = {"outcome": outcome, "code": code, "log_tail": log_tail, "result": kept}
        rows = Command.objects.filter(pk=pk)
        rows.update(state=ends.OUTCOMES[outcome], error=error, result=result)
        command.state, command.error, command.result = ends.OUTCOMES[outcome], error, result
        topics = ends.command_ended(
            command=command,
            outcome=outcome,
            error=error,
            log_tail=log_tail,
            now=now,
            result=plain(command.kind, finished.result),
        )
        return tuple(topics)


def result_kept(result: dict[str, Any]) -> dict[str, Any]:
    """What an agent answered, as far as it is plain data of a reasonable size; {} otherwise."""
    try:
        dumped = json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {}
    return result if len(dumped) <= MAX_RESULT and "\\u0000" not in dumped else {}  # PostgreSQL holds no such letter


def plain(kind: str, result: dict[str, Any]) -> dict[str, Any]:
    """What the portal goes on with: which containers ran before a rollout, by id; what a swarm says of itself."""
    if kind in SWARM_KINDS:
        return {name: text(value, 200) for name in SWARM_FIELDS if isinstance(value := result.get(name), str)}
    ran = result.get("ran")
    if not isinstance(ran, dict) or len(ran) > MAX_RAN:
        return {}
    return {"ran": {str(cid)[:64]: running is True for cid, running in ran.items()}}


def _steps_kept(command_id: UUID, reports: Iterable[StepReport]) -> None:
    """Steps of a command that belongs to no deployment, kept with it while it runs."""
    command = Command.objects.only("id", "result").get(pk=command_id)
    steps = {step["key"]: step for step in command.result.get("steps", ())}
    for report in reports:
        key = text(report.key, 160)
        if report.state in _STATES and (key in steps or len(steps) < MAX_OWN_STEPS):
            steps[key] = {
                "key": key,
                "title": text(report.title, 300),
                "state": report.state,
                "detail": text(report.detail, 400),
                "current": max(0, report.current),
                "total": max(0, report.total),
            }
    Command.objects.filter(pk=command_id).update(result={"steps": list(steps.values())})


def _steps_store(target: DeploymentTarget, reports: Iterable[StepReport], now: datetime) -> None:
    """Insert or update each step by its key; new ones go to the end, in the order of the report."""
    latest = {text(report.key, 160): report for report in reports if report.state in _STATES}
    if not latest:
        return
    known = {step.key: step for step in DeploymentStep.objects.filter(target=target, key__in=list(latest))}
    there = DeploymentStep.objects.filter(target=target).aggregate(last=Max("position"))["last"] or 0
    room = max(0, MAX_STEPS - there)
    rows = []
    for key, report in latest.items():
        step = known.get(key)
        if step is None:
            if not room:
                continue
            room, there = room - 1, there + 1
            step = DeploymentStep(target=target, key=key, position=there)
        rows.append(_step_filled(step, report, now))
    DeploymentStep.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["target", "key"],
        update_fields=["parent", "title", "state", "detail", "current", "total", "started_at", "finished_at"],
    )


def _step_filled(step: DeploymentStep, report: StepReport, now: datetime) -> DeploymentStep:
    step.parent = text(report.parent, 160)
    step.title = text(report.title, 300)
    step.detail = text(report.detail, 4000)
    step.current, step.total = max(0, report.current), max(0, report.total)
    if report.state != StepState.WAITING and step.started_at is None:
        step.started_at = now
    ended = report.state in {StepState.DONE, StepState.FAILED, StepState.SKIPPED}
    step.finished_at = (step.finished_at or now) if ended else None
    step.state = report.state
    step.pk = None  # inserted or updated by its unique key, never by the primary key
    return step


def _lines_store(target: DeploymentTarget, lines: Iterable[tuple[str, str]], now: datetime) -> None:
    rows = [
        DeploymentEvent(
            deployment_id=target.deployment_id,
            host_id=target.host_id,
            at=now,
            level=level if level in _LEVELS else "info",
            text=text(line, 4000),
        )
        for level, line in list(lines)[:MAX_LINES]
    ]
    DeploymentEvent.objects.bulk_create(rows)


def _uuid(value: str) -> UUID | None:
    """None for what cannot be an id of ours; a report of it is dropped."""
    try:
        return UUID(value)
    except ValueError:
        return None
