"""HostConfig: binds, volumes and other mounts. Pure.

As docker compose does: what the short form of the engine can say goes into Binds, the rest into Mounts. Mounts refuse a
source that is absent before API 1.42 and know no SELinux mark; Binds know no subpath, labels or recursion.
"""

from gallery.compose.types import Mount, Project, Service
from hosts.body_words import Body, container_name, put

RECURSION = {"disabled": "NonRecursive", "writable": "ReadOnlyNonRecursive", "readonly": "ReadOnlyForceRecursive"}


def mounts(body: Body, project: Project, service: Service, number: int) -> None:
    """Every mount of the service, into `body`."""
    short = [mount for mount in service.mounts if _as_bind(mount)]
    put(body, "Binds", [_bind(project, mount) for mount in short])
    put(body, "Mounts", [_mount(project, mount) for mount in service.mounts if not _as_bind(mount)])
    put(body, "Tmpfs", dict(service.tmpfs))
    put(body, "VolumesFrom", [_from(project, text, number) for text in service.volumes_from])


def _as_bind(mount: Mount) -> bool:
    if mount.type == "volume":
        return bool(mount.source) and not mount.subpath and not mount.labels
    if mount.type != "bind" or mount.recursive in RECURSION:
        return False
    return mount.create_host_path or bool(mount.selinux)


def _source(project: Project, mount: Mount) -> str:
    return project.volumes[mount.source].name if mount.type == "volume" and mount.source else mount.source


def _bind(project: Project, mount: Mount) -> str:
    options = ["ro" if mount.read_only else "", mount.selinux, mount.propagation, "nocopy" if mount.nocopy else ""]
    words = ",".join(option for option in options if option)
    return f"{_source(project, mount)}:{mount.target}" + (f":{words}" if words else "")


def _mount(project: Project, mount: Mount) -> Body:
    body: Body = {"Type": mount.type, "Target": mount.target}
    source = _source(project, mount)
    if mount.type == "npipe":  # an engine takes pipes with backslashes only
        source, body["Target"] = source.replace("/", "\\"), mount.target.replace("/", "\\")
    put(body, "Source", source)
    put(body, "ReadOnly", mount.read_only)
    options: Body = {}
    if mount.type == "bind":
        put(options, "Propagation", mount.propagation)
        put(options, RECURSION.get(mount.recursive, ""), mount.recursive in RECURSION)
        put(options, "CreateMountpoint", mount.create_host_path)
        put(body, "BindOptions", options)
    elif mount.type == "volume":
        put(options, "NoCopy", mount.nocopy)
        put(options, "Labels", dict(mount.labels))
        put(options, "Subpath", mount.subpath)
        put(body, "VolumeOptions", options)
    elif mount.type == "tmpfs":
        put(options, "SizeBytes", mount.tmpfs_size or None)
        put(options, "Mode", mount.tmpfs_mode or None)
        put(body, "TmpfsOptions", options)
    elif mount.type == "image":
        put(options, "Subpath", mount.subpath)
        put(body, "ImageOptions", options)
    return body


def _from(project: Project, text: str, number: int) -> str:
    """service:db:ro or container:x:ro, as the engine has it: the container's name and the mode."""
    kind, name, *mode = text.split(":")
    if kind == "service":
        other = project.service(name)
        name = container_name(project, other, min(number, max(other.replicas, 1)))
    return ":".join((name, *mode))
