"""May this person do this to this container? Role, team's policy and ownership, from the mirror and the engine.

The agent asks the host owner's file itself, for every byte stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async

from hosts.models import Container, Host
from hosts.policy import Decision, Policy, Request, Resource, decide
from hosts.selectors.containers import container_get
from hosts.selectors.policies import host_policy
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.problems import NotAllowed, NotFound


@dataclass(frozen=True)
class Permit:
    """What was found out of a container and of who asks."""

    host_id: UUID
    host: str
    os: str
    team: Team
    cid: str
    name: str
    state: str
    role: str
    policy: Policy
    owned: bool
    user: str


def permit_find(actor: Actor, host_id: UUID | str, cid: str) -> Permit:
    """The container and the policy that holds for it. Raises NotFound. Reads the database."""
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    return _permit(actor, container.host, container)


def _permit(actor: Actor, host: Host, container: Container) -> Permit:
    policy = host_policy(host=host)
    role = actor.role_in(host.team_id)
    found = Permit(
        host_id=host.pk,
        host=host.name,
        os=host.os,
        team=host.team,
        cid=container.cid,
        name=container.name,
        state=container.state,
        role=str(role or ""),
        policy=policy,
        owned=policy.ownership.owns(container.labels),
        user=str(actor.user.pk) if actor.user else "",
    )
    if not found.owned:
        raise NotFound(f"There is no container {cid_short(container.cid)} here.", code="container-not-found")
    return found


def cid_short(cid: str) -> str:
    return cid[:12]


async def permit_of(actor: Actor, host_id: UUID | str, cid: str) -> Permit:
    """The same beside the event loop."""
    return await sync_to_async(permit_find, thread_sensitive=False)(actor, host_id, cid)


async def permit_to_operate(actor: Actor, host_id: UUID | str, cid: str) -> Permit:
    """The same for who may operate the container. Raises NotAllowed too."""
    permit = await permit_of(actor, str(host_id), str(cid)[:80])
    actor.require(Permission.OPERATE, permit.team)
    return permit


def permit_require(
    permit: Permit,
    method: str,
    path: str,
    *,
    body: Any = None,
    query: Mapping[str, tuple[str, ...]] | None = None,
    document: Mapping[str, Any] | None = None,
) -> Decision:
    """Raise NotAllowed with the rule's own words, or NotFound, unless the policy allows the request.

    document: the engine's inspect answer, where the request takes control of the container.
    """
    request = Request(method, path, body=body, query=query or {}, user=permit.user)
    known = Resource(ours=permit.owned, document=document)
    decision = decide(
        role=permit.role, policy=permit.policy, request=request, resources={("container", permit.cid): known}
    )
    if not decision.allowed:
        kind = NotFound if decision.status == 404 else NotAllowed
        raise kind(decision.message, code=f"policy-{decision.rule}"[:60])
    return decision
