"""Names of a part that are taken already, and every place where a part refers to them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

Renaming = Mapping[str, str]


def free_name(name: str, part: str, taken: Collection[str], *, sign: str = "-") -> str:
    """`name` if it is free, else with its part before it, else with a number behind it."""
    if name not in taken:
        return name
    start = name if name == part else f"{part}{sign}{name}"
    found, number = start, 1
    while found in taken:
        number += 1
        found = f"{start}{sign}{number}"
    return found


def scalars_changed(value: Any, change: Callable[[str], str]) -> Any:
    """The same tree with every text in it passed through `change`; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: scalars_changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [scalars_changed(inner, change) for inner in value]
    return value


def services_renamed(services: dict[str, Any], names: Renaming) -> dict[str, Any]:
    """The services under their new names, with what they say of each other."""
    return {names.get(key, key): _service(body, names) for key, body in services.items()}


def _service(body: Any, names: Renaming) -> Any:
    if not isinstance(body, dict):
        return body
    found = dict(body)
    for key in ("network_mode", "ipc", "pid"):
        text = found.get(key)
        if isinstance(text, str) and text.startswith("service:"):
            found[key] = f"service:{_new(text.removeprefix('service:'), names)}"
    for key in ("links", "volumes_from"):
        if isinstance(found.get(key), list):
            found[key] = [_first(str(one), names) for one in found[key]]
    if "depends_on" in found:
        found["depends_on"] = _keys(found["depends_on"], names)
    extends = found.get("extends")
    if isinstance(extends, str):
        found["extends"] = _new(extends, names)
    elif isinstance(extends, dict) and "file" not in extends:
        found["extends"] = {**extends, "service": _new(str(extends.get("service", "")), names)}
    return found


def _new(name: str, names: Renaming) -> str:
    return names.get(name, name)


def _first(text: str, names: Renaming) -> str:
    """ "db:database" -> "shop-db:database"; a link without an alias keeps the old name as one."""
    name, colon, rest = text.partition(":")
    new = _new(name, names)
    return f"{new}:{rest}" if colon else new


def _keys(value: Any, names: Renaming) -> Any:
    if isinstance(value, list):
        return [_new(str(one), names) for one in value]
    if isinstance(value, dict):
        return {_new(key, names): inner for key, inner in value.items()}
    return value


def volumes_referred(body: Any, names: Renaming) -> Any:
    """A service with the new names of volumes."""
    if not isinstance(body, dict) or not isinstance(body.get("volumes"), list):
        return body
    return {**body, "volumes": [_mount(one, names) for one in body["volumes"]]}


def _mount(mount: Any, names: Renaming) -> Any:
    if isinstance(mount, str):
        source, colon, rest = mount.partition(":")
        return f"{_new(source, names)}:{rest}" if colon else mount
    if isinstance(mount, dict) and mount.get("type") == "volume" and isinstance(mount.get("source"), str):
        return {**mount, "source": _new(mount["source"], names)}
    return mount


def contents_referred(body: Any, kind: str, names: Renaming) -> Any:
    """A service with the new names of configs or secrets; where they lie in the container stays the same."""
    if not isinstance(body, dict) or not isinstance(body.get(kind), list):
        return body
    return {**body, kind: [_content(one, kind, names) for one in body[kind]]}


def _content(one: Any, kind: str, names: Renaming) -> Any:
    old = str(one.get("source", "")) if isinstance(one, dict) else str(one)
    if old not in names:
        return one
    target = {"target": f"/{old}" if kind == "configs" else old}
    return {**target, **(one if isinstance(one, dict) else {}), "source": names[old]}
