"""What a request names, so that whoever asks for a decision can find out whose it is."""

from collections.abc import Iterator
from typing import Any

from .checks.isolation import HARMLESS_MODES
from .checks.mounts import bind_source
from .checks.paths import is_volume_name
from .documents import Struct
from .endpoints import Endpoint, endpoint_find
from .types import ADMIN, Named, Policy, Request


def names_of(request: Request, *, role: str, policy: Policy) -> tuple[Named, ...]:
    """Each thing that `decide` wants to know for this request, once. Raises Unclear for an unreadable body."""
    found = endpoint_find(request.method, request.path)
    if found is None:
        return ()
    row, name = found
    limited, shared = role != ADMIN, policy.ownership.shared
    wanted: dict[tuple[str, str], bool] = {}
    for one in _named(row, name, request):
        if shared or (limited and (one.inspect or one.kind == "exec")):
            key = (one.kind, one.name)
            wanted[key] = wanted.get(key, False) or (one.inspect and limited)
    return tuple(Named(kind, name, inspect) for (kind, name), inspect in wanted.items())


def _named(row: Endpoint, name: str, request: Request) -> Iterator[Named]:
    if row.kind:
        rollback = row.name == "services.update" and bool(request.first("rollback"))
        yield Named(row.kind, name, row.control or row.name == "networks.connect" or rollback)
    if row.name == "containers.create":
        yield from create_names(request.body)
    elif row.name == "containers.commit":
        yield Named("container", request.first("container"), True)
    elif row.name in ("networks.connect", "networks.disconnect"):
        if container := Struct(request.body, "body").text("Container"):
            yield Named("container", container)
    elif row.name in ("services.create", "services.update"):
        yield from _service(request.body)
    elif row.name == "build":
        yield from _mode(request.first("networkmode"), network=True)


def create_names(body: Any) -> Iterator[Named]:
    """Volumes, containers and networks in the body of POST /containers/create."""
    fields = Struct(body, "container")
    host = Struct(fields.get("HostConfig"), "HostConfig")
    for text in _texts(host.get("Binds")):
        source = bind_source(text)
        if source and is_volume_name(source):
            yield Named("volume", source, True)
    yield from _mounts(host.get("Mounts"))
    for text in _texts(host.get("VolumesFrom")):
        yield Named("container", text.partition(":")[0], True)
    for text in _texts(host.get("Links")):
        yield Named("container", text.partition(":")[0].lstrip("/"))
    yield from _mode(host.get("NetworkMode"), network=True)
    for mode in ("PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupnsMode"):
        yield from _mode(host.get(mode), network=False)
    endpoints = Struct(fields.get("NetworkingConfig"), "NetworkingConfig").get("EndpointsConfig")
    for network, endpoint in (endpoints if isinstance(endpoints, dict) else {}).items():
        yield from _mode(network, network=True)
        for text in _texts(Struct(endpoint, "EndpointsConfig").get("Links")):
            yield Named("container", text.partition(":")[0].lstrip("/"))


def _service(body: Any) -> Iterator[Named]:
    fields = Struct(body, "service")
    task = Struct(fields.get("TaskTemplate"), "TaskTemplate")
    spec = Struct(task.get("ContainerSpec"), "ContainerSpec")
    yield from _mounts(spec.get("Mounts"))
    for kind, field, id_field in (("secret", "Secrets", "SecretID"), ("config", "Configs", "ConfigID")):
        for item in _list(spec.get(field)):
            yield Named(kind, Struct(item, field).text(id_field))
    for holder in (fields, task):
        for item in _list(holder.get("Networks")):
            yield from _mode(Struct(item, "Networks").text("Target"), network=True)


def _mounts(value: Any) -> Iterator[Named]:
    for item in _list(value):
        mount = Struct(item, "Mounts")
        if mount.text("Type") == "volume" and is_volume_name(mount.text("Source")):
            yield Named("volume", mount.text("Source"), True)


def _mode(value: Any, *, network: bool) -> Iterator[Named]:
    if not isinstance(value, str) or value in (*HARMLESS_MODES["network"], "host"):
        return
    kind, sign, name = value.partition(":")
    if sign and kind == "container":
        yield Named("container", name, True)
    elif network and not sign:
        yield Named("network", value, True)


def _texts(value: Any) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
