"""Attributes of one service -> compose text."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from .mounts import volume_source

SERVICE = "app"


def _escaped(value: Any) -> Any:
    """The same value with every dollar sign doubled, so that it stands for itself."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(inner) for inner in value]
    return value


def _plain(value: Any) -> Any:
    """Only what YAML's core schema has."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _named_volumes(service: Mapping[str, Any]) -> dict[str, None]:
    names: dict[str, None] = {}
    volumes = service.get("volumes")
    for volume in volumes if isinstance(volumes, list | tuple) else ():
        name = volume_source(volume) if isinstance(volume, str) else ""
        if isinstance(volume, Mapping) and volume.get("type") == "volume":
            name = str(volume.get("source") or "")
        if name:
            names[name] = None
    return names


def _named_networks(service: Mapping[str, Any]) -> dict[str, None]:
    networks = service.get("networks")
    if isinstance(networks, Mapping | list | tuple):
        return {str(key): None for key in networks if key != "default"}
    return {}


def service_to_compose(service: Mapping[str, Any], *, name: str = SERVICE, literal: bool = False) -> str:
    """The compose text of a project with this one service; its named volumes and networks are declared beside it.

    service: compose service attributes, as decoded from JSON. literal: dollar signs stand for themselves instead of
    starting a variable. The text is not checked here: `parse_project` does that.
    """
    body = _plain(_escaped(service) if literal else service)
    volumes: dict[str, Any] = {key: {} for key in _named_volumes(body)}
    networks: dict[str, Any] = {key: {} for key in _named_networks(body)}
    return compose_text({"services": {name: body}, "volumes": volumes, "networks": networks})


def compose_text(project: Mapping[str, Any]) -> str:
    """A whole project as text; top-level parts with nothing in them are left out."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 4096
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    yaml.dump({key: _plain(value) for key, value in project.items() if value}, stream)
    return stream.getvalue()
