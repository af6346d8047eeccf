"""What of an answer a role may see: lists without what is another team's, documents without values for viewers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from .checks.owners import PUBLIC_NETWORKS
from .endpoints import endpoint_find
from .types import VIEWER, Ownership, Policy, Request

MASK = "••••••"
Whole = Callable[[Any], Any]

# where the labels of a row are, by list
LABELS: dict[str, tuple[str, ...]] = {
    "containers.list": ("Labels",),
    "networks.list": ("Labels",),
    "services.list": ("Spec", "Labels"),
    "tasks.list": ("Spec", "ContainerSpec", "Labels"),
    "secrets.list": ("Spec", "Labels"),
    "configs.list": ("Spec", "Labels"),
}
ENVIRONMENTS = (
    "containers.inspect",
    "images.inspect",
    "services.inspect",
    "services.list",
    "tasks.inspect",
    "tasks.list",
)


def answer_filter(*, role: str, policy: Policy, request: Request) -> Whole | None:
    """From a whole JSON answer (status 200) to what may be seen of it; None: pass it on as it is."""
    found = endpoint_find(request.method, request.path)
    if found is None:
        return None
    name = found[0].name
    steps: list[Whole] = []
    own = policy.ownership
    if own.shared and (step := _owned_list(name, own)):
        steps.append(step)
    if role == VIEWER and name in ENVIRONMENTS:
        steps.append(masked)
    if not steps:
        return None

    def act(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return act


def event_filter(*, policy: Policy, request: Request) -> Callable[[bytes], bool] | None:
    """For GET /events: whether one line may be seen; None: all."""
    found = endpoint_find(request.method, request.path)
    if found is None or found[0].name != "events" or not policy.ownership.shared:
        return None
    own = policy.ownership

    def seen(line: bytes) -> bool:
        try:
            event = json.loads(line)
            return bool(event["Type"] == "container" and own.owns(event["Actor"]["Attributes"]))
        except (ValueError, KeyError, TypeError):
            return False

    return seen


def _owned_list(name: str, own: Ownership) -> Whole | None:
    if name in LABELS:
        return lambda rows: [row for row in rows or [] if _seen(name, row, own)]
    if name == "volumes.list":
        return lambda value: {**value, "Volumes": _labelled(value.get("Volumes"), own)}
    if name == "system.df":
        return lambda value: {
            **value,
            "Containers": _labelled(value.get("Containers"), own),
            "Volumes": _labelled(value.get("Volumes"), own),
        }
    return None


def _seen(name: str, row: Mapping[str, Any], own: Ownership) -> bool:
    if name == "networks.list" and row.get("Name") in PUBLIC_NETWORKS:
        return True
    value: Any = row
    for part in LABELS[name]:
        value = (value or {}).get(part)
    return own.owns(value)


def _labelled(rows: Any, own: Ownership) -> list[Any]:
    return [row for row in rows or [] if own.owns(row.get("Labels"))]


def masked(value: Any) -> Any:
    """The same with the values of every `Env` list hidden."""
    if isinstance(value, list):
        return [masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _hidden(one) if name == "Env" else masked(one) for name, one in value.items()}


def _hidden(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [f"{str(one).partition('=')[0]}={MASK}" for one in value]


def stamped(request: Request, *, policy: Policy) -> Any:
    """The body with the team's label, for what a team makes on a shared host; the body itself elsewhere.

    Call it after `decide` allowed the request: clients cannot give this label themselves.
    """
    from .documents import fold
    from .types import TEAM_LABEL

    found = endpoint_find(request.method, request.path)
    makes = (
        "containers.create",
        "networks.create",
        "volumes.create",
        "services.create",
        "secrets.create",
        "configs.create",
    )
    if found is None or found[0].name not in makes or not policy.ownership.shared or not isinstance(request.body, dict):
        return request.body
    key = next((name for name in request.body if fold(name) == "labels"), "Labels")
    labels = {**(request.body.get(key) or {}), TEAM_LABEL: policy.ownership.team}
    return {**request.body, key: labels}
