"""Wanted containers and deployments, as a portal sends them."""

from typing import Any

from engine_agent.protocol.bodies import ContainerSpec, Deploy, ImageSpec, NetworkSpec
from engine_agent.reconcile import HASH_LABEL, PROJECT_LABEL

PROJECT = "shop"
NETWORK = f"{PROJECT}_default"


def container(
    service: str = "web",
    *,
    image: str = "web:1",
    config_hash: str = "one",
    port: int = 0,
    command: list[str] | None = None,
    restart: str = "no",
    host_config: dict[str, Any] | None = None,
    **more: Any,
) -> ContainerSpec:
    """One container of the project; port: the host port it publishes, 0 for none."""
    bindings = {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]} if port else {}
    create: dict[str, Any] = {
        "Image": image,
        "Labels": {PROJECT_LABEL: PROJECT, HASH_LABEL: config_hash, "com.docker.compose.service": service},
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {
            "PortBindings": bindings,
            "RestartPolicy": {"Name": restart},
            "NetworkMode": NETWORK,
            **(host_config or {}),
        },
        "NetworkingConfig": {"EndpointsConfig": {NETWORK: {"Aliases": [service]}}},
    }
    if command is not None:
        create["Cmd"] = command
    return ContainerSpec(f"{PROJECT}-{service}-1", service, 1, image, config_hash, create, **more)


def deploy(*containers: ContainerSpec, images: tuple[ImageSpec, ...] | None = None, **more: Any) -> Deploy:
    """A deployment of these containers and their images, on the project's own network."""
    named = dict.fromkeys(spec.image for spec in containers)
    network = NetworkSpec(NETWORK, {"Name": NETWORK, "Driver": "bridge", "Labels": {PROJECT_LABEL: PROJECT}})
    more.setdefault("settle_seconds", 0.2)
    return Deploy(
        project=PROJECT,
        images=images if images is not None else tuple(ImageSpec(reference) for reference in named),
        networks=(network,),
        volumes=more.pop("volumes", ()),
        containers=containers,
        **more,
    )
