"""The only sender of commands and queries to agents.

The database is written first; the channel layer only wakes the connection of the host, which loads what is due from
there. A wake that is lost costs nothing but time: every connection loads its queue when it opens, and again
periodically.
"""

import socket
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from channels.layers import get_channel_layer
from django.db import transaction

from engine_agent.protocol import encode
from engine_agent.protocol.bodies import QueryBody
from engine_agent.protocol.messages import Answer, Query
from engine_agent.protocol.upkeep import PrunePreview
from hosts.answers import Answers, answers
from hosts.models import Command, Host
from hosts.models.hosts import HostState
from hosts.problems import HostAway
from hosts.wakes import near_wake, send_soon
from portal.problems import Conflict, NotFound, Problem, Unavailable

# Channels maps an event's type to a method name of the consumer: these constants are the only ones we send.
WAKE = "agent.wake"
QUERY = "agent.query"
SHUT_OUT = "agent.shut_out"
REPLACED = "agent.replaced"
ADMIT = "agent.admit"
STREAM = "agent.stream"

QUERY_TIMEOUT = 10.0
QUERY_NEEDS: dict[type, str] = {
    PrunePreview: "upkeep"
}  # questions that not every agent knows: the feature it must have


AGENT_TOO_OLD = "agent-too-old"
TOO_OLD = "The agent of the host is too old for this. Update it on the host's page, then ask again."


def group_of(host_id: UUID) -> str:
    """The channel-layer group in which the connection of a host listens."""
    return f"agent.{host_id.hex}"


def dispatch(command: Command) -> None:
    """After the present transaction commits, wake the host's connection: it sends whatever is due to it."""
    host_id = command.host_id
    transaction.on_commit(lambda: _wake(host_id))


def _wake(host_id: UUID) -> None:
    if not near_wake(host_id):
        _send(host_id, {"type": WAKE})


async def stream_ask(host_id: UUID, *, stream_id: str, token: str, local: str, public: str) -> None:
    """Have the host's agent dial back for a byte stream, to the node that calls this.

    local: the listener's address on this machine, for an agent that reached the portal by loopback of the same machine;
    public: its address for everybody else.
    """
    layer = get_channel_layer()
    if layer is not None:
        where = {"machine": machine(), "local": local, "public": public}
        await layer.group_send(group_of(host_id), {"type": STREAM, "id": stream_id, "token": token, **where})


@lru_cache(maxsize=1)
def machine() -> str:
    """A word that is the same for all processes of this machine, and for no other machine."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}"


def shut_out(host_id: UUID) -> None:
    """After the present transaction commits, close the connection of a revoked host."""
    transaction.on_commit(lambda: _send(host_id, {"type": SHUT_OUT}))


def admit(host_id: UUID) -> None:
    """After the present transaction commits, have an approved host connect anew."""
    transaction.on_commit(lambda: _send(host_id, {"type": ADMIT}))


def query(host: Host, body: QueryBody, *, timeout: float = QUERY_TIMEOUT, via: Answers | None = None) -> dict[str, Any]:
    """Ask the agent something that changes nothing, and wait for the answer. Synchronous; never call it in a loop.

    Raises HostAway when the host is not connected, Unavailable when no answer came in `timeout` seconds, NotFound or
    another Problem when the agent answers with an error.
    """
    if host.state != HostState.ONLINE:
        raise host_away(host)
    box = via or answers()
    query_id = uuid4().hex
    box.expect(query_id)
    frame = encode(Query(id=query_id, body=body, timeout=timeout))
    _send(host.pk, {"type": QUERY, "id": query_id, "frame": frame, "needs": QUERY_NEEDS.get(type(body), "")})
    payload = box.wait(query_id, timeout)
    if payload is None:
        raise Unavailable(
            f"The agent on {host.name} did not answer within {timeout:g} seconds. Try again; if it stays so, look at "
            "`engine-agent status` on the host.",
            code="host-silent",
        )
    return _result(host, msgspec.msgpack.decode(payload, type=Answer))


def host_away(host: Host) -> HostAway:
    """The problem to raise when somebody wants something of a host that is not connected."""
    state = host.state
    if state == HostState.REVOKED:
        return HostAway(f"{host.name} has been revoked. Enrol the machine again to use it.", code="host-revoked")
    if state == HostState.WAITING:
        return HostAway(
            f"{host.name} waits for an admin of the team to approve it. Do so on its page.", code="host-waiting"
        )
    seen = f", last heard of {host.last_seen_at:%Y-%m-%d %H:%M:%S} UTC" if host.last_seen_at else ""
    return HostAway(
        f"Cannot connect to the Docker Engine on {host.name}: its agent is {state.label.lower()}{seen}. "
        "Is the machine on, and does `engine-agent status` there say connected?"
    )


def _result(host: Host, answer: Answer) -> dict[str, Any]:
    if not answer.error:
        return answer.result
    detail = f"{host.name}: {answer.error}"
    if answer.code in {"not-found", "image-not-found"}:
        raise NotFound(detail, code=answer.code)
    if answer.code in {"engine-gone", "timeout"}:
        raise Unavailable(detail, code=answer.code)
    if answer.code == AGENT_TOO_OLD:
        raise Conflict(detail, code=AGENT_TOO_OLD, title="The agent is too old for this")
    raise Problem(detail, code=answer.code or "engine-error", title="The engine did not do it")


def _send(host_id: UUID, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        send_soon(lambda: layer.group_send(group_of(host_id), event))
