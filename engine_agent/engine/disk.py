"""What the engine's disk is used for, and the calls that free it. Every function raises EngineError."""

from typing import Any

import msgspec
from msgspec import field

from .client import Ask, Engine, Query
from .types import ListedContainer, Part

DF_SECONDS = 300.0  # the engine walks every volume


class UsedImage(Part, frozen=True):
    """shared_size: bytes of layers that other images have too, -1 when the engine did not count them."""

    id: str
    repo_tags: tuple[str, ...] | None = ()
    repo_digests: tuple[str, ...] | None = ()
    labels: dict[str, str] | None = None
    created: int = 0
    size: int = 0
    shared_size: int = -1


class UsedContainer(Part, frozen=True):
    """size_rw: bytes that it has written itself."""

    id: str
    size_rw: int = 0


class VolumeUsage(Part, frozen=True):
    """size: bytes, -1 when unknown."""

    size: int = -1


class UsedVolume(Part, frozen=True):
    name: str
    driver: str = ""
    created_at: str = ""
    labels: dict[str, str] | None = None
    usage_data: VolumeUsage | None = None


class CacheEntry(Part, frozen=True):
    id: str = field(name="ID", default="")
    description: str = ""
    in_use: bool = False
    size: int = 0
    created_at: str = ""
    last_used_at: str | None = None


class DiskUsage(Part, frozen=True):
    """GET /system/df. layers_size: bytes of all layers of all images, each once."""

    layers_size: int = 0
    images: tuple[UsedImage, ...] | None = ()
    containers: tuple[UsedContainer, ...] | None = ()
    volumes: tuple[UsedVolume, ...] | None = ()
    build_cache: tuple[CacheEntry, ...] | None = ()


class HeldNetwork(Part, frozen=True):
    """A row of GET /networks, as far as its removal goes."""

    id: str
    name: str
    created: str = ""
    scope: str = ""
    ingress: bool = False
    labels: dict[str, str] | None = None


class Pruned(Part, frozen=True):
    """The answer of POST /build/prune."""

    caches_deleted: tuple[str, ...] | None = ()
    space_reclaimed: int = 0


async def disk_usage(engine: Engine) -> DiskUsage:
    """What everything uses. Slow on hosts with large volumes."""
    return await engine.json(Ask("GET", "/system/df"), DiskUsage, timeout=DF_SECONDS)


async def held_containers(engine: Engine) -> tuple[ListedContainer, ...]:
    """Every container, running or not."""
    return await engine.json(Ask("GET", "/containers/json", {"all": True}), tuple[ListedContainer, ...])


async def held_networks(engine: Engine) -> tuple[HeldNetwork, ...]:
    """Every network."""
    return await engine.json(Ask("GET", "/networks"), tuple[HeldNetwork, ...])


async def cache_prune(engine: Engine, *, older_seconds: int) -> Pruned:
    """Throw the build cache away, or what of it was not used for so many seconds."""
    filters: dict[str, Any] = {"until": [f"{older_seconds}s"]} if older_seconds else {}
    query: Query = {"all": True, "filters": msgspec.json.encode(filters).decode()}
    return await engine.json(Ask("POST", "/build/prune", query), Pruned, timeout=DF_SECONDS)
