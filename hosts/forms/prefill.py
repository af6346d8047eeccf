"""What the deploy form starts with: from an image's configuration, or from the newest revision of an application."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.compose.types import Project, Service
from gallery.compose.write import service_to_compose
from gallery.registry.types import ImageConfig

from .deploy import ENGINE_DEFAULT, OWN, SHARED
from .rows import EnvironmentRow, PortRow, Rows, VolumeRow

_NAME_CHARS = re.compile(r"[^a-z0-9_-]+")
LEFT_TO_THE_IMAGE = {"PATH", "HOME", "HOSTNAME"}


@dataclass
class Prefill:
    """initial: of ImageForm; rows: the repeatable rows."""

    initial: dict[str, Any] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)


def project_name(reference: str) -> str:
    """A name for an application of this image: "registry:5000/team/web-app:2" -> "web-app"."""
    path = reference.partition("@")[0]
    last = path.rsplit("/", 1)[-1].partition(":")[0].lower()
    return _NAME_CHARS.sub("-", last).strip("-_")[:63]


def from_image(reference: str, config: ImageConfig | None) -> Prefill:
    """The image's own ports, environment and volumes; without a configuration only its name.

    Ports are left to the engine to choose, so that a first deploy never meets a port that is taken. What a database
    writes is kept in a named volume.
    """
    initial: dict[str, Any] = {
        "image": reference,
        "name": project_name(reference),
        "restart": "unless-stopped",
        "network": SHARED,
    }
    if config is None:
        return Prefill(initial)
    rows = Rows()
    for entry in config.ports:
        port, _sign, protocol = entry.partition("/")
        rows.ports.append(PortRow("", port, protocol or "tcp"))
    for name, value in config.environment.items():
        if name not in LEFT_TO_THE_IMAGE:
            rows.environment.append(EnvironmentRow(name, value))
    taken: set[str] = set()
    for path in config.volumes:
        rows.volumes.append(VolumeRow(_volume_name(path, taken), path))
    return Prefill(initial, rows)


def _volume_name(path: str, taken: set[str]) -> str:
    parts = [part for part in re.split(r"[/\\:]+", path) if part]
    name = re.sub(r"[^a-zA-Z0-9_.-]+", "-", parts[-1] if parts else "data").strip("-.") or "data"
    name = name if len(name) > 1 else f"data-{name}"
    number = 1
    unique = name
    while unique in taken:
        number += 1
        unique = f"{name}-{number}"
    taken.add(unique)
    return unique


def from_compose(compose: str, values: Mapping[str, str], name: str) -> Prefill | None:
    """The image form that means the same as `compose`; None when the form cannot say all of it.

    The form's own text is parsed again and must give the same project, so nothing of the text can be lost unseen.
    """
    if values:
        return None
    try:
        project = parse_project(compose, values, name)
    except ComposeInvalid:
        return None
    if len(project.services) != 1 or "$" in compose.replace("$$", ""):
        return None
    prefill = _from_service(project.services[0])
    return prefill if _same(project, prefill) else None


def _from_service(service: Service) -> Prefill:
    rows = Rows(
        ports=[PortRow(port.published, str(port.target), port.protocol) for port in service.ports],
        environment=[EnvironmentRow(key, value) for key, value in service.environment.items()],
        volumes=[VolumeRow(one.source, one.target, "ro" if one.read_only else "rw") for one in service.mounts],
    )
    memory = service.resources.memory
    initial = {
        "image": service.image,
        "command": shlex.join(service.command or ()),
        "restart": service.restart.name,
        "network": SHARED if service.network_mode == ENGINE_DEFAULT else OWN,
        "cpus": service.resources.cpus,
        "memory": "" if not memory else f"{memory // 1024**2}M" if memory % 1024**2 == 0 else f"{memory}b",
    }
    return Prefill(initial, rows)


def _same(project: Project, prefill: Prefill) -> bool:
    initial = prefill.initial
    service: dict[str, Any] = {"image": initial["image"], "restart": initial["restart"]}
    if initial["command"]:
        service["command"] = shlex.split(initial["command"])
    if initial["network"] == SHARED:
        service["network_mode"] = ENGINE_DEFAULT
    if initial["cpus"]:
        service["cpus"] = initial["cpus"]
    if initial["memory"]:
        service["mem_limit"] = initial["memory"]
    if not prefill.rows.is_valid():
        return False
    text = service_to_compose({**service, **prefill.rows.as_compose()}, name=project.services[0].name, literal=True)
    try:
        again = parse_project(text, {}, project.name)
    except ComposeInvalid:
        return False
    return _without_lines(again) == _without_lines(project)


def _without_lines(project: Project) -> Project:
    return replace(project, services=tuple(replace(service, line=0) for service in project.services))


def initial_targets(targets: Mapping[str, Any]) -> dict[str, Any]:
    """The public contract's targets as the form's fields."""
    if cluster := targets.get("cluster"):
        return {"target": "cluster", "cluster": cluster}
    strategy = {"strategy": targets["strategy"]} if "strategy" in targets else {}
    if ids := targets.get("hosts"):
        return {"target": "hosts", "hosts": list(ids), **strategy}
    if labels := targets.get("labels"):
        text = ", ".join(f"{k}={v}" if v else k for k, v in labels.items())
        return {"target": "labels", "host_labels": text, **strategy}
    return {"target": "any", **strategy}
