"""From a compose service to the Engine API's create bodies, labelled as docker compose labels. Pure.

Only what the service gives is in the body: an engine refuses some options by their mere presence (a capability list
on Windows). [Engine API 1.41, ContainerCreate, NetworkCreate, VolumeCreate; docker/compose pkg/api/labels.go]
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gallery.compose.types import Mount, Network, Port, Project, Service, ServiceNetwork, Volume

PREFIX = "com.docker.compose."
VERSION = "2.29.7"  # the release of docker compose whose labels these are
SECOND = 1_000_000_000  # durations of the Engine API are nanoseconds
CONDITIONS = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}
Body = dict[str, Any]


def container_name(project: Project, service: Service, number: int) -> str:
    """As docker compose names it, unless the file does."""
    return service.container_name or f"{project.name}-{service.name}-{number}"


def container_body(project: Project, service: Service, number: int, image_digest: str = "") -> Body:
    """The body of POST /containers/create. image_digest: what the tag stands for; a new one changes the hash."""
    body = _config(project, service) | {"HostConfig": _host_config(project, service)}
    if service.networks:
        first = service.networks[0]
        body["NetworkingConfig"] = {"EndpointsConfig": {_network_name(project, first): endpoint_body(service, first)}}
    labels = dict(service.labels) | {
        f"{PREFIX}project": project.name,
        f"{PREFIX}service": service.name,
        f"{PREFIX}oneoff": "False",
        f"{PREFIX}version": VERSION,
        f"{PREFIX}depends_on": ",".join(f"{one.service}:{one.condition}:false" for one in service.depends_on),
    }
    body["Labels"] = labels
    more = extra_networks(project, service)
    hash_of = {"create": body, "networks": more, "image": image_digest, "name": service.container_name}
    labels[f"{PREFIX}config-hash"] = digest_of(hash_of)
    labels[f"{PREFIX}container-number"] = str(number)
    return body


def digest_of(value: object) -> str:
    """SHA-256 in hex over canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def config_hash(body: Mapping[str, Any]) -> str:
    """The hash in a body made here."""
    return str(body["Labels"][f"{PREFIX}config-hash"])


def extra_networks(project: Project, service: Service) -> dict[str, Body]:
    """Endpoint settings of the networks beyond the first, by their name on the engine."""
    return {_network_name(project, one): endpoint_body(service, one) for one in service.networks[1:]}


def endpoint_body(service: Service, network: ServiceNetwork) -> Body:
    """EndpointSettings: the service's name is always an alias."""
    aliases = list(dict.fromkeys([service.name, *network.aliases]))
    body: Body = {"Aliases": aliases}
    address = {}
    if network.ipv4_address:
        address["IPv4Address"] = network.ipv4_address
    if network.ipv6_address:
        address["IPv6Address"] = network.ipv6_address
    if address:
        body["IPAMConfig"] = address
    return body


def network_body(project: Project, network: Network) -> Body | None:
    """The body of POST /networks/create; None for an external network."""
    if network.external:
        return None
    body: Body = {
        "Name": network.name,
        "CheckDuplicate": True,
        "Labels": _made_labels(project, "network", network.key, network.labels),
    }
    _put(body, "Driver", network.driver)
    _put(body, "Options", dict(network.driver_opts))
    _put(body, "Internal", network.internal)
    _put(body, "Attachable", network.attachable)
    _put(body, "EnableIPv6", network.enable_ipv6)
    pools = [
        {
            name: value
            for name, value in (
                ("Subnet", pool.subnet),
                ("Gateway", pool.gateway),
                ("IPRange", pool.ip_range),
                ("AuxiliaryAddresses", dict(pool.auxiliary)),
            )
            if value
        }
        for pool in network.ipam
    ]
    if network.ipam_driver or network.ipam_options or pools:
        body["IPAM"] = {"Driver": network.ipam_driver or "default", "Config": pools}
        _put(body["IPAM"], "Options", dict(network.ipam_options))
    return body


def volume_body(project: Project, volume: Volume) -> Body | None:
    """The body of POST /volumes/create; None for an external volume."""
    if volume.external:
        return None
    body: Body = {"Name": volume.name, "Labels": _made_labels(project, "volume", volume.key, volume.labels)}
    _put(body, "Driver", volume.driver)
    _put(body, "DriverOpts", dict(volume.driver_opts))
    return body


def _made_labels(project: Project, kind: str, key: str, labels: Mapping[str, str]) -> dict[str, str]:
    return dict(labels) | {f"{PREFIX}project": project.name, f"{PREFIX}{kind}": key, f"{PREFIX}version": VERSION}


def _put(body: Body, name: str, value: Any) -> None:
    """Only what is given: no empty text, list, object, and no false."""
    if value not in ("", None, False) and value != () and value != [] and value != {}:
        body[name] = value


def _network_name(project: Project, network: ServiceNetwork) -> str:
    return project.networks[network.key].name


def _config(project: Project, service: Service) -> Body:
    body: Body = {"Image": service.image}
    if service.command is not None:
        body["Cmd"] = list(service.command)
    if service.entrypoint is not None:
        body["Entrypoint"] = list(service.entrypoint)
    _put(body, "Env", [f"{name}={value}" for name, value in service.environment.items()])
    _put(body, "Hostname", service.hostname)
    _put(body, "Domainname", service.domainname)
    _put(body, "MacAddress", service.mac_address)
    _put(body, "User", service.user)
    _put(body, "WorkingDir", service.working_dir)
    _put(body, "Tty", service.tty)
    _put(body, "OpenStdin", service.stdin_open)
    _put(body, "StopSignal", service.stop_signal)
    if service.stop_grace_period is not None:
        body["StopTimeout"] = round(service.stop_grace_period)
    exposed: dict[str, Body] = {_with_protocol(one): {} for one in service.expose}
    exposed |= {f"{port.target}/{port.protocol}": {} for port in service.ports}
    _put(body, "ExposedPorts", exposed)
    check = service.healthcheck
    if check is not None:
        health: Body = {}
        body["Healthcheck"] = health
        _put(health, "Test", list(check.test))
        for name, value in (
            ("Interval", check.interval),
            ("Timeout", check.timeout),
            ("StartPeriod", check.start_period),
        ):
            if value is not None:
                health[name] = round(value * SECOND)
        if check.retries is not None:
            health["Retries"] = check.retries
    return body


def _with_protocol(port: str) -> str:
    return port if "/" in port else f"{port}/tcp"


def _host_config(project: Project, service: Service) -> Body:
    body: Body = {}
    if service.networks:
        body["NetworkMode"] = _network_name(project, service.networks[0])
    _put(body, "NetworkMode", body.get("NetworkMode") or service.network_mode)
    _put(body, "PortBindings", port_bindings(service.ports))
    body["RestartPolicy"] = {"Name": service.restart.name}
    _put(body["RestartPolicy"], "MaximumRetryCount", service.restart.max_retries)
    _put(body, "Binds", [_bind(mount) for mount in service.mounts if _as_bind(mount)])
    _put(body, "Mounts", [_mount(project, mount) for mount in service.mounts if not _as_bind(mount)])
    _put(body, "Tmpfs", dict(service.tmpfs))
    _resources(body, service)
    _isolation(body, service)
    _put(body, "ExtraHosts", list(service.hosts))
    _put(body, "Dns", list(service.dns))
    _put(body, "DnsSearch", list(service.dns_search))
    _put(body, "DnsOptions", list(service.dns_opt))
    _put(body, "Annotations", dict(service.annotations))
    if service.logging is not None:
        body["LogConfig"] = {"Type": service.logging.driver, "Config": dict(service.logging.options)}
    if service.init is not None:
        body["Init"] = service.init
    return body


def port_bindings(ports: tuple[Port, ...]) -> dict[str, list[dict[str, str]]]:
    """PortMap: every published port by its target."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(
            {"HostIp": port.address, "HostPort": port.published}
        )
    return bindings


def _as_bind(mount: Mount) -> bool:
    """Mounts refuse a source that is absent before API 1.42 and know no SELinux mark: those go into Binds."""
    return mount.type == "bind" and (mount.create_host_path or bool(mount.selinux))


def _bind(mount: Mount) -> str:
    options = [*(["ro"] if mount.read_only else []), mount.selinux, mount.propagation]
    text = ",".join(option for option in options if option)
    return f"{mount.source}:{mount.target}" + (f":{text}" if text else "")


def _mount(project: Project, mount: Mount) -> Body:
    body: Body = {"Type": mount.type, "Target": mount.target}
    source = project.volumes[mount.source].name if mount.type == "volume" and mount.source else mount.source
    if mount.type == "npipe":  # an engine takes pipes with backslashes only
        source, body["Target"] = source.replace("/", "\\"), mount.target.replace("/", "\\")
    _put(body, "Source", source)
    _put(body, "ReadOnly", mount.read_only)
    if mount.type == "bind":
        _put(body, "BindOptions", {"Propagation": mount.propagation} if mount.propagation else {})
    if mount.type == "volume":
        _put(body, "VolumeOptions", {"NoCopy": True} if mount.nocopy else {})
    if mount.type == "tmpfs":
        options: Body = {}
        _put(options, "SizeBytes", mount.tmpfs_size or None)
        _put(options, "Mode", mount.tmpfs_mode or None)
        _put(body, "TmpfsOptions", options)
    return body


def _resources(body: Body, service: Service) -> None:
    limits = service.resources
    if limits.cpus is not None:
        body["NanoCpus"] = round(limits.cpus * 1_000_000_000)
    for name, value in (
        ("Memory", limits.memory),
        ("MemoryReservation", limits.memory_reservation),
        ("MemorySwap", limits.memory_swap),
        ("PidsLimit", limits.pids),
        ("CpuShares", limits.cpu_shares),
        ("ShmSize", service.shm_size),
        ("OomScoreAdj", service.oom_score_adj),
    ):
        if value is not None:
            body[name] = value
    _put(body, "CpusetCpus", limits.cpuset)
    _put(body, "Ulimits", [{"Name": one.name, "Soft": one.soft, "Hard": one.hard} for one in service.ulimits])
    devices = [
        {"PathOnHost": one.source, "PathInContainer": one.target, "CgroupPermissions": one.permissions}
        for one in service.devices
    ]
    _put(body, "Devices", devices)


def _isolation(body: Body, service: Service) -> None:
    _put(body, "Privileged", service.privileged)
    _put(body, "ReadonlyRootfs", service.read_only)
    _put(body, "CapAdd", list(service.cap_add))
    _put(body, "CapDrop", list(service.cap_drop))
    _put(body, "SecurityOpt", list(service.security_opt))
    _put(body, "GroupAdd", list(service.group_add))
    _put(body, "Sysctls", dict(service.sysctls))
    _put(body, "PidMode", service.pid)
    _put(body, "IpcMode", service.ipc)
    _put(body, "Runtime", service.runtime)
    _put(body, "Isolation", service.isolation)
