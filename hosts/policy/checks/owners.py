"""Whose a named thing is. What is another team's is answered as the engine answers for what does not exist."""

from ..types import Finding, Findings, Scope

PUBLIC_NETWORKS = frozenset(("bridge", "host", "none", "nat", "ingress", "docker_gwbridge"))
MISSING = {
    "container": "No such container: {name}",
    "exec": "No such exec instance: {name}",
    "network": "network {name} not found",
    "volume": "get {name}: no such volume",
    "service": "service {name} not found",
    "task": "task {name} not found",
    "secret": "secret {name} not found",
    "config": "config {name} not found",
}


def absent(kind: str, name: str) -> Finding:
    """The engine's own answer for a thing that is not there."""
    return Finding(f"{kind}-not-found", MISSING[kind].format(name=name[:120]), 404)


def named(scope: Scope, kind: str, name: str) -> Findings:
    """The thing is the team's, as far as that had to be found out. The engine's own networks are nobody's."""
    if kind == "network" and name in PUBLIC_NETWORKS:
        return
    found = scope.resource(kind, name)
    if found is not None and not (found.exists and found.ours):
        yield absent(kind, name)
    elif found is None and scope.shared:
        yield Finding("not-looked-up", f"The {kind} {name[:120]} was not looked at.", 403)


def exec_session(scope: Scope, name: str) -> Findings:
    """An exec session can be started and resized by who made it alone."""
    found = scope.resource("exec", name)
    if found is None or not found.ours:
        yield absent("exec", name)
    elif found.user != scope.user and scope.strict:
        yield Finding("exec-of-another-user", f"The exec session {name[:64]} was made by somebody else.")
