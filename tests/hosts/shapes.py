"""Short ways to write projects, images and observed hosts for the tables of planning and placement."""

from typing import Any

from gallery.compose.parse import parse_project
from gallery.compose.types import Project
from gallery.registry.types import Platform, PlatformManifest
from hosts import engine_body
from hosts.observed import HeldPort, ObservedContainer, ObservedHost, ObservedImage
from hosts.wanted import Wanted, WantedImage

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
LINUX = ("linux/amd64", "linux/arm64")


def platform(text: str) -> Platform:
    """linux/arm/v7, or windows/amd64@10.0.20348.2655."""
    text, _, version = text.partition("@")
    os, architecture, variant = [*text.split("/"), ""][:3]
    return Platform(os, architecture, variant, version)


def manifests(*texts: str) -> tuple[PlatformManifest, ...]:
    return tuple(
        PlatformManifest(platform(text), f"sha256:{number:064d}", 1000 * (number + 1))
        for number, text in enumerate(texts)
    )


def image(reference: str, *platforms: str, digest: str = DIGEST, **more: Any) -> WantedImage:
    return WantedImage(reference, digest, manifests(*(platforms or LINUX)), **more)


def host(name: str = "host-1", **changes: Any) -> ObservedHost:
    usual: dict[str, Any] = {"id": f"id-{name}", "name": name, "cpus": 4, "memory_bytes": 8 * 2**30}
    return ObservedHost(**(usual | changes))


def windows(name: str = "win-1", build: str = "10.0.20348.2655", **changes: Any) -> ObservedHost:
    return host(name, os="windows", os_version=build, **changes)


def project(text: str, name: str = "shop") -> Project:
    return parse_project(text, {}, name)


def one(image: str = "nginx:1", **attributes: Any) -> str:
    """The compose text of one service called web."""
    import json

    return json.dumps({"services": {"web": {"image": image, **attributes}}})


def wanted(text: str, *images: WantedImage, named: bool = False, name: str = "shop") -> Wanted:
    parsed = project(text, name)
    known = {found.reference: found for found in images}
    for service in parsed.services:
        known.setdefault(service.image, image(service.image))
    return Wanted(parsed, known, named=named)


def running(
    wish: Wanted, service: str = "web", number: int = 1, *, pin: str = DIGEST, **changes: Any
) -> ObservedContainer:
    """The container that an earlier deployment of `wish` left."""
    found = wish.project.service(service)
    body = engine_body.container_body(wish.project, found, number, pin)
    usual: dict[str, Any] = {
        "name": engine_body.container_name(wish.project, found, number),
        "image": found.image,
        "image_id": "sha256:image",
        "state": "running",
        "project": wish.project.name,
        "service": service,
        "number": number,
        "config_hash": engine_body.config_hash(body),
        "ports": tuple(
            HeldPort(int(port.published), port.protocol, port.address) for port in found.ports if port.published
        ),
    }
    return ObservedContainer(**(usual | changes))


def local(reference: str = "nginx:1", digest: str = DIGEST, image_id: str = "sha256:image") -> ObservedImage:
    name = reference.rpartition(":")[0]
    return ObservedImage(image_id, (reference,), (f"{name}@{digest}",) if digest else ())


def holder(name: str = "other", port: int = 8080, **changes: Any) -> ObservedContainer:
    """A container of somebody else that holds a port."""
    usual: dict[str, Any] = {
        "name": name,
        "image": "x:1",
        "image_id": "sha256:x",
        "state": "running",
        "ports": (HeldPort(port, "tcp", "0.0.0.0"),),
    }
    return ObservedContainer(**(usual | changes))
