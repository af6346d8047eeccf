"""Networks of a part some of whose services have other names now: inside of it the old names are still answered."""

from typing import Any

from .names import Renaming


def networks_referred(body: Any, names: Renaming) -> Any:
    """A service with the new names of networks."""
    networks = body.get("networks") if isinstance(body, dict) else None
    if isinstance(networks, list):
        return {**body, "networks": [names.get(str(one), str(one)) for one in networks]}
    if isinstance(networks, dict):
        return {**body, "networks": {names.get(key, key): inner for key, inner in networks.items()}}
    return body


def kept_apart(body: Any, own: str, alias: str) -> Any:
    """A service on the part's network `own` in the default one's place; `alias`: its name before, "" if it is the same.

    Without this, a name that two parts have would lead to either.
    """
    if not isinstance(body, dict) or "network_mode" in body:
        return body
    networks = body.get("networks") or {"default": None}
    if isinstance(networks, list):
        networks = {str(one): None for one in networks}
    if not isinstance(networks, dict):
        return body
    return {**body, "networks": {own if key == "default" else key: _known_as(v, alias) for key, v in networks.items()}}


def _known_as(settings: Any, alias: str) -> Any:
    if not alias:
        return settings if settings is not None else {}
    known = settings if isinstance(settings, dict) else {}
    aliases = known.get("aliases")
    return {**known, "aliases": [*(aliases if isinstance(aliases, list) else []), alias]}
