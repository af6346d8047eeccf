"""The decision: default deny."""

from collections.abc import Iterator, Mapping
from typing import Any

from .checks.containers import create_body
from .checks.mounts import named_volume
from .checks.networks import NETWORK, VOLUME
from .checks.owners import absent, exec_session, named
from .checks.powers import within
from .documents import walk
from .endpoints import Endpoint, body_wanted, endpoint_find
from .options import Options
from .types import (
    ADMIN,
    RANKS,
    Decision,
    Finding,
    Findings,
    Limit,
    Policy,
    Request,
    Resource,
    Resources,
    Scope,
    Unclear,
    first,
)

TEAM = "the team's policy"


def decide(*, role: str, policy: Policy, request: Request, resources: Resources) -> Decision:
    """May somebody with `role` send this request?

    role: viewer, deployer or admin; others may do nothing. resources: what `names_of` asked for, by (kind, name).
    Never raises: a request that cannot be read in one way is denied.
    """
    found = endpoint_find(request.method, request.path)
    if found is None:
        return _denied(Finding("unknown-endpoint", f"{request.method} {request.path[:120]} is not passed on."))
    row, name = found
    if RANKS.get(role, -1) < RANKS[row.role]:
        return _denied(Finding(f"role.{row.name}", f"{row.name} needs the role {row.role}; you are {role[:20]}."))
    scope = scope_of(role=role, policy=policy, resources=resources, user=request.user)
    try:
        finding = first(_findings(scope, row, name, request)) or (policy.owner(request) if policy.owner else None)
    except Unclear as unclear:
        return _denied(unclear.finding)
    return _denied(finding) if finding else Decision(True, row.name)


def scope_of(*, role: str, policy: Policy, resources: Resources, user: str = "") -> Scope:
    """An admin is limited by the host's owner alone."""
    limits = () if role == ADMIN else (Limit(policy.team, TEAM),)
    return Scope(limits=limits, resources=resources, shared=policy.ownership.shared, user=user, role=role)


def _denied(finding: Finding) -> Decision:
    return Decision(False, finding.rule, finding.message, finding.status)


def _findings(scope: Scope, row: Endpoint, name: str, request: Request) -> Findings:
    if row.kind == "exec":
        yield from _exec(scope, row, name)
    elif row.kind:
        yield from named(scope, row.kind, name)
    if row.control:
        yield from _control(scope, name)
    if row.name == "containers.commit":
        yield from named(scope, "container", request.first("container"))
        yield from _control(scope, request.first("container"))
    if request.streamed and body_wanted(request.method, request.path):
        yield Finding("body-not-read", "The body was not read, so it cannot be judged.")
    if row.check is not None:
        yield from row.check(scope, request, name)


def _exec(scope: Scope, row: Endpoint, name: str) -> Findings:
    if row.name == "exec.inspect":
        yield from named(scope, "exec", name)
    elif scope.strict or scope.shared:
        yield from exec_session(scope, name)


def _control(scope: Scope, name: str) -> Findings:
    if not scope.strict:
        return
    found = scope.resource("container", name)
    if found is None:
        yield from scope.forbid_always("container-unknown", f"The container {name[:64]} was not looked at")
    elif not (found.exists and found.ours):
        yield absent("container", name)
    else:
        yield from within(scope, name, found)


def refusals_of(
    body: Mapping[str, Any],
    *,
    options: Options,
    resources: Resources | None = None,
    networks: frozenset[str] = frozenset(),
    volumes: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Every reason why a container's create body is beyond a team's options, for plans and pages.

    networks, volumes: names that the same plan makes, checked by `network_refusals` and `volume_refusals`.
    """
    known = dict(resources or {})
    known |= {("network", name): Resource() for name in networks}
    known |= {("volume", name): Resource(exists=False) for name in volumes}
    return _all(create_body(Scope(limits=(Limit(options, TEAM),), resources=known), body))


def network_refusals(body: Mapping[str, Any], *, options: Options) -> tuple[Finding, ...]:
    """The same for the body of POST /networks/create."""
    return _all(walk(Scope(limits=(Limit(options, TEAM),)), body, NETWORK, "network"))


def volume_refusals(body: Mapping[str, Any], *, options: Options) -> tuple[Finding, ...]:
    """The same for the body of POST /volumes/create."""
    return _all(walk(Scope(limits=(Limit(options, TEAM),)), body, VOLUME, "volume"))


def present_volume_refusals(name: str, volume: Resource, *, options: Options) -> tuple[Finding, ...]:
    """The same of a volume that exists already and is to be mounted: a bind may hide in its options."""
    scope = Scope(limits=(Limit(options, TEAM),), resources={("volume", name): volume})
    return _all(named_volume(scope, name, "It"))


def _all(findings: Findings) -> tuple[Finding, ...]:
    def collected() -> Iterator[Finding]:
        try:
            yield from findings
        except Unclear as unclear:
            yield unclear.finding

    return tuple(dict.fromkeys(collected()))
