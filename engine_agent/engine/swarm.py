"""Swarm, nodes, services, tasks, secrets and configs of the Engine API. Every function raises EngineError."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from .client import Ask, Engine, registry_auth

NAMESPACE = "com.docker.stack.namespace"
Object = dict[str, Any]


async def swarm_info(engine: Engine) -> Object:
    """The part of GET /info about the swarm: NodeID, LocalNodeState, ControlAvailable, Error, Cluster."""
    info = await engine.json(Ask("GET", "/info"), dict[str, Any])
    return dict(info.get("Swarm") or {})


async def swarm_init(engine: Engine, body: Mapping[str, Any]) -> str:
    """Make a swarm; the id of this node."""
    return await engine.json(Ask("POST", "/swarm/init", body=dict(body)), str, timeout=60.0)


async def swarm_join(engine: Engine, body: Mapping[str, Any]) -> None:
    """Join a swarm."""
    await engine.done(Ask("POST", "/swarm/join", body=dict(body)), timeout=60.0)


async def swarm_leave(engine: Engine, *, force: bool) -> None:
    """Leave it."""
    await engine.done(Ask("POST", "/swarm/leave", {"force": force}), timeout=60.0)


async def swarm_inspect(engine: Engine) -> Object:
    """The swarm with its join tokens; managers only."""
    return await engine.json(Ask("GET", "/swarm"), dict[str, Any])


async def swarm_rotate(engine: Engine) -> None:
    """New join tokens."""
    swarm = await swarm_inspect(engine)
    query = {"version": swarm["Version"]["Index"], "rotateWorkerToken": True, "rotateManagerToken": True}
    await engine.done(Ask("POST", "/swarm/update", query, body=swarm["Spec"]))


async def nodes_list(engine: Engine) -> list[Object]:
    """Every node."""
    return await engine.json(Ask("GET", "/nodes"), list[dict[str, Any]])


async def node_inspect(engine: Engine, node: str) -> Object:
    """One node."""
    return await engine.json(Ask("GET", f"/nodes/{quote(node, safe='')}"), dict[str, Any])


async def node_update(engine: Engine, node: str, version: int, spec: Mapping[str, Any]) -> None:
    """Change a node's role, availability and labels."""
    await engine.done(Ask("POST", f"/nodes/{quote(node, safe='')}/update", {"version": version}, body=dict(spec)))


async def node_remove(engine: Engine, node: str, *, force: bool) -> None:
    """Take a node off the list."""
    await engine.done(Ask("DELETE", f"/nodes/{quote(node, safe='')}", {"force": force}))


async def services_list(engine: Engine, *, project: str = "") -> list[Object]:
    """Services, of one stack or all, with the counts of their tasks."""
    query = {"filters": _of_stack(project), "status": True}
    return await engine.json(Ask("GET", "/services", query), list[dict[str, Any]])


async def service_create(engine: Engine, spec: Mapping[str, Any], auth: Mapping[str, str] | None = None) -> str:
    """Create a service; its id. auth: an AuthConfig that its nodes pull with."""
    ask = Ask("POST", "/services/create", body=dict(spec), headers=registry_auth(auth))
    made = await engine.json(ask, dict[str, Any])
    return str(made["ID"])


async def service_update(
    engine: Engine, service: str, version: int, spec: Mapping[str, Any], auth: Mapping[str, str] | None = None
) -> None:
    """Replace a service's spec. auth: as of `service_create`; without it the swarm goes on with what it has."""
    path = f"/services/{quote(service, safe='')}/update"
    await engine.done(Ask("POST", path, {"version": version}, body=dict(spec), headers=registry_auth(auth)))


async def service_remove(engine: Engine, service: str) -> None:
    """Remove a service and its tasks."""
    await engine.done(Ask("DELETE", f"/services/{quote(service, safe='')}"))


async def tasks_list(engine: Engine, *, project: str = "") -> list[Object]:
    """Tasks, of one stack or all."""
    return await engine.json(Ask("GET", "/tasks", {"filters": _of_stack(project)}), list[dict[str, Any]])


async def files_list(engine: Engine, kind: str, *, project: str) -> list[Object]:
    """The secrets or configs (kind) of a stack; data of secrets is never given."""
    return await engine.json(Ask("GET", f"/{kind}", {"filters": _of_stack(project)}), list[dict[str, Any]])


async def file_create(engine: Engine, kind: str, name: str, data: bytes, labels: Mapping[str, str]) -> str:
    """Create a secret or config (kind: secrets or configs); its id."""
    body = {"Name": name, "Labels": dict(labels), "Data": base64.b64encode(data).decode()}
    made = await engine.json(Ask("POST", f"/{kind}/create", body=body), dict[str, Any])
    return str(made["ID"])


async def file_remove(engine: Engine, kind: str, file_id: str) -> None:
    """Remove a secret or config."""
    await engine.done(Ask("DELETE", f"/{kind}/{quote(file_id, safe='')}"))


def _of_stack(project: str) -> str | None:
    if not project:
        return None
    return msgspec.json.encode({"label": [f"{NAMESPACE}={project}"]}).decode()
