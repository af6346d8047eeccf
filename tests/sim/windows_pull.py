"""How a Windows engine pulls: the newest build that is not newer than the host, read from a real registry."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from tests.sim.routes import Answer, Call, Stream, line
from tests.sim.windows_world import WindowsWorld
from tests.sim.world import Image, Refusal

KINDS = (
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
)


@dataclass(frozen=True)
class Found:
    """A manifest with what it stands for. digest: of what was asked, the index if there is one."""

    digest: str
    os: str
    version: str
    layers: tuple[tuple[str, int], ...]


async def pull(call: Call) -> Answer:
    """POST /images/create."""
    world = call.world
    assert isinstance(world, WindowsWorld)
    name, tag = call.query["fromImage"], call.query.get("tag", "latest")
    offered = world.remote.get(f"{name}:{tag}")
    if offered is not None:
        found = Found(offered.digest, offered.os, offered.os_version, offered.layers)
    else:
        found = await asyncio.to_thread(_look, world, name, tag)
    return Stream(pieces=_lines(world, name, tag, found))


async def _lines(world: WindowsWorld, name: str, tag: str, found: Found) -> AsyncGenerator[bytes]:
    yield line(status=f"Pulling from {name.partition('/')[2] or name}", id=tag)
    if words := _unfit(world, found):
        yield line(errorDetail={"message": words}, error=words)
        return
    for layer, _ in found.layers:
        yield line(status="Pulling fs layer", progressDetail={}, id=layer)
    for layer, size in found.layers:
        for quarter in range(1, 5):
            yield line(status="Downloading", progressDetail={"current": size * quarter // 4, "total": size}, id=layer)
            await asyncio.sleep(0)
        yield line(status="Download complete", progressDetail={}, id=layer)
        yield line(status="Extracting", progressDetail={"current": size, "total": size}, id=layer)
        yield line(status="Pull complete", progressDetail={}, id=layer)
    reference = f"{name}:{tag}" if not tag.startswith("sha256:") else f"{name}@{tag}"
    behaviour = world.remote[reference].behaviour if reference in world.remote else world.usual
    kept = Image(reference, behaviour=behaviour, layers=found.layers, digest=found.digest)
    kept.os, kept.os_version = found.os, found.version
    world.images[reference] = kept
    world.emit("image", "pull", reference, {"name": reference})
    yield line(status=f"Digest: {found.digest}")
    yield line(status=f"Status: Downloaded newer image for {name}:{tag}")


def _unfit(world: WindowsWorld, found: Found) -> str:
    if found.os != "windows":
        return f'image operating system "{found.os}" cannot be used on this platform: operating system is not supported'
    build = int(found.version.split(".")[2])
    if build > world.edition.build:
        short = ".".join(found.version.split(".")[:3])
        return f"a Windows version {short}-based image is incompatible with a {world.edition.version} host"
    return ""


def _look(world: WindowsWorld, name: str, tag: str) -> Found:
    """Ask the registry of `name`, which must be one with a port unless there is a mirror. Raises Refusal."""
    netloc, _, repository = name.partition("/")
    if world.mirror and not set(netloc) & set(".:"):
        netloc, repository = world.mirror, name if repository else f"library/{name}"
    base = f"http://{netloc}/v2/{repository}"
    try:
        digest, manifest = _json(f"{base}/manifests/{tag}", KINDS)
        if "manifests" in manifest:
            chosen = _chosen(world, manifest["manifests"])
            if chosen is None:
                raise Refusal(
                    404,
                    f"no matching manifest for windows/amd64 10.0.{world.edition.build} in the manifest list entries",
                )
            _, manifest = _json(f"{base}/manifests/{chosen['digest']}", KINDS)
        _, config = _json(f"{base}/blobs/{manifest['config']['digest']}", "*/*")
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise Refusal(404, f"manifest for {name}:{tag} not found: manifest unknown: {error}") from None
    layers = tuple((one["digest"].partition(":")[2][:12], int(one["size"])) for one in manifest["layers"])
    version = str(config.get("os.version") or f"10.0.{world.edition.build}.1")
    return Found(digest, str(config["os"]), version, layers)


def _chosen(world: WindowsWorld, entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Same system, not newer than the host; the host's own build first, then the newest."""
    fitting = [one for one in entries if one["platform"]["os"] == "windows" and _build(one) <= world.edition.build]
    return max(fitting, key=_build, default=None)


def _build(entry: dict[str, Any]) -> int:
    parts = str(entry["platform"].get("os.version", "")).split(".")
    return int(parts[2]) if len(parts) > 2 else 0


def _json(url: str, accept: str) -> tuple[str, dict[str, Any]]:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as answer:
        return str(answer.headers.get("Docker-Content-Digest", "")), json.loads(answer.read())
