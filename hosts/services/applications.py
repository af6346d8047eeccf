"""Applications and their revisions."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosts.models import Application, Command, Revision
from portal.people.access import Actor
from portal.people.models import Team


def application_create(
    *,
    team: Team,
    name: str,
    actor: Actor,
    compose: str | None = None,
    service: Mapping[str, Any] | None = None,
    values: Mapping[str, str] | None = None,
    targets: Mapping[str, Any] | None = None,
    template: str = "",
) -> tuple[Application, Revision]:
    """A new application with its first revision, from compose text or from one service's compose attributes.

    name: the compose project name (lower-case letters, digits, - and _). targets: {"hosts": [id, ...]},
    {"labels": {name: value}} or {"any": True} (the default). Nothing is deployed.
    Raises Invalid (compose errors with line and column), Conflict when the team has an application of that name.
    """
    raise NotImplementedError


def application_revise(
    *,
    application: Application,
    actor: Actor,
    compose: str | None = None,
    service: Mapping[str, Any] | None = None,
    values: Mapping[str, str] | None = None,
    targets: Mapping[str, Any] | None = None,
) -> Revision:
    """A new revision: what is None stays as in the newest one. Raises Invalid, Conflict while it is being removed."""
    raise NotImplementedError


def application_remove(*, application: Application, actor: Actor, volumes: bool = False) -> Sequence[Command]:
    """Remove its containers and networks (and volumes if asked) from every host; the row goes when all have confirmed.

    With no host to ask it goes at once and the answer is empty. Raises Conflict while a deployment is running.
    """
    raise NotImplementedError
