"""What agents report of their commands, stored: accepted, how it goes, how it ended.

Reports may come twice, late, or of a command that has ended by now; each is applied by a conditional update and has no
second effect. Each answers with the live topics to publish.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from engine_agent.protocol.messages import CommandFinished, CommandProgress, StepReport
from hosts.mirror_rows import text
from hosts.models import Command, DeploymentEvent, DeploymentStep, DeploymentTarget
from hosts.models.commands import OPEN_STATES, CommandState
from hosts.models.deployments import StepState
from hosts.services import ends

MAX_STEPS = 4000  # of one target: a deployment of 50 services with 60 layers each has 3,000
MAX_LINES = 500  # of one report
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
        return tuple(topics)


def command_finished(*, host_id: UUID, finished: CommandFinished, now: datetime) -> tuple[str, ...]:
    """The end of a command. The first end that is stored is the one that counts."""
    pk = _uuid(finished.id)
    if pk is None or finished.outcome not in ends.OUTCOMES:
        return ()
    error, log_tail = text(finished.error, 8000), text(finished.log_tail, 20_000)
    result = {"outcome": finished.outcome, "code": text(finished.code, 64), "log_tail": log_tail}
    with transaction.atomic():
        rows = Command.objects.filter(pk=pk, host_id=host_id, state__in=OPEN_STATES)
        if not rows.update(state=ends.OUTCOMES[finished.outcome], finished_at=now, error=error, result=result):
            return ()
        command = Command.objects.select_related("host").get(pk=pk)
        topics = ends.command_ended(command=command, outcome=finished.outcome, error=error, log_tail=log_tail, now=now)
        return tuple(topics)


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
