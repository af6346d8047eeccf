"""What can be thrown away on a host, and what stays although it is unused. Pure.

The preview and the removal ask the same function, so that what was shown is what goes. Things are removed one by one
and without force: the engine refuses what has come into use meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .engine.disk import DiskUsage, HeldNetwork, UsedImage, UsedVolume
from .engine.types import ListedContainer
from .mirror.reading import moment
from .protocol.upkeep import PruneWish
from .reconcile import PROJECT_LABEL

CONTAINERS, DANGLING, UNUSED_IMAGES = "containers", "dangling-images", "unused-images"
ANONYMOUS_VOLUMES, UNUSED_VOLUMES, NETWORKS, CACHE = "anonymous-volumes", "unused-volumes", "networks", "build-cache"
KINDS = (CONTAINERS, DANGLING, UNUSED_IMAGES, ANONYMOUS_VOLUMES, UNUSED_VOLUMES, NETWORKS, CACHE)

STOPPED = {"exited", "dead", "created"}
PREDEFINED = {"bridge", "host", "none", "nat", "docker_gwbridge", "ingress"}
ANONYMOUS_LABEL = "com.docker.volume.anonymous"
ANONYMOUS_NAME = 64  # hex digits: how engines before 23 name a volume that nobody named


@dataclass(frozen=True, slots=True)
class Holding:
    """What the engine holds. now: unix seconds of the host's clock, by which the engine dates things too."""

    usage: DiskUsage
    containers: tuple[ListedContainer, ...]
    networks: tuple[HeldNetwork, ...]
    now: float


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes. size: bytes that come free, 0 when unknown; references: the tags of an image."""

    kind: str
    id: str
    name: str
    size: int = 0
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """One unused thing that stays, and why."""

    kind: str
    name: str
    why: str
    size: int = 0


@dataclass
class Choice:
    """In the order of removal: containers before the images and volumes that they use."""

    items: list[Item] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that come free; layers that two images share are counted with neither."""
        return sum(item.size for item in self.items)


def choose(holding: Holding, wish: PruneWish) -> Choice:
    """What goes and what stays."""
    choice = Choice()
    left = list(holding.containers)
    if CONTAINERS in wish.kinds:
        left = _containers(holding, wish, choice)
    if DANGLING in wish.kinds or UNUSED_IMAGES in wish.kinds:
        _images(holding, wish, choice, left)
    if ANONYMOUS_VOLUMES in wish.kinds or UNUSED_VOLUMES in wish.kinds:
        _volumes(holding, wish, choice, left)
    if NETWORKS in wish.kinds:
        _networks(holding, wish, choice, left)
    if CACHE in wish.kinds:
        _cache(holding, wish, choice)
    return choice


def _containers(holding: Holding, wish: PruneWish, choice: Choice) -> list[ListedContainer]:
    """Gives those that stay."""
    sizes = {one.id: one.size_rw for one in holding.usage.containers or ()}
    left = []
    for one in holding.containers:
        name = next(iter(one.names or ()), one.id[:12]).removeprefix("/")
        size = max(0, sizes.get(one.id, 0))
        if one.state not in STOPPED:
            left.append(one)
            continue
        why = _why_kept(wish, one.labels) or _too_young(holding, wish, float(one.created))
        if why:
            left.append(one)
            choice.kept.append(Kept(CONTAINERS, name, why, size))
        else:
            choice.items.append(Item(CONTAINERS, one.id, name, size))
    return left


def _images(holding: Holding, wish: PruneWish, choice: Choice, left: Iterable[ListedContainer]) -> None:
    used = {one.image_id for one in left}
    needed = set(wish.images)
    for one in holding.usage.images or ():
        tags = tuple(tag for tag in one.repo_tags or () if not tag.startswith("<none>"))
        digests = tuple(digest for digest in one.repo_digests or () if not digest.startswith("<none>"))
        kind = UNUSED_IMAGES if tags else DANGLING
        if one.id in used or (kind not in wish.kinds and not (kind == DANGLING and UNUSED_IMAGES in wish.kinds)):
            continue
        name = next(iter((*tags, *digests)), one.id.removeprefix("sha256:")[:12])
        size = _own_size(one)
        why = _why_kept(wish, one.labels)
        if needed.intersection(tags) or needed.intersection(digests):
            why = "an application needs it"
        why = why or _too_young(holding, wish, float(one.created))
        if why:
            choice.kept.append(Kept(kind, name, why, size))
        else:
            choice.items.append(Item(kind, one.id, name, size, tags))


def _own_size(image: UsedImage) -> int:
    return max(0, image.size - max(0, image.shared_size))


def _volumes(holding: Holding, wish: PruneWish, choice: Choice, left: Iterable[ListedContainer]) -> None:
    used = {mount.name for one in left for mount in one.mounts or () if mount.name}
    needed = set(wish.volumes)
    for one in holding.usage.volumes or ():
        kind = ANONYMOUS_VOLUMES if _anonymous(one) else UNUSED_VOLUMES
        if one.name in used or (kind not in wish.kinds and not (_anonymous(one) and UNUSED_VOLUMES in wish.kinds)):
            continue
        size = max(0, one.usage_data.size) if one.usage_data else 0
        why = _why_kept(wish, one.labels)
        if one.name in needed:
            why = "an application needs it"
        why = why or _too_young(holding, wish, _moment(one.created_at))
        if why:
            choice.kept.append(Kept(kind, one.name, why, size))
        else:
            choice.items.append(Item(kind, one.name, one.name, size))


def _anonymous(volume: UsedVolume) -> bool:
    if ANONYMOUS_LABEL in (volume.labels or {}):
        return True
    name = volume.name
    return len(name) == ANONYMOUS_NAME and all(digit in "0123456789abcdef" for digit in name)


def _networks(holding: Holding, wish: PruneWish, choice: Choice, left: Iterable[ListedContainer]) -> None:
    used = {name for one in left if one.network_settings for name in one.network_settings.networks or {}}
    for one in holding.networks:
        if one.name in used or one.name.lower() in PREDEFINED or one.ingress or one.scope == "swarm":
            continue
        why = _why_kept(wish, one.labels) or _too_young(holding, wish, _moment(one.created))
        if why:
            choice.kept.append(Kept(NETWORKS, one.name, why))
        else:
            choice.items.append(Item(NETWORKS, one.id, one.name))


def _cache(holding: Holding, wish: PruneWish, choice: Choice) -> None:
    """One item for all of it: the engine removes it in one go, by age alone."""
    size = count = 0
    for one in holding.usage.build_cache or ():
        if one.in_use or _too_young(holding, wish, _moment(one.last_used_at or one.created_at)):
            continue
        size, count = size + max(0, one.size), count + 1
    if count:
        choice.items.append(Item(CACHE, "", f"{count} entries", size))


def _why_kept(wish: PruneWish, labels: dict[str, str] | None) -> str:
    labels = labels or {}
    project = labels.get(PROJECT_LABEL, "")
    if project and project in wish.projects:
        return f"it belongs to the application {project}"
    for keep in wish.keep_labels:
        name, has_value, value = keep.partition("=")
        if name in labels and (not has_value or labels[name] == value):
            return f"it has the label {keep}"
    return ""


def _too_young(holding: Holding, wish: PruneWish, made: float | None) -> str:
    """An age counts from when the thing was made, as the engine's own `until` does. What has no date is kept."""
    if not wish.older_seconds:
        return ""
    if made is None:
        return "its age is unknown"
    return "" if holding.now - made >= wish.older_seconds else "it is not old enough"


def _moment(text: str) -> float | None:
    found = moment(text)
    return None if found is None else found.timestamp()
