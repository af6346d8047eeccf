"""Being part of a swarm: make, join, leave it, change its nodes. Each can be done again and has no second effect."""

from typing import Any

from ..engine import Engine, EngineRefused, NotFound
from ..engine import swarm as api
from ..protocol.swarm import NodeRemove, NodeUpdate, SwarmInit, SwarmJoin, SwarmLeave, SwarmRotate
from .outcome import Failure, Outcome

ACTIVE = "active"


async def swarm_init(engine: Engine, wish: SwarmInit) -> Outcome:
    """Make a swarm. Raises EngineError, Failure when the host is a worker elsewhere."""
    info = await api.swarm_info(engine)
    if info.get("LocalNodeState") not in {ACTIVE, "locked"}:
        body: dict[str, Any] = {"ListenAddr": wish.listen}
        if wish.advertise:
            body["AdvertiseAddr"] = wish.advertise
        await api.swarm_init(engine, body)
        info = await api.swarm_info(engine)
    if not info.get("ControlAvailable"):
        raise Failure("The host is a worker of another swarm. Let it leave that one first", "swarm-other")
    return Outcome(result=await _known(engine, str(info.get("NodeID", ""))))


async def swarm_join(engine: Engine, wish: SwarmJoin) -> Outcome:
    """Join. Raises EngineError, Failure when the host is in another swarm."""
    info = await api.swarm_info(engine)
    if info.get("LocalNodeState") == ACTIVE:
        cluster = str((info.get("Cluster") or {}).get("ID") or "")
        if cluster and wish.swarm_id and cluster != wish.swarm_id:
            raise Failure("The host is in another swarm. Let it leave that one first", "swarm-other")
        return Outcome(result={"node_id": str(info.get("NodeID", ""))})
    body: dict[str, Any] = {"ListenAddr": wish.listen, "RemoteAddrs": list(wish.managers), "JoinToken": wish.token}
    if wish.advertise:
        body["AdvertiseAddr"] = wish.advertise
    try:
        await api.swarm_join(engine, body)
    except EngineRefused as error:
        raise Failure(_without(f"The host could not join: {error.message}", wish.token), "swarm-join") from None
    info = await api.swarm_info(engine)
    if info.get("LocalNodeState") != ACTIVE:
        why = str(info.get("Error") or "") or "the managers did not answer in time"
        raise Failure(_without(f"The host has not joined: {why}", wish.token), "swarm-join")
    return Outcome(result={"node_id": str(info.get("NodeID", ""))})


async def swarm_leave(engine: Engine, wish: SwarmLeave) -> Outcome:
    """Leave. Raises EngineError."""
    info = await api.swarm_info(engine)
    if info.get("LocalNodeState") not in {"", "inactive", None}:
        await api.swarm_leave(engine, force=wish.force)
    return Outcome()


async def swarm_rotate(engine: Engine, wish: SwarmRotate) -> Outcome:
    """New tokens. Raises EngineError."""
    await api.swarm_rotate(engine)
    info = await api.swarm_info(engine)
    return Outcome(result=await _known(engine, str(info.get("NodeID", ""))))


async def node_update(engine: Engine, wish: NodeUpdate) -> Outcome:
    """Change a node, if it differs. Raises EngineError."""
    node = await api.node_inspect(engine, wish.node_id)
    spec = dict(node.get("Spec") or {})
    labels = {**(spec.get("Labels") or {}), **wish.labels}
    new = {
        **spec,
        "Role": wish.role or spec.get("Role"),
        "Availability": wish.availability or spec.get("Availability"),
        "Labels": labels,
    }
    if new != {**spec, "Labels": spec.get("Labels") or {}}:
        await api.node_update(engine, wish.node_id, int(node["Version"]["Index"]), new)
    return Outcome()


async def node_remove(engine: Engine, wish: NodeRemove) -> Outcome:
    """Take a node off the list; one that is gone is fine. Raises EngineError."""
    try:
        await api.node_remove(engine, wish.node_id, force=wish.force)
    except NotFound:
        return Outcome()
    return Outcome()


async def _known(engine: Engine, node_id: str) -> dict[str, Any]:
    swarm = await api.swarm_inspect(engine)
    tokens = swarm.get("JoinTokens") or {}
    return {
        "swarm_id": str(swarm.get("ID", "")),
        "node_id": node_id,
        "worker_token": str(tokens.get("Worker", "")),
        "manager_token": str(tokens.get("Manager", "")),
    }


def _without(text: str, token: str) -> str:
    """A message in which no token can be read."""
    return text.replace(token, "•••") if token else text
