"""Containers: start, stop, restart, kill, remove."""

from hosts.models import Command, Container
from portal.people.access import Actor

ACTIONS = ("start", "stop", "restart", "kill", "remove")


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

    Raises Invalid for an unknown action, Conflict when the container is not in a state for it, HostAway when the host
    is not connected (a container action is for now, never for later).
    """
    raise NotImplementedError
