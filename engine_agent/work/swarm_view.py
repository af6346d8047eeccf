"""What a manager knows of its swarm, in a few plain fields: no tokens, no environment."""

from collections.abc import Mapping
from typing import Any

from ..engine import Engine
from ..engine import swarm as api
from ..protocol.swarm import SwarmInspect
from .stack import SPEC_LABEL

MAX_TASKS = 2000


async def swarm_view(engine: Engine, wish: SwarmInspect) -> dict[str, Any]:
    """Nodes, services and tasks. Raises EngineError (a host that is no manager is refused by the engine)."""
    nodes = await api.nodes_list(engine)
    services = await api.services_list(engine, project=wish.project)
    tasks = await api.tasks_list(engine, project=wish.project)
    tasks.sort(key=lambda one: str(one.get("CreatedAt", "")), reverse=True)
    return {
        "nodes": [_node(one) for one in nodes],
        "services": [_service(one) for one in services],
        "tasks": [_task(one) for one in tasks[:MAX_TASKS]],
    }


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    spec, status = node.get("Spec") or {}, node.get("Status") or {}
    description, manager = node.get("Description") or {}, node.get("ManagerStatus") or {}
    platform = description.get("Platform") or {}
    return {
        "id": str(node.get("ID", "")),
        "hostname": str(description.get("Hostname", "")),
        "os": str(platform.get("OS", "")),
        "architecture": str(platform.get("Architecture", "")),
        "engine_version": str((description.get("Engine") or {}).get("EngineVersion", "")),
        "role": str(spec.get("Role", "")),
        "availability": str(spec.get("Availability", "")),
        "state": str(status.get("State", "")),
        "message": str(status.get("Message", "")),
        "address": str(status.get("Addr", "")),
        "leader": bool(manager.get("Leader", False)),
        "labels": dict(spec.get("Labels") or {}),
    }


def _service(service: Mapping[str, Any]) -> dict[str, Any]:
    spec, status = service.get("Spec") or {}, service.get("ServiceStatus") or {}
    update, endpoint = service.get("UpdateStatus") or {}, service.get("Endpoint") or {}
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    labels = spec.get("Labels") or {}
    return {
        "id": str(service.get("ID", "")),
        "name": str(spec.get("Name", "")),
        "project": str(labels.get(api.NAMESPACE, "")),
        "spec": str(labels.get(SPEC_LABEL, "")),
        "image": str(container.get("Image", "")).partition("@")[0],
        "mode": "global" if "Global" in (spec.get("Mode") or {}) else "replicated",
        "running": int(status.get("RunningTasks") or 0),
        "desired": int(status.get("DesiredTasks") or 0),
        "update": str(update.get("State") or ""),
        "update_message": str(update.get("Message") or ""),
        "endpoint_mode": str((endpoint.get("Spec") or spec.get("EndpointSpec") or {}).get("Mode") or "vip"),
        "virtual_ips": [str(one.get("Addr", "")) for one in endpoint.get("VirtualIPs") or ()],
        "ports": [
            {
                "published": int(port.get("PublishedPort") or 0),
                "target": int(port.get("TargetPort") or 0),
                "protocol": str(port.get("Protocol", "tcp")),
                "mode": str(port.get("PublishMode", "ingress")),
            }
            for port in endpoint.get("Ports") or ()
        ],
    }


def _task(task: Mapping[str, Any]) -> dict[str, Any]:
    status = task.get("Status") or {}
    container = status.get("ContainerStatus") or {}
    return {
        "id": str(task.get("ID", "")),
        "service": str(task.get("ServiceID", "")),
        "node": str(task.get("NodeID", "")),
        "slot": int(task.get("Slot") or 0),
        "state": str(status.get("State", "")),
        "desired": str(task.get("DesiredState", "")),
        "error": str(status.get("Err", "")),
        "container": str(container.get("ContainerID", "")),
        "at": str(status.get("Timestamp", "")),
    }
