"""The namespaces a container asks for: its own, the host's, or those of another container or network."""

from typing import Any

from ..types import Findings, Scope, Unclear
from .isolation import HARMLESS_MODES, host_namespace
from .owners import absent, named
from .powers import within


def network_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "network", value, where)


def ipc_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "ipc", value, where)


def pid_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "pid", value, where)


def uts_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "uts", value, where)


def userns_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "userns", value, where)


def cgroupns_mode(scope: Scope, value: Any, where: str) -> Findings:
    yield from mode(scope, "cgroup", value, where)


def mode(scope: Scope, namespace: str, value: Any, where: str) -> Findings:
    """One namespace: private, the host's, another container's, or (network only) a network by name or id."""
    if not isinstance(value, str):
        raise Unclear("json-shape", f"{where} is not a text.")
    if value in HARMLESS_MODES[namespace]:
        return
    kind, sign, name = value.partition(":")
    if sign and kind == "container":
        yield from joined(scope, name, where)
    elif namespace == "network" and value != "host" and not sign:
        yield from network(scope, value, where)
    else:
        yield from host_namespace(scope, namespace, where)


def joined(scope: Scope, name: str, where: str) -> Findings:
    """Another container's namespace or volumes: it has to be the team's, and to have no more rights than the policy."""
    found = scope.resource("container", name)
    if found is None:
        yield from scope.forbid_always("container-unknown", f"{where} joins {name[:64]}, which was not looked at")
    elif not (found.exists and found.ours):
        yield absent("container", name)
    else:
        yield from within(scope, name, found)


def network(scope: Scope, name: str, where: str) -> Findings:
    """A network by name or id; the host's own network has an id too."""
    if name == "host":
        yield from host_namespace(scope, "network", where)
        return
    yield from named(scope, "network", name)
    found = scope.resource("network", name)
    if found is None:
        yield from scope.forbid_always("network-unknown", f"{where} joins {name[:64]}, which was not looked at")
    elif (found.document or {}).get("Driver") == "host":
        yield from host_namespace(scope, "network", where)
