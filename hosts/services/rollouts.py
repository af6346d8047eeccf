"""Carrying a rollout out: its state lives with the deployment, its asks become commands, ends of commands move it.

`hosts.rollout` decides; everything here runs in the transaction of what happened, with the deployment's row locked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from hosts import live, rollout
from hosts.models import Deployment, DeploymentTarget, Host
from hosts.models.commands import OPEN_STATES
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.plan_types import BUILD, PULL, Plan
from hosts.rollout import Batch, Part, Rollout, Turn
from hosts.services.commands import command_create, command_stop
from hosts.services.endings import deployment_ended
from hosts.services.ends import End, follow
from hosts.services.rollout_bodies import Wish, body_of_ask, order_of, order_sealed, summary_of_ask
from hosts.services.timeline import deployment_event_add, deployment_topics, event_add, steps_end
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Problem

_ENDS: dict[str, DeploymentState] = {
    "succeeded": DeploymentState.SUCCEEDED,
    "failed": DeploymentState.FAILED,
    "rolled_back": DeploymentState.ROLLED_BACK,
    "cancelled": DeploymentState.CANCELLED,
    "expired": DeploymentState.FAILED,
}
_SENTENCES = {
    "succeeded": "{host}: everything runs as wanted.",
    "failed": "{host}: failed. {error}",
    "rolled_back": "{host}: the previous containers are back. {error}",
    "cancelled": "{host}: cancelled. {error}",
    "expired": "{host}: not carried out. {error}",
}
_LEVELS = {"succeeded": "info", "cancelled": "warning"}
_WELL = {"pull": "{host}: every image is there.", "apply": "{host}: the new containers are well."}


def rollout_begin(*, deployment: Deployment, plan: Plan, orders: Mapping[Host, Wish], actor: Actor) -> None:
    """Make the targets of a new deployment and give the first commands. In the caller's transaction."""
    made = [
        DeploymentTarget(deployment=deployment, host=host, order=order_sealed(order)) for host, order in orders.items()
    ]
    targets = {str(row.host_id): row for row in DeploymentTarget.objects.bulk_create(made)}
    changed = {host.host_id for host in plan.hosts if host.changes}
    pulls = any(image.action in {PULL, BUILD} for host in plan.hosts for image in host.images)
    batches = [Batch(one.parts, one.delay, one.monitor, one.actions, one.max_failure_ratio) for one in plan.batches]
    turn = rollout.begin([str(host.pk) for host in orders], batches, changed=changed, pulls=pulls)
    _carry(deployment, turn, timezone.now(), actor, targets)


@follow
def target_ended(end: End) -> list[str]:
    """The command of a deployment's target has ended. Answers with the topics to publish."""
    target = DeploymentTarget.objects.filter(command_id=end.command.pk).first()
    if target is None:
        return []
    return part_ended(
        target=target, outcome=end.outcome, error=end.error, log_tail=end.log_tail, result=end.result, now=end.now
    )


def part_ended(
    *, target: DeploymentTarget, outcome: str, error: str, log_tail: str, result: Mapping[str, Any], now: datetime
) -> list[str]:
    """A target's command has ended: what follows. Answers with the topics to publish."""
    deployment = Deployment.objects.select_for_update().get(pk=target.deployment_id)
    if deployment.state not in OPEN_DEPLOYMENTS:
        return []
    before = rollout_of(deployment)
    host_id = str(target.host_id)
    part = before.hosts.get(host_id)
    if part is None or not part.doing or part.end:
        return []
    steps_end(target=target, good=outcome == "succeeded", now=now)
    if error or log_tail:
        DeploymentTarget.objects.filter(pk=target.pk).update(error=error, log_tail=log_tail)
    turn = rollout.ended(before, host_id, outcome, result)
    _tell(target, part, outcome, error, now, whole=before.phase == "whole")
    _carry(deployment, turn, now, None)
    return deployment_topics(deployment)


def rollout_of(deployment: Deployment) -> Rollout:
    """The state of a deployment's rollout; of one that was begun by an older portal, as it must have been."""
    if deployment.rollout:
        return rollout.from_json(deployment.rollout)
    targets = DeploymentTarget.objects.filter(deployment=deployment)
    return Rollout({str(target.host_id): _old_part(target) for target in targets})


def _old_part(target: DeploymentTarget) -> Part:
    return Part(doing="whole") if target.state in OPEN_DEPLOYMENTS else Part(end=str(target.state))


def rollout_abort(*, deployment: Deployment) -> None:
    """Stop it and put every host back, in the caller's transaction with the row locked. Raises Conflict."""
    before = rollout_of(deployment)
    if not rollout.can_abort(before):
        raise Conflict(
            "It is too late to stop it: every host runs the new containers, or is putting the previous ones back.",
            code="deployment-ending",
        )
    _carry(deployment, rollout.abort(before), timezone.now(), None)


def rollout_pause(*, deployment: Deployment, actor: Actor) -> Deployment:
    """Stand still before the next batch. Raises Conflict when there is none to come."""
    return _steer(deployment, actor, "pause")


def rollout_resume(*, deployment: Deployment, actor: Actor) -> Deployment:
    """Go on after a pause. Raises Conflict when it does not stand still."""
    return _steer(deployment, actor, "continue")


def _steer(deployment: Deployment, actor: Actor, what: str) -> Deployment:
    team, action = deployment.application.team, f"deployment.{what}"
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action=action, target=deployment)
    with transaction.atomic():
        locked = Deployment.objects.select_for_update().get(pk=deployment.pk)
        now, before = timezone.now(), rollout_of(locked)
        if locked.state not in OPEN_DEPLOYMENTS:
            state = locked.get_state_display().lower()
            raise Conflict(f"The deployment has ended already: {state}.", code="deployment-ended")
        if what == "pause" and not rollout.can_pause(before):
            raise Conflict(
                "There is no further batch before which it could pause. Cancel it to put everything back.",
                code="nothing-to-pause",
            )
        if what == "continue" and not (before.paused or before.pause_wanted):
            raise Conflict("It is not paused.", code="not-paused")
        words = "asked for a pause before the next batch" if what == "pause" else "let it go on"
        deployment_event_add(deployment=locked, text=f"{actor.label} {words}.", now=now, level="warning")
        audit_record(actor=actor, action=action, team=team, target=deployment)
        turn = rollout.pause(before) if what == "pause" else rollout.resume(before)
        _carry(locked, turn, now, actor)
        live.publish(deployment_topics(locked))
    deployment.refresh_from_db()
    return deployment


def _tell(target: DeploymentTarget, part: Part, outcome: str, error: str, now: datetime, *, whole: bool) -> None:
    """One line for the end of one command."""
    sentence = _SENTENCES[outcome]
    if outcome == "succeeded" and not whole:
        sentence = _WELL.get(part.doing, "")
        if part.doing == "back":
            sentence = _SENTENCES["rolled_back"]
    if sentence:
        text = sentence.format(host=target.host.name, error=error)
        event_add(target=target, level=_LEVELS.get(outcome, "error"), text=text, now=now)


def _carry(
    deployment: Deployment,
    turn: Turn,
    now: datetime,
    actor: Actor | None,
    targets: Mapping[str, DeploymentTarget] | None = None,
) -> None:
    """Give the commands of a turn, store the state, then cancel what shall stop (which may end it at once).

    targets: by host id, for who has them at hand.
    """
    state = turn.rollout
    targets = _targets(deployment) if targets is None else targets
    actor = actor or Actor(user=deployment.started_by, label="Pierhead")
    refused: dict[str, str] = {}
    for ask in turn.asks:
        target, part = targets[ask.host], state.hosts[ask.host]
        try:
            body = body_of_ask(ask, part, order_of(target))
            summary = summary_of_ask(ask, deployment.application.name, deployment.revision.number)
            command = command_create(
                host=target.host, body=body, summary=summary, actor=actor, project=deployment.application.name
            )
        except Problem as problem:
            refused[ask.host] = problem.detail
            continue
        DeploymentTarget.objects.filter(pk=target.pk).update(command=command)
        if ask.kind == "apply" and not part.run:
            state = replace(state, hosts={**state.hosts, ask.host: replace(part, run=str(command.pk))})
    _store(deployment, state, targets, now)
    for host_id in turn.cancels:
        present = targets[host_id].command
        if present is not None and present.state in OPEN_STATES:
            command_stop(command=present)
    for host_id, error in refused.items():
        part_ended(target=targets[host_id], outcome="failed", error=error, log_tail="", result={}, now=now)


def _targets(deployment: Deployment) -> dict[str, DeploymentTarget]:
    rows = DeploymentTarget.objects.filter(deployment=deployment).select_related("host", "command", "host__team")
    return {str(row.host_id): row for row in rows}


def _store(deployment: Deployment, state: Rollout, targets: Mapping[str, DeploymentTarget], now: datetime) -> None:
    for host_id, part in state.hosts.items():
        if part.end and host_id in targets:
            end = "failed" if part.end == "cancelled" and host_id == state.cause else part.end
            rows = DeploymentTarget.objects.filter(pk=targets[host_id].pk, state__in=OPEN_DEPLOYMENTS)
            rows.update(state=_ENDS[end])
    if state.paused and state.paused != deployment.paused:
        text = f"It stands still. {state.paused} Let it go on, or cancel it to put everything back."
        deployment_event_add(deployment=deployment, text=text, now=now, level="warning")
    deployment.rollout, deployment.paused = rollout.to_json(state), state.paused
    deployment.save(update_fields=["rollout", "paused"])
    if state.phase == "done":
        _end(deployment, state, now)


def _end(deployment: Deployment, state: Rollout, now: datetime) -> None:
    rows = DeploymentTarget.objects.filter(deployment=deployment).select_related("host")
    end = _ENDS[state.end or "succeeded"]
    told: Sequence[DeploymentTarget] = [] if end == DeploymentState.SUCCEEDED else [row for row in rows if row.error]
    worst = [row for row in told if row.state == end] or told
    error = " ".join(f"{row.host.name}: {row.error}" for row in worst)
    Deployment.objects.filter(pk=deployment.pk, state__in=OPEN_DEPLOYMENTS).update(
        state=end,
        finished_at=now,
        error=error,
        log_tail="\n".join(row.log_tail for row in worst if row.log_tail),
    )
    deployment.state = end
    deployment_ended(deployment=deployment, error=error)
