"""From the wire's facts to the fields of our rows: clamped, cleaned, in our own shapes. Pure.

An agent is not trusted to keep to column sizes, and PostgreSQL takes no NUL in a text.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from engine_agent.protocol.facts import ContainerFact, HostFacts, ImageFact, NetworkFact, VolumeFact

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
_INT_MAX = 2**31 - 1
_BIG_MAX = 2**63 - 1


def text(value: str, limit: int) -> str:
    """At most `limit` characters, without NUL."""
    return value.replace("\x00", "")[:limit]


def _count(value: int, top: int = _INT_MAX) -> int:
    return max(0, min(value, top))


def _moment(value: datetime | None) -> datetime | None:
    if value is None or value.year < 1980:  # the Engine API's "never" is the year 1
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _clean(value: Any) -> Any:
    """The same JSON-ready value without NUL in any text."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


def host_fields(facts: HostFacts) -> dict[str, Any]:
    """Fields of Host."""
    return {
        "os": text(facts.os, 16),
        "os_name": text(facts.os_name, 160),
        "os_version": text(facts.os_version, 64),
        "kernel": text(facts.kernel, 128),
        "architecture": text(facts.architecture, 32),
        "isolation": text(facts.isolation, 16),
        "cpus": _count(facts.cpus),
        "memory_bytes": _count(facts.memory_bytes, _BIG_MAX),
        "engine_version": text(facts.engine_version, 64),
        "api_version": text(facts.api_version, 16),
        "engine_error": text(facts.engine_error, 400),
        "agent_version": text(facts.agent_version, 32),
        "facts": _clean(msgspec.to_builtins(facts)),
    }


def container_fields(fact: ContainerFact) -> dict[str, Any]:
    """Fields of Container, observed_at apart."""
    labels = _clean(fact.labels)
    return {
        "cid": text(fact.cid, 64),
        "name": text(fact.name.lstrip("/"), 255),
        "image": text(fact.image, 400),
        "image_id": text(fact.image_id, 80),
        "command": text(fact.command, 4000),
        "state": text(fact.state, 16),
        "health": text(fact.health, 16),
        "exit_code": None if fact.exit_code is None else max(-_INT_MAX, min(fact.exit_code, _INT_MAX)),
        "restarts": _count(fact.restarts),
        "ports": [
            {"address": port.address, "published": port.published, "target": port.target, "protocol": port.protocol}
            for port in fact.ports
        ],
        "mounts": _clean([msgspec.to_builtins(mount) for mount in fact.mounts]),
        "networks": _clean(sorted(fact.networks)),
        "labels": labels,
        "project": text(labels.get(PROJECT_LABEL, ""), 120),
        "service": text(labels.get(SERVICE_LABEL, ""), 120),
        "created": _moment(fact.created),
        "started": _moment(fact.started),
        "finished": _moment(fact.finished),
    }


def image_fields(fact: ImageFact) -> dict[str, Any]:
    """Fields of Image, observed_at apart."""
    return {
        "image_id": text(fact.image_id, 80),
        "tags": _clean(sorted(fact.tags)),
        "digests": _clean(sorted(fact.digests)),
        "size": _count(fact.size, _BIG_MAX),
        "created": _moment(fact.created),
    }


def network_fields(fact: NetworkFact) -> dict[str, Any]:
    """Fields of Network, observed_at apart."""
    return {
        "network_id": text(fact.network_id, 80),
        "name": text(fact.name, 255),
        "driver": text(fact.driver, 64),
        "scope": text(fact.scope, 16),
        "subnets": _clean(list(fact.subnets)),
        "labels": _clean(fact.labels),
    }


def volume_fields(fact: VolumeFact) -> dict[str, Any]:
    """Fields of Volume, observed_at apart."""
    return {
        "name": text(fact.name, 255),
        "driver": text(fact.driver, 64),
        "labels": _clean(fact.labels),
        "options": None if fact.options is None else _clean(fact.options),
        "created": _moment(fact.created),
    }
