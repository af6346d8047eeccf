"""Whether the rules allow what an Engine API body asks for. Pure; the first refusal counts.

Read from the engine's own source and API description: what gives a container more than its own file system, processes
and network is refused unless a rule names it, and what is not understood is refused too.
"""

from collections.abc import Iterator

from .paths import Place, Unresolvable, inside, is_host_path, is_socket, normal, reaches_socket, split_bind, split_root
from .refusal import Body, Refused, bodies, matches, number, part, words
from .rules import Rules

PLAIN_DRIVERS = {"", "default", "bridge", "overlay", "nat", "none", "null"}
FILE_SERVERS = {"nfs", "nfs4", "cifs", "smb3", "tmpfs"}  # local volumes of these kinds reach nothing of the host


def container_check(rules: Rules, body: Body, place: Place, name: str = "The container") -> None:
    """POST /containers/create. Raises Refused."""
    host = part(body, "HostConfig")
    host_check(rules, host, place, name)
    endpoints = part(part(body, "NetworkingConfig"), "EndpointsConfig")
    if "host" in endpoints:
        _namespace(rules, "network", name)
    limits_check(rules, host, name)


def host_check(rules: Rules, host: Body, place: Place, name: str) -> None:
    """A HostConfig, but for its limits. Raises Refused."""
    if host.get("Privileged") and not rules.privileged:
        raise Refused("privileged", f"{name} wants to be privileged")
    for space, key in (
        ("network", "NetworkMode"),
        ("pid", "PidMode"),
        ("ipc", "IpcMode"),
        ("uts", "UTSMode"),
        ("userns", "UsernsMode"),
        ("cgroup", "CgroupnsMode"),
    ):
        if host.get(key) == "host":
            _namespace(rules, space, name)
    _devices(rules, host, name)
    for capability in words(host.get("CapAdd")):
        word = capability.upper().removeprefix("CAP_")
        if not matches(word, rules.capabilities):
            raise Refused("capabilities", f"{name} wants the capability {word}")
    _security(rules, host, name)
    runtime = str(host.get("Runtime") or "")
    if runtime and not matches(runtime, rules.runtimes):
        raise Refused("runtimes", f"{name} wants the runtime {runtime}")
    if words(host.get("VolumesFrom")) and not rules.volumes_from:
        raise Refused("volumes_from", f"{name} wants the mounts of another container")
    driver_check(rules, str(host.get("VolumeDriver") or ""), name)
    for source, read_only in binds(host):
        bind_check(rules, source, read_only, place, name)
    for mount in bodies(host.get("Mounts")):
        mount_check(rules, mount, place, name)


def binds(host: Body) -> Iterator[tuple[str, bool]]:
    """Host paths of HostConfig.Binds, and whether each is read-only."""
    for bind in words(host.get("Binds")):
        source, read_only = split_bind(bind)
        if is_host_path(source):
            yield source, read_only


def mount_check(rules: Rules, mount: Body, place: Place, name: str) -> None:
    """A Mount of the Engine API. Raises Refused."""
    kind, source = str(mount.get("Type") or ""), str(mount.get("Source") or "")
    if kind in {"bind", "npipe"} or (kind == "volume" and is_host_path(source)):
        bind_check(rules, source, bool(mount.get("ReadOnly")), place, name)
    elif kind == "volume":
        config = part(part(mount, "VolumeOptions"), "DriverConfig")
        volume_check(rules, {"Driver": config.get("Name"), "DriverOpts": config.get("Options")}, place, name)
    elif kind not in {"tmpfs", "image", "cluster"}:
        raise Refused("bind_roots", f"{name} wants a mount of the unknown kind “{kind}”")


def bind_check(rules: Rules, source: str, read_only: bool, place: Place, name: str) -> None:
    """One path of the host in a container. Raises Refused."""
    try:
        real = normal(place.real(source))
    except Unresolvable as error:
        raise Refused("bind_roots", f"{name} wants {source} of the host, and {error}") from error
    paths = {normal(source), real}
    if not rules.docker_socket and any(reaches_socket(path, place.sockets) for path in paths):
        raise Refused("docker_socket", f"{name} wants the engine's socket by {source}")
    if not any(is_socket(path, place.sockets) for path in paths) and not _in_roots(rules, paths, read_only, place):
        led = f" (which leads to {real})" if real != normal(source) else ""
        raise Refused("bind_roots", f"{name} wants {source}{led} of the host" + ("" if read_only else " for writing"))
    if not read_only:
        for guarded in place.guarded:
            kept = normal(guarded)
            if any(inside(kept, path) or inside(path, kept) for path in paths):
                raise Refused("bind_roots", f"{name} wants to write where the agent keeps {guarded}")


def _in_roots(rules: Rules, paths: set[str], read_only: bool, place: Place) -> bool:
    """Whether the path as written and the one it leads to are both below one allowed root."""
    for root in rules.bind_roots:
        folder, for_reading = split_root(root)
        if for_reading and not read_only:
            continue
        try:
            roots = {normal(folder), normal(place.real(folder))}
        except Unresolvable:
            roots = {normal(folder)}
        if all(any(inside(path, allowed) for allowed in roots) for path in paths):
            return True
    return False


def volume_check(rules: Rules, body: Body, place: Place, name: str = "The volume") -> None:
    """POST /volumes/create. A local volume can be a bind in disguise: `type=none`, `o=bind`, `device=/path`."""
    driver_check(rules, str(body.get("Driver") or ""), name)
    options = {str(key).lower(): str(value) for key, value in part(body, "DriverOpts").items()}
    if str(body.get("Driver") or "local") != "local" or not options:
        return
    kind, device = options.get("type", ""), options.get("device", "")
    flags = [word.strip() for word in options.get("o", "").lower().split(",")]
    if "bind" in flags or "rbind" in flags or kind in {"", "none"}:
        if device:
            bind_check(rules, device, "ro" in flags, place, name)
    elif kind not in FILE_SERVERS:
        raise Refused("bind_roots", f"{name} wants to mount {device or 'a device'} of the kind “{kind}”")


def driver_check(rules: Rules, driver: str, name: str) -> None:
    """A volume driver. Raises Refused."""
    if driver and not matches(driver, rules.volume_drivers):
        raise Refused("volume_drivers", f"{name} wants the volume driver {driver}")


def network_check(rules: Rules, body: Body, name: str = "The network") -> None:
    """POST /networks/create. Drivers that put containers on the host's own wire count as its network."""
    driver = str(body.get("Driver") or "")
    if driver not in PLAIN_DRIVERS and "network" not in rules.host_namespaces:
        raise Refused("host_namespaces", f"{name} wants the driver {driver}, which is on the host's own network")


def limits_check(rules: Rules, host: Body, name: str, *, change: bool = False) -> None:
    """Memory and CPUs of one container. change: of an update, which leaves alone what it does not name."""
    if rules.maximum_memory is not None:
        memory = number(host.get("Memory"))
        if memory > rules.maximum_memory:
            raise Refused(
                "maximum_memory", f"{name} wants {_mib(memory)} of memory, at most {_mib(rules.maximum_memory)}"
            )
        if memory <= 0 and not (change and "Memory" not in host):
            what = f"{name} has no memory limit; give it one of at most {_mib(rules.maximum_memory)}"
            raise Refused("maximum_memory", what)
    if rules.maximum_cpus is not None:
        cpus = _cpus(host)
        if cpus > rules.maximum_cpus:
            raise Refused("maximum_cpus", f"{name} wants {cpus:g} CPUs, at most {rules.maximum_cpus:g}")
        if cpus <= 0 and not (change and not {"NanoCpus", "CpuQuota", "CpuCount"} & set(host)):
            raise Refused("maximum_cpus", f"{name} has no CPU limit; give it one of at most {rules.maximum_cpus:g}")


def count_check(rules: Rules, there: int, more: int) -> None:
    """How many containers the host would have. Raises Refused."""
    if rules.maximum_containers is not None and more > 0 and there + more > rules.maximum_containers:
        what = f"The host would have {there + more} containers, at most {rules.maximum_containers}"
        raise Refused("maximum_containers", what)


def image_check(rules: Rules, reference: str) -> None:
    """An image that would be pulled. Raises Refused."""
    registry = registry_of(reference)
    if rules.registries is not None and not matches(registry, rules.registries):
        raise Refused("registries", f"The image {reference} is of the registry {registry}")


def build_check(rules: Rules, reference: str) -> None:
    """An image that would be built on the host. Raises Refused."""
    if not rules.build:
        raise Refused("build", f"The image {reference} was to be built")


def registry_of(reference: str) -> str:
    """The registry of an image reference; Docker Hub's is "docker.io"."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return "docker.io" if first.lower() in {"index.docker.io", "registry-1.docker.io"} else first.lower()
    return "docker.io"


def action_check(rules: Rules, word: str) -> None:
    """What is done, by its word. Raises Refused."""
    if rules.allowed is not None and word not in rules.allowed:
        raise Refused("allowed", f"“{word}” was asked for")
    if word in {"exec", "attach"} and not rules.exec:
        raise Refused("exec", "A program or a terminal inside a container was asked for")
    if word == "swarm" and not rules.swarm:
        raise Refused("swarm", "A change of the swarm was asked for, which lets other machines start containers here")
    if word == "plugins" and not rules.plugins:
        raise Refused("plugins", "A change of the engine's plugins was asked for")
    if word == "load" and not rules.may_load:
        raise Refused("load", "An image from an archive was given")
    if word == "build" and not rules.build:
        raise Refused("build", "An image was to be built")


def _namespace(rules: Rules, space: str, name: str) -> None:
    if space not in rules.host_namespaces:
        raise Refused("host_namespaces", f"{name} wants the host's own {space} namespace")


def _devices(rules: Rules, host: Body, name: str) -> None:
    for device in bodies(host.get("Devices")):
        path = str(device.get("PathOnHost") or "")
        if not matches(normal(path) if is_host_path(path) else path, rules.devices):
            raise Refused("devices", f"{name} wants the device {path}")
    for request in bodies(host.get("DeviceRequests")):
        word = str(request.get("Driver") or "gpu")
        if not matches(word, rules.devices):
            raise Refused("devices", f"{name} wants devices of the driver {word}")
    if words(host.get("DeviceCgroupRules")) and "*" not in rules.devices:
        raise Refused("devices", f"{name} wants a rule for devices")


def _security(rules: Rules, host: Body, name: str) -> None:
    options = [*words(host.get("SecurityOpt"))]
    for key in ("MaskedPaths", "ReadonlyPaths"):
        if host.get(key) is not None:
            options.append("systempaths=unconfined")
    for option in options:
        word = option.replace(":", "=", 1)
        if word in {"no-new-privileges", "no-new-privileges=true"} or matches(word, rules.security_options):
            continue
        raise Refused("security_options", f"{name} wants the security option {word[:60]}")


def _cpus(host: Body) -> float:
    nano, quota, count = (number(host.get(key)) for key in ("NanoCpus", "CpuQuota", "CpuCount"))
    if nano > 0:
        return nano / 1e9
    if quota > 0:
        return quota / (number(host.get("CpuPeriod")) or 100_000)
    return float(count)


def _mib(size: float) -> str:
    return f"{size / 2**20:.0f} MiB"
