"""A service's container on a Docker Swarm: the Engine API's ContainerSpec. Pure."""

import hashlib
from typing import Any

from gallery.compose.parts import CONFIG, SECRET, File
from gallery.compose.types import Mount, Project, Service
from hosts.engine_body import PREFIX, SECOND
from hosts.wanted import WantedImage

NAMESPACE = "com.docker.stack.namespace"
Body = dict[str, Any]


def file_name(project: Project, file: File) -> str:
    """The name of a secret or config in the swarm: it cannot be changed, so its content is part of the name."""
    digest = hashlib.sha256(file.content.encode()).hexdigest()[:12]
    return f"{project.name}_{file.key}_{digest}"[:64]


def container_spec(project: Project, service: Service, image: WantedImage) -> Body:
    body: Body = {
        "Image": f"{service.image}@{image.digest}" if image.digest and "@" not in service.image else service.image,
        "Labels": {
            **service.labels,
            NAMESPACE: project.name,
            f"{PREFIX}project": project.name,
            f"{PREFIX}service": service.name,
        },
    }
    if service.entrypoint is not None:
        body["Command"] = list(service.entrypoint)
    if service.command is not None:
        body["Args"] = list(service.command)
    given: Body = {
        "Env": [f"{name}={value}" for name, value in service.environment.items()],
        "Hostname": service.hostname,
        "Dir": service.working_dir,
        "User": service.user,
        "Groups": list(service.group_add),
        "TTY": service.tty,
        "OpenStdin": service.stdin_open,
        "ReadOnly": service.read_only,
        "StopSignal": service.stop_signal,
        "Hosts": [_host_line(entry) for entry in service.hosts],
        "Mounts": [_mount(project, mount) for mount in service.mounts],
        "Secrets": [_file_use(project, file, "Secret") for file in service.files if file.kind == SECRET],
        "Configs": [_file_use(project, file, "Config") for file in service.files if file.kind == CONFIG],
        "Sysctls": dict(service.sysctls),
        "CapabilityAdd": list(service.cap_add),
        "CapabilityDrop": list(service.cap_drop),
        "Ulimits": [{"Name": one.name, "Soft": one.soft, "Hard": one.hard} for one in service.ulimits],
        "Isolation": service.isolation,
        "DNSConfig": _dns(service),
    }
    body |= {name: value for name, value in given.items() if value}
    if service.init is not None:
        body["Init"] = service.init
    if service.stop_grace_period is not None:
        body["StopGracePeriod"] = round(service.stop_grace_period * SECOND)
    health = _health(service)
    return {**body, "Healthcheck": health} if health else body


def _host_line(entry: str) -> str:
    """extra_hosts as /etc/hosts has it: address first."""
    name, _, address = entry.partition(":")
    return f"{address} {name}"


def _dns(service: Service) -> Body:
    given = {"Nameservers": service.dns, "Search": service.dns_search, "Options": service.dns_opt}
    return {name: list(values) for name, values in given.items() if values}


def _health(service: Service) -> Body:
    check = service.healthcheck
    if check is None:
        return {}
    times = {"Interval": check.interval, "Timeout": check.timeout, "StartPeriod": check.start_period}
    body: Body = {"Test": list(check.test)} if check.test else {}
    body |= {name: round(value * SECOND) for name, value in times.items() if value is not None}
    return body | ({"Retries": check.retries} if check.retries is not None else {})


def _mount(project: Project, mount: Mount) -> Body:
    source = project.volumes[mount.source].name if mount.type == "volume" and mount.source else mount.source
    body: Body = {"Type": mount.type, "Target": mount.target, "ReadOnly": mount.read_only}
    if source:
        body["Source"] = source
    if mount.type == "bind" and mount.propagation:
        body["BindOptions"] = {"Propagation": mount.propagation}
    if mount.type == "volume" and mount.source:
        volume = project.volumes[mount.source]
        options: Body = {"Labels": {**volume.labels, NAMESPACE: project.name}, "NoCopy": mount.nocopy}
        if volume.driver:
            options["DriverConfig"] = {"Name": volume.driver, "Options": dict(volume.driver_opts)}
        body["VolumeOptions"] = options
    if mount.type == "tmpfs" and (mount.tmpfs_size or mount.tmpfs_mode):
        body["TmpfsOptions"] = {"SizeBytes": mount.tmpfs_size, "Mode": mount.tmpfs_mode}
    return body


def _file_use(project: Project, file: File, word: str) -> Body:
    place = {"Name": file.target, "UID": str(file.uid), "GID": str(file.gid), "Mode": file.mode}
    return {"File": place, f"{word}Name": file_name(project, file)}
