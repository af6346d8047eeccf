"""Making this machine a host: the one-time act."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .engine import Engine
from .engine.places import engine_places
from .engine.transport import connector_of
from .facts import host_facts
from .portal_http import PortalClient, portal_at
from .problems import AgentProblem, PortalRefused
from .protocol.facts import HostFacts
from .protocol.identity import enrolment_bytes, public_key_of, sign
from .state import Enrolled, StateDir

ENROL_PATH = "/api/v1/agent/enrol"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for. engine "": the first of the usual places that answers."""

    portal: str
    token: str
    engine: str = ""
    ca: Path | None = None
    name: str = ""
    new_key: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The settled enrolment, and the facts that went with it (engine_error tells of an engine that is away).

    waiting: an admin of the team has yet to approve the host.
    """

    enrolled: Enrolled
    facts: HostFacts
    waiting: bool = False


async def enrol(wish: Wish, state: StateDir) -> Done:
    """Register this host's key at the portal and keep what it answers. Raises AgentProblem.

    The key is kept before the token is spent, so an answer that got lost can be asked for again.
    """
    portal = portal_at(wish.portal, ca=wish.ca)
    portal.tls_context()
    address, facts = await _engine_facts(wish.engine)
    state.prepare()
    key = state.key(new=wish.new_key)
    client = PortalClient(portal)
    public = public_key_of(key)
    answer = await client.post(
        ENROL_PATH,
        {
            "token": wish.token,
            "public_key": public.hex(),
            "signature": sign(key, enrolment_bytes(wish.token, public)).hex(),
            "name": wish.name or facts.hostname,
            "facts": facts,
        },
    )
    if not isinstance(answer.get("host_id"), str):
        raise PortalRefused(
            f"{portal.origin} does not answer like a Pierhead portal", remedy="Check the address given with --portal"
        )
    pinned = _pin(wish, state, client)
    enrolled = Enrolled(
        portal=portal.origin,
        host_id=answer["host_id"],
        name=str(answer.get("name") or wish.name or facts.hostname),
        team=str(answer.get("team") or ""),
        engine=address,
        pinned=pinned,
        package_key=str(answer.get("package_key") or ""),
    )
    state.save_enrolled(enrolled)
    return Done(enrolled, facts, waiting=answer.get("waiting") is True)


def _pin(wish: Wish, state: StateDir, client: PortalClient) -> bool:
    """Keep the authority that vouches for the portal: from here on no other is believed."""
    if wish.ca is not None:
        state.save_ca(wish.ca.read_text("utf-8"))
        return True
    if client.authority_pem:
        state.save_ca(client.authority_pem)
        return True
    if state.ca.exists():
        shutil.move(state.ca, state.ca.with_suffix(".old"))
    return False


async def _engine_facts(address: str) -> tuple[str, HostFacts]:
    if address:
        try:
            connector_of(address)
        except ValueError as error:
            raise AgentProblem(str(error)) from error
        return address, await host_facts(Engine(address))
    first: tuple[str, HostFacts] | None = None
    for candidate in engine_places(os.environ, Path.home()):
        facts = await host_facts(Engine(candidate))
        if not facts.engine_error:
            return candidate, facts
        first = first or (candidate, facts)
    if first is None:
        raise AgentProblem("No engine address is known for this system", remedy="Name one with --engine")
    return first
