"""The gate: each request is judged by role, policy and ownership before a byte of it reaches the host."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.core.cache import cache

from hosts.consumers.threads import in_database
from hosts.models import Host
from hosts.policy import (
    Decision,
    Named,
    Policy,
    Request,
    Resource,
    Unclear,
    answer_filter,
    body_wanted,
    decide,
    event_filter,
    names_of,
    request_parse,
    stamped,
)
from hosts.selectors.policies import host_policy

from .callers import Caller
from .inquiry import inquire
from .registry import Registry

POLICY_SECONDS = 1.0  # how long a change of the policy may take to be seen
EXEC_SECONDS = 7 * 86_400
PATHS = {
    "container": "/containers/{name}/json",
    "network": "/networks/{name}",
    "volume": "/volumes/{name}",
    "service": "/services/{name}",
    "task": "/tasks/{name}",
    "secret": "/secrets/{name}",
    "config": "/configs/{name}",
}


@dataclass(frozen=True)
class Passed:
    """A request that was judged. filter: what of the answer may be seen; lines: the same for a stream of lines.

    body: what is sent instead of the body that came; None leaves it.
    """

    request: Request
    decision: Decision
    filter: Callable[[Any], Any] | None = None
    lines: Callable[[bytes], bool] | None = None
    body: bytes | None = None


class Gate:
    """Decides for one gateway."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._policies: dict[UUID, tuple[float, Policy]] = {}

    @staticmethod
    def body_wanted(method: str, target: str) -> bool:
        """Whether the body has to be read whole before the request can be judged. Raises Unclear."""
        request = request_parse(method=method, target=target)
        return body_wanted(request.method, request.path)

    async def judge(
        self, caller: Caller, *, method: str, target: str, body: bytes | None, content_type: str, upgrade: bool
    ) -> Passed:
        """body: None when it is a stream that was not read. Never raises for what a client sent."""
        try:
            request = request_parse(
                method=method, target=target, body=body, content_type=content_type, upgrade=upgrade, user=caller.user
            )
            policy = await self._policy(caller.host)
            role = str(caller.role.value)
            wanted = names_of(request, role=role, policy=policy)
        except Unclear as unclear:
            finding = unclear.finding
            blank = Request(method=method, path=target.partition("?")[0])
            return Passed(blank, Decision(False, finding.rule, finding.message, finding.status))
        resources = {(one.kind, one.name): await self._resource(caller, one, policy) for one in wanted}
        decision = decide(role=role, policy=policy, request=request, resources=resources)
        if not decision.allowed:
            return Passed(request, decision)
        changed = stamped(request, policy=policy)
        return Passed(
            request,
            decision,
            answer_filter(role=role, policy=policy, request=request),
            event_filter(policy=policy, request=request),
            None if changed is request.body else json.dumps(changed, separators=(",", ":")).encode(),
        )

    async def _policy(self, host: Host) -> Policy:
        at, policy = self._policies.get(host.pk, (0.0, None))
        if policy is None or time.monotonic() - at > POLICY_SECONDS:
            policy = await in_database(host_policy, host=host)
            self._policies[host.pk] = (time.monotonic(), policy)
        return policy

    async def _resource(self, caller: Caller, named: Named, policy: Policy) -> Resource:
        if named.kind == "exec":
            return await self._exec(caller, named, policy)
        path = PATHS.get(named.kind)
        if path is None:
            return Resource()
        status, document = await inquire(self._registry, caller.host.pk, path.format(name=quote(named.name, safe="")))
        if status == 404:
            return Resource(exists=False)
        if status != 200 or not isinstance(document, dict):
            return Resource(exists=False, ours=False)
        return Resource(ours=policy.ownership.owns(_labels(document)), document=document)

    async def _exec(self, caller: Caller, named: Named, policy: Policy) -> Resource:
        """Whose an exec session is: of who made it through a gateway of this portal, and of its container's team."""
        user = await in_database(cache.get, exec_key(caller.host.pk, named.name), "")
        if not policy.ownership.shared:
            return Resource(user=user)
        status, document = await inquire(self._registry, caller.host.pk, f"/exec/{quote(named.name, safe='')}/json")
        if status != 200 or not isinstance(document, dict):
            return Resource(exists=False, ours=False)
        container = await self._resource(caller, Named("container", str(document.get("ContainerID"))), policy)
        return Resource(ours=container.exists and container.ours, user=user)

    async def exec_made(self, caller: Caller, exec_id: str) -> None:
        """Remember who made an exec session, for every node of the portal, before its maker can ask to start it."""
        await in_database(cache.set, exec_key(caller.host.pk, exec_id), caller.user, EXEC_SECONDS)


def exec_key(host_id: UUID, exec_id: str) -> str:
    return f"docker-exec:{host_id.hex}:{exec_id[:80]}"


def _labels(document: dict[str, Any]) -> dict[str, Any]:
    """Where the engine keeps the labels, by kind of thing."""
    for place in (document.get("Config"), document.get("Spec"), document):
        found = place.get("Labels") if isinstance(place, dict) else None
        if isinstance(found, dict):
            return found
    return {}
