"""Throwing away what nothing uses, one thing after the other, and telling what would go."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from ..engine import Conflict, Engine, EngineError, EngineGone, NotFound
from ..engine.containers import container_remove
from ..engine.disk import cache_prune, disk_usage, held_containers, held_networks
from ..engine.images import image_remove
from ..engine.resources import network_remove, volume_remove
from ..protocol.upkeep import PruneWish
from ..pruning import (
    ANONYMOUS_VOLUMES,
    CACHE,
    CONTAINERS,
    DANGLING,
    KINDS,
    NETWORKS,
    UNUSED_IMAGES,
    UNUSED_VOLUMES,
    Holding,
    Item,
    choose,
)
from .desk import Order
from .outcome import Failure, Outcome

MAX_SHOWN = 500
MAX_LEFT = 100

TITLES = {
    CONTAINERS: "Remove stopped containers",
    DANGLING: "Remove images without a tag",
    UNUSED_IMAGES: "Remove unused images",
    ANONYMOUS_VOLUMES: "Remove unused volumes without a name",
    UNUSED_VOLUMES: "Remove unused volumes",
    NETWORKS: "Remove unused networks",
    CACHE: "Clear the build cache",
}


async def holding_read(engine: Engine) -> Holding:
    """What the engine holds now. Raises EngineError."""
    usage = await disk_usage(engine)
    return Holding(usage, await held_containers(engine), await held_networks(engine), time.time())


async def prune_preview(engine: Engine, wish: PruneWish) -> dict[str, Any]:
    """The answer to PrunePreview. Raises EngineError, Failure."""
    _check(wish)
    choice = choose(await holding_read(engine), wish)
    items = sorted(choice.items, key=lambda item: -item.size)[:MAX_SHOWN]
    kept = sorted(choice.kept, key=lambda one: -one.size)[:MAX_SHOWN]
    return {
        "items": [{"kind": one.kind, "name": one.name, "size": one.size} for one in items],
        "kept": [{"kind": one.kind, "name": one.name, "size": one.size, "why": one.why} for one in kept],
        "size": choice.size,
        "counts": dict(Counter(one.kind for one in choice.items)),
    }


async def prune(engine: Engine, order: Order, wish: PruneWish) -> Outcome:
    """Remove what `choose` says, without force: what has come into use meanwhile stays. Raises EngineError, Failure."""
    _check(wish)
    before = await holding_read(engine)
    choice = choose(before, wish)
    removed: Counter[str] = Counter()
    freed = 0
    left: list[dict[str, str]] = []
    for kind in KINDS:
        items = [item for item in choice.items if item.kind == kind]
        for number, item in enumerate(items, start=1):
            if order.cancelled():
                return Outcome("cancelled", result=_result(freed, removed, left))
            order.reporter.step(kind, TITLES[kind], "running", detail=item.name, current=number, total=len(items))
            try:
                bytes_freed = await REMOVERS[kind](engine, wish, item)
            except EngineGone:
                raise
            except EngineError as error:
                left.append({"kind": kind, "name": item.name, "why": error.message[:300]})
                continue
            removed[kind] += 1 if kind != CACHE else 0
            freed += bytes_freed
        if items:
            detail = f"{len(items)}"
            order.reporter.step(kind, TITLES[kind], "done", detail=detail, current=len(items), total=len(items))
    if removed[DANGLING] or removed[UNUSED_IMAGES]:  # layers that images shared are only known afterwards
        layers = before.usage.layers_size - (await disk_usage(engine)).layers_size
        freed += max(0, layers)
    return Outcome(result=_result(freed, removed, left))


def _result(freed: int, removed: "Counter[str]", left: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "freed": freed,
        "removed": {kind: count for kind, count in removed.items() if count},
        "left": left[:MAX_LEFT],
    }


def _check(wish: PruneWish) -> None:
    unknown = set(wish.kinds) - set(KINDS)
    if unknown:
        raise Failure(f"This agent cannot clean up {', '.join(sorted(unknown))}; update it", "unknown-action")


async def _container(engine: Engine, wish: PruneWish, item: Item) -> int:
    try:
        await container_remove(engine, item.id, force=False)
    except NotFound:
        return 0
    except Conflict as error:
        if "already in progress" not in error.message:
            raise
    return item.size


async def _image(engine: Engine, wish: PruneWish, item: Item) -> int:
    """Every tag is taken off, the last one takes the image with it. The bytes are counted for all images together."""
    for reference in item.references or (item.id,):
        try:
            await image_remove(engine, reference)
        except NotFound:
            continue
    return 0


async def _volume(engine: Engine, wish: PruneWish, item: Item) -> int:
    try:
        await volume_remove(engine, item.id)
    except NotFound:
        return 0
    return item.size


async def _network(engine: Engine, wish: PruneWish, item: Item) -> int:
    try:
        await network_remove(engine, item.id)
    except NotFound:
        return 0
    return 0


async def _cache(engine: Engine, wish: PruneWish, item: Item) -> int:
    return (await cache_prune(engine, older_seconds=wish.older_seconds)).space_reclaimed


REMOVERS: dict[str, Callable[[Engine, PruneWish, Item], Awaitable[int]]] = {
    CONTAINERS: _container,
    DANGLING: _image,
    UNUSED_IMAGES: _image,
    ANONYMOUS_VOLUMES: _volume,
    UNUSED_VOLUMES: _volume,
    NETWORKS: _network,
    CACHE: _cache,
}
