"""Placement constraints of compose, held against a host. Pure. [Compose Deploy Specification, placement; swarmkit]

Outside a cluster `node` is the host: node.hostname is its name, node.id its id, node.labels.* and engine.labels.* its
labels. Two labels are there by themselves: pierhead.os and, on Windows, pierhead.winbuild (the build, "20348").
"""

import re
from dataclasses import dataclass

from hosts.observed import ObservedHost
from hosts.placement import architecture_of, build_of

WINBUILD = "pierhead.winbuild"
OS_LABEL = "pierhead.os"
ROLES = ("manager", "worker")

_FORM = re.compile(r"^\s*(?P<key>[A-Za-z][\w.\-/]*)\s*(?P<sign>==|!=)\s*(?P<value>\S(?:.*\S)?)\s*$")
_KEYS = {"node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch"}
_PREFIXES = ("node.labels.", "engine.labels.")


@dataclass(frozen=True)
class Constraint:
    """One constraint: key, whether it must be equal, value."""

    key: str
    equal: bool
    value: str

    def __str__(self) -> str:
        return f"{self.key} {'==' if self.equal else '!='} {self.value}"


class NoConstraint(ValueError):
    """A text that is no constraint; the message says what is wrong and what to write."""


def read(text: str) -> Constraint:
    """A constraint from its text. Raises NoConstraint."""
    found = _FORM.match(text)
    if found is None:
        raise NoConstraint(
            f"“{text}” is no placement constraint. Write a name, == or !=, and a value: node.labels.zone == north."
        )
    key = found["key"]
    if key not in _KEYS and not any(key.startswith(prefix) and len(key) > len(prefix) for prefix in _PREFIXES):
        raise NoConstraint(
            f"“{key}” is nothing a host can be chosen by. Use node.labels.NAME, node.hostname, node.platform.os or "
            "node.platform.arch."
        )
    return Constraint(key, found["sign"] == "==", found["value"])


def holds(constraint: Constraint, host: ObservedHost) -> bool:
    """Whether a host satisfies it. A label that is not there is unequal to every value."""
    value = constraint.value
    known = value_of(constraint.key, host)
    if constraint.key == "node.platform.arch":
        known, value = architecture_of(known), architecture_of(value)
    elif constraint.key in {"node.hostname", "node.platform.os"} or constraint.key.startswith(_PREFIXES):
        known, value = known.lower(), value.lower()  # as swarmkit compares them
    return (known == value) is constraint.equal


def value_of(key: str, host: ObservedHost) -> str:
    """What a host has under a key of constraints or spread preferences; "" for nothing. Every host is a manager of
    itself, so node.role is "manager"."""
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            return labels_of(host).get(key.removeprefix(prefix), "")
    match key:
        case "node.id":
            return host.id
        case "node.hostname":
            return host.name
        case "node.ip":
            return host.address
        case "node.platform.os":
            return host.os
        case "node.platform.arch":
            return host.architecture
        case "node.role":
            return ROLES[0]
    return ""


def labels_of(host: ObservedHost) -> dict[str, str]:
    """The host's labels and those that follow from what it is; what a person wrote wins."""
    given = {OS_LABEL: host.os} if host.os else {}
    build = build_of(host.os_version) if host.os == "windows" else None
    if build is not None:
        given[WINBUILD] = str(build[0])
    return given | dict(host.labels)


def against(texts: tuple[str, ...], host: ObservedHost) -> str:
    """Why a host is out, a sentence; "" when every constraint holds. Raises NoConstraint."""
    for text in texts:
        constraint = read(text)
        if not holds(constraint, host):
            known = value_of(constraint.key, host)
            has = f"there it is {known}" if known else "it has no such value"
            return f"{host.name} is out by the placement constraint {constraint}: {has}."
    return ""
