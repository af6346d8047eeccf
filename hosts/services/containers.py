"""Containers: start, stop, restart, kill, remove."""

from django.db import transaction

from engine_agent.protocol.bodies import ContainerAction
from hosts import live
from hosts.models import Command, Container
from hosts.models.hosts import HostState
from hosts.models.mirror import ContainerState
from hosts.services.commands import command_create, topics_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

ACTIONS = ("start", "stop", "restart", "kill", "remove")
MAX_GRACE = 3600

_UP = {ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING}
_VERBS = {"start": "Start", "stop": "Stop", "restart": "Restart", "kill": "Kill", "remove": "Remove"}


def container_act(
    *,
    container: Container,
    action: str,
    actor: Actor,
    timeout: int | None = None,
    signal: str = "",
    force: bool = False,
) -> Command:
    """Queue one of ACTIONS for a container. timeout: grace in seconds (stop, restart); force: remove although running.

    A host that is away gets it when it is back; what state the container is in then is for its engine to say.
    Raises Invalid for an unknown action, Conflict when the container is not in a state for it, or the host is revoked.
    """
    host = container.host
    if action not in ACTIONS:
        message = f"There is no action “{action[:20]}”. Choose one of: {', '.join(ACTIONS)}."
        raise Invalid(message, fields={"action": [message]})
    permission_require(
        actor=actor, permission=Permission.OPERATE, team=host.team, action=f"container.{action}", target=container
    )
    if timeout is not None and not 0 <= timeout <= MAX_GRACE:
        message = f"Give a grace of 0 to {MAX_GRACE} seconds."
        raise Invalid(message, fields={"timeout": [message]})
    if len(signal) > 16 or (not signal.replace("+", "").replace("-", "").isalnum() and signal):
        raise Invalid("That is not a signal.", fields={"signal": ["Use a name or number of a signal, e.g. SIGHUP."]})
    if host.state == HostState.ONLINE:
        _refuse_state(container, action, force)
    body = ContainerAction(cid=container.cid, action=action, timeout=timeout, signal=signal, force=force)
    with transaction.atomic():
        command = command_create(host=host, body=body, summary=f"{_VERBS[action]} {container.name}", actor=actor)
        detail = {"host": host.name, "command": str(command.pk), "force": force}
        audit_record(actor=actor, action=f"container.{action}", team=host.team, target=container, detail=detail)
        live.publish(topics_of([command]))
    return command


def _refuse_state(container: Container, action: str, force: bool) -> None:
    up = container.state in _UP
    if action == "kill" and not up:
        raise Conflict(f"{container.name} is not running, so there is nothing to kill.", code="not-running")
    if action == "remove" and up and not force:
        raise Conflict(
            f"{container.name} is running. Stop it first, or remove it by force.",
            code="container-running",
        )
