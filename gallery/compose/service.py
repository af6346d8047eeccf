"""One service of the tree -> `Service`. Each attribute has one reader; an attribute without a reader is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import refused
from .attributes import ATTRIBUTES
from .contents import Content, project_files, read_grants
from .deploy import Deploy, read_deploy
from .environment import read_env_files, read_environment, read_hooks, read_label_files
from .limits import read_resources
from .mounts import PROJECT, read_volumes
from .networks import read_service_networks
from .nodes import UNRESOLVED, Entry, Map, Node, Scalar
from .parts import CONFIG, SECRET, File
from .reader import Reader
from .types import Dependency, Mount, Service

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
# Read together with others, below.
JOINED = (
    "configs", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares",
    "cpus", "cpuset", "credential_spec", "depends_on", "deploy", "env_file", "environment", "extends", "label_file",
    "labels", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "networks", "oom_kill_disable",
    "pids_limit", "post_start", "pre_stop", "profiles", "scale", "secrets", "volumes",
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What a service may refer to. names: the services that are on. idle: those that no profile switches on."""

    names: frozenset[str]
    idle: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    configs: dict[str, Content] = field(default_factory=dict)
    secrets: dict[str, Content] = field(default_factory=dict)


def _dependency(reader: Reader, entry: Entry, path: str) -> tuple[Dependency, bool]:
    """(the dependency, whether it must exist)."""
    known = reader.checked(entry.value, path, ("condition", "required", "restart"))
    condition = reader.choice(known.get("condition"), f"{path}.condition", CONDITIONS) or CONDITIONS[0]
    restart = reader.flag(known.get("restart"), f"{path}.restart") or False
    required = reader.flag(known.get("required"), f"{path}.required") is not False
    return Dependency(entry.key, condition, restart), required


def read_depends_on(reader: Reader, node: Node | None, path: str, around: Surroundings) -> tuple[Dependency, ...]:
    """Dependencies on other services; an unknown one is refused unless it is marked as not required."""
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return ()
    found: list[tuple[Dependency, bool]] = []
    if isinstance(node, Map):
        found = [_dependency(reader, entry, f"{path}.{entry.key}") for entry in reader.entries(node, path)]
    else:
        found = [(Dependency(name), True) for name in reader.texts(node, path)]
    kept: list[Dependency] = []
    for dependency, required in found:
        if dependency.service in around.names:
            kept.append(dependency)
        elif required:
            _no_service(reader, node, path, dependency.service, around)
    return tuple(kept)


def _no_service(reader: Reader, node: Node | None, path: str, name: str, around: Surroundings) -> None:
    if name in around.idle:
        message = f"The service “{name}” is switched off: none of its profiles is chosen."
        reader.refuse(path, node, message, "Choose its profile in the value COMPOSE_PROFILES.")
    else:
        reader.refuse(path, node, f"There is no service “{name}”.", "Name a service of this text.")


def _implied(
    reader: Reader, known: Map, path: str, service: Mapping[str, Any], around: Surroundings
) -> list[Dependency]:
    """Services whose namespaces, links or volumes are shared: they must be there first."""
    wanted: dict[str, str] = {}
    for name in ("network_mode", "ipc", "pid"):
        kind, _, other = str(service.get(name, "")).partition(":")
        if kind == "service":
            wanted.setdefault(other, name)
    for other, _ in service.get("links", ()):
        wanted.setdefault(other, "links")
    for text in service.get("volumes_from", ()):
        kind, other = text.split(":")[:2]
        if kind == "service":
            wanted.setdefault(other, "volumes_from")
    found = []
    for other, attribute in wanted.items():
        if other in around.names:
            found.append(Dependency(other, implied=True))
        else:
            _no_service(reader, known.get(attribute), f"{path}.{attribute}", other, around)
    return found


def _depends_on(reader: Reader, known: Map, path: str, fields: Mapping[str, Any], around: Surroundings) -> Any:
    named = read_depends_on(reader, known.get("depends_on"), f"{path}.depends_on", around)
    have = {one.service for one in named}
    return (*named, *(one for one in _implied(reader, known, path, fields, around) if one.service not in have))


def _labels(reader: Reader, known: Map, path: str, values: Mapping[str, str]) -> dict[str, str]:
    files = read_label_files(reader, known.get("label_file"), f"{path}.label_file", values)
    return {**files, **reader.labels(known.get("labels"), f"{path}.labels")}


def _environment(reader: Reader, known: Map, path: str, values: Mapping[str, str]) -> dict[str, str]:
    files = read_env_files(reader, known.get("env_file"), f"{path}.env_file", values)
    return {**files, **read_environment(reader, known.get("environment"), f"{path}.environment", {**files, **values})}


def _credential_spec(reader: Reader, known: Map, path: str, around: Surroundings) -> tuple[str, ...]:
    """The security option of a group managed service account (Windows)."""
    node = known.get("credential_spec")
    if node is None:
        return ()
    path = f"{path}.credential_spec"
    parts = reader.checked(node, path, ("config", "file", "registry"))
    given = [name for name in ("config", "file", "registry") if name in parts.entries]
    if len(given) != 1:
        reader.refuse(path, node, "Exactly one of config, file and registry is needed.")
        return ()
    text = reader.text(parts.get(given[0]), f"{path}.{given[0]}") or ""
    if given[0] != "config":
        return (f"credentialspec={given[0]}://{text}",)
    content = around.configs.get(text)
    if content is None:
        reader.refuse(f"{path}.config", node, f"There is no config “{text}”.", "Add it under “configs”.")
        return ()
    return (f"credentialspec=raw://{content.text or ''}",)


def _mounts(reader: Reader, known: Map, path: str) -> tuple[tuple[Mount, ...], tuple[File, ...]]:
    """(mounts, the project's own files among them)."""
    node = known.get("volumes")
    found = read_volumes(reader, node, f"{path}.volumes") if node is not None else ()
    files = [file for mount in found if mount.type == PROJECT for file in project_files(reader, mount)]
    return tuple(mount for mount in found if mount.type != PROJECT), tuple(files)


def _check(reader: Reader, entry: Entry, known: Map, path: str, service: Service) -> None:
    """What only shows when the attributes are seen together."""
    image = known.get("image")
    if not service.image and not (isinstance(image, Scalar) and image.kind == UNRESOLVED):
        remedy = "Name an image, like nginx:1.27."
        if image is not None or not {"build", "provider"} & _keys(entry):
            reader.refuse(f"{path}.image", image or entry, "The service has no image.", remedy)
    if service.network_mode and known.get("networks") is not None:
        message = "“network_mode” and “networks” do not go together."
        reader.refuse(f"{path}.network_mode", known.entries["network_mode"], message, "Remove one of them.")
    if service.network_mode == "host" and service.ports:
        message = "With “network_mode: host” every port is the host's own; “ports” has no effect."
        reader.refuse(f"{path}.ports", known.entries["ports"], message, "Remove “ports”.")
    if ":" in service.network_mode and service.ports:
        message = f"With “network_mode: {service.network_mode}” the ports are the other's; “ports” has no effect."
        reader.refuse(f"{path}.ports", known.entries["ports"], message, "Publish them there.")
    if service.container_name and service.replicas > 1:
        message = f"{service.replicas} replicas cannot share one container name."
        reader.refuse(f"{path}.container_name", known.entries["container_name"], message, "Remove “container_name”.")
    _check_files(reader, entry, path, service)


def _check_files(reader: Reader, entry: Entry, path: str, service: Service) -> None:
    """Files are written into the container's own layer before it starts; some places cannot be written."""
    targets: set[str] = set()
    for file in service.files:
        cover = next((one for one in _memory(service) if file.target == one or file.target.startswith(f"{one}/")), None)
        where = f"{path}.{file.kind}s.{file.key}"
        if cover is not None:
            message = f"{file.target} would be hidden by what is mounted in memory at {cover}."
            reader.refuse(where, entry, message, "Choose another target for one of them.")
        elif file.target in targets:
            reader.refuse(where, entry, f"Something else is put at {file.target} already.", "Choose another target.")
        elif service.read_only:
            message = f"{file.target} cannot be written: the container's files are read-only."
            reader.refuse(where, entry, message, "Remove “read_only”, or mount the file from the host.")
        targets.add(file.target)


def _memory(service: Service) -> list[str]:
    mounted = [mount.target for mount in service.mounts if mount.type == "tmpfs"]
    return [target.rstrip("/") for target in (*service.tmpfs, *mounted)]


def _keys(entry: Entry) -> set[str]:
    return set(entry.value.entries) if isinstance(entry.value, Map) else set()


def _fixed_ports(reader: Reader, known: Map, path: str, service: Service, deploy: Deploy) -> None:
    fixed = [port.published for port in service.ports if port.published and "-" not in port.published]
    if service.replicas > 1 and fixed and deploy.placement.max_per_host != 1:
        message = f"{service.replicas} replicas cannot all publish port {fixed[0]} of one host."
        remedy = f"Publish a range, like {fixed[0]}-{int(fixed[0]) + service.replicas - 1}, or no fixed port."
        reader.refuse(f"{path}.ports", known.entries["ports"], message, remedy)


def read_service(reader: Reader, entry: Entry, around: Surroundings) -> Service:
    """The service at `entry`, its `extends` followed already."""
    path = f"services.{entry.key}"
    known = reader.checked(entry.value, path, (*ATTRIBUTES, *JOINED), refused.SERVICE)
    fields: dict[str, Any] = {}
    for name, (attribute, read) in ATTRIBUTES.items():
        node = known.get(name)
        if node is not None and not (isinstance(node, Scalar) and node.kind == "null"):
            fields[attribute] = read(reader, node, f"{path}.{name}")
    fields = {name: value for name, value in fields.items() if name and value is not None}
    deploy = read_deploy(reader, known, path)
    fields["mounts"], files = _mounts(reader, known, path)
    configs = read_grants(reader, known.get("configs"), f"{path}.configs", CONFIG, around.configs)
    secrets = read_grants(reader, known.get("secrets"), f"{path}.secrets", SECRET, around.secrets)
    fields["files"] = (*files, *configs, *secrets)
    fields["environment"] = _environment(reader, known, path, around.values)
    fields["labels"] = _labels(reader, known, path, around.values)
    fields["resources"] = read_resources(reader, known, path, deploy)
    fields["security_opt"] = (*fields.get("security_opt", ()), *_credential_spec(reader, known, path, around))
    fields["devices_wanted"] = (*fields.get("devices_wanted", ()), *deploy.devices)
    fields["profiles"] = reader.texts(known.get("profiles"), f"{path}.profiles")
    for name in ("post_start", "pre_stop"):
        if (node := known.get(name)) is not None:
            fields[name] = read_hooks(reader, node, f"{path}.{name}", around.values)
    for name in ("replicas", "mode", "placement", "update", "rollback", "endpoint_mode", "restart_delay"):
        fields[name] = getattr(deploy, name)
    fields["restart_window"], fields["deploy_labels"] = deploy.restart_window, deploy.labels
    if deploy.restart is not None:
        fields["restart"] = deploy.restart  # as docker compose has it: `deploy` wins
    fields["depends_on"] = _depends_on(reader, known, path, fields, around)
    if not fields.get("network_mode"):
        fields["networks"] = read_service_networks(reader, known.get("networks"), f"{path}.networks")
    service = Service(name=entry.key, line=entry.line, **{"image": "", **fields})
    _check(reader, entry, known, path, service)
    _fixed_ports(reader, known, path, service, deploy)
    return service
