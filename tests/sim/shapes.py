"""The objects of a simulated engine in the shapes of the Engine API 1.41."""

from datetime import UTC, datetime

from tests.sim.world import ZERO_TIME, Container, Image, Json, World

DRIVERS = {"linux": "overlay2", "windows": "windowsfilter"}


def when(moment: datetime | None) -> str:
    """A time as the engine writes it."""
    return moment.isoformat().replace("+00:00", "Z") if moment else ZERO_TIME


def status(container: Container) -> str:
    """The words of `docker ps`."""
    match container.state:
        case "running":
            health = {"": "", "starting": " (health: starting)"}.get(container.health, f" ({container.health})")
            return f"Up 2 minutes{health}"
        case "exited":
            return f"Exited ({container.exit_code}) 2 minutes ago"
        case "paused":
            return "Up 2 minutes (Paused)"
    return container.state.capitalize()


def row(container: Container) -> Json:
    """A row of GET /containers/json."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image.reference,
        "ImageID": container.image.id,
        "Command": " ".join(container.body.get("Cmd") or ["/sim"]),
        "Created": int(container.created.timestamp()),
        "Ports": [
            {"IP": place.get("HostIp") or "0.0.0.0", "PrivatePort": int(word.split("/")[0]), "Type": "tcp"}
            | {"PublicPort": int(place["HostPort"])}
            for word, places in container.bindings.items()
            for place in places or []
            if container.running
        ],
        "Labels": container.body.get("Labels") or {},
        "State": container.state,
        "Status": status(container),
        "HostConfig": {"NetworkMode": container.host_config.get("NetworkMode", "default")},
        "NetworkSettings": {"Networks": {name: _endpoint() for name in container.networks}},
        "Mounts": container.mounts,
    }


def inspected(container: Container) -> Json:
    """GET /containers/{id}/json."""
    command = container.body.get("Cmd") or ["/sim"]
    host_config = container.host_config
    state: Json = {
        "Status": container.state,
        "Running": container.running,
        "Paused": container.state == "paused",
        "Restarting": container.state == "restarting",
        "OOMKilled": False,
        "Dead": False,
        "Pid": 1234 if container.running else 0,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": when(container.started),
        "FinishedAt": when(container.finished),
    }
    if container.health:
        state["Health"] = {"Status": container.health, "FailingStreak": 0, "Log": []}
    return {
        "Id": container.id,
        "Created": when(container.created),
        "Path": command[0],
        "Args": command[1:],
        "State": state,
        "Image": container.image.id,
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": DRIVERS[container.image.os],
        "Platform": container.image.os,
        "HostConfig": {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}} | host_config,
        "Config": {
            "Image": container.image.reference,
            "Labels": container.body.get("Labels") or {},
            "Env": container.body.get("Env") or [],
            "Cmd": command,
            "Tty": bool(container.body.get("Tty")),
        },
        "NetworkSettings": {
            "Ports": container.bindings if container.running else {},
            "Networks": {name: _endpoint() for name in container.networks},
        },
        "Mounts": container.mounts,
    }


def _endpoint() -> Json:
    return {"NetworkID": "n" * 64, "EndpointID": "e" * 64, "Gateway": "172.17.0.1", "IPAddress": "172.17.0.2"}


def image_row(image: Image) -> Json:
    """A row of GET /images/json."""
    return {
        "Id": image.id,
        "ParentId": "",
        "RepoTags": list(image.tags),
        "RepoDigests": [f"{image.name}@{image.digest}"] if image.digest else [],
        "Created": 1700000000,
        "Size": sum(size for _, size in image.layers),
        "SharedSize": -1,
        "VirtualSize": sum(size for _, size in image.layers),
        "Labels": image.labels,
        "Containers": -1,
    }


def image_inspected(image: Image) -> Json:
    """GET /images/{name}/json."""
    listed = image_row(image)
    return {
        "Id": image.id,
        "RepoTags": listed["RepoTags"],
        "RepoDigests": listed["RepoDigests"],
        "Parent": "",
        "Comment": "",
        "Created": when(datetime.fromtimestamp(1700000000, UTC)),
        "Container": "",
        "DockerVersion": "20.10.24",
        "Author": "",
        "Architecture": "amd64",
        "Os": image.os,
        "OsVersion": image.os_version,
        "Size": listed["Size"],
        "VirtualSize": listed["Size"],
        "GraphDriver": {"Name": DRIVERS[image.os], "Data": {}},
        "RootFS": {"Type": "layers", "Layers": []},
        "Config": {"Labels": image.labels},
    }


def version(api_version: str) -> Json:
    """GET /version."""
    return {
        "Platform": {"Name": ""},
        "Version": "20.10.24-sim",
        "ApiVersion": api_version,
        "MinAPIVersion": "1.12",
        "GitCommit": "sim",
        "GoVersion": "go1.19.8",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "6.1.0",
    }


def info(world: World, engine_id: str) -> Json:
    """GET /info."""
    running = sum(container.running for container in world.containers.values())
    return {
        "ID": engine_id,
        "Name": "simulated",
        "Containers": len(world.containers),
        "ContainersRunning": running,
        "ContainersPaused": 0,
        "ContainersStopped": len(world.containers) - running,
        "Images": len(world.images),
        "Driver": "overlay2",
        "KernelVersion": "6.1.0",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "OSVersion": "12",
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": 4,
        "MemTotal": 8 * 1024**3,
        "DockerRootDir": "/nonexistent",
        "ServerVersion": "20.10.24-sim",
        "SecurityOptions": ["name=seccomp,profile=default"],
    }
