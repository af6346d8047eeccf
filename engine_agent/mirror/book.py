"""What the engine holds, and what of it the portal has not been told yet. No I/O.

Changes are kept as ids, never as a queue of messages: however often a container changes while the portal is slow, it
is one entry, and the newest fact is told.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from ..protocol import encode
from ..protocol.facts import ContainerFact, ImageFact, NetworkFact, VolumeFact
from ..protocol.messages import Delta, Snapshot

PART_BYTES = 900 * 1024
IMAGES, NETWORKS, VOLUMES = "images", "networks", "volumes"


class Book:
    """The mirror's memory. `sequence` is that of the last state message drawn."""

    def __init__(self) -> None:
        self.containers: dict[str, ContainerFact] = {}
        self.images: tuple[ImageFact, ...] = ()
        self.networks: tuple[NetworkFact, ...] = ()
        self.volumes: tuple[VolumeFact, ...] = ()
        self.loaded = False
        self.sequence = 0
        self._changed: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._kinds: set[str] = set()
        self._snapshot_due = False
        self._parts: deque[Snapshot] = deque()

    def upsert(self, fact: ContainerFact) -> bool:
        """A container as it is now; gives whether that is news."""
        if self.containers.get(fact.cid) == fact:
            return False
        self.containers[fact.cid] = fact
        self._removed.pop(fact.cid, None)
        self._changed[fact.cid] = None
        return True

    def remove(self, cid: str) -> bool:
        """A container is gone; gives whether that is news."""
        if self.containers.pop(cid, None) is None:
            return False
        self._changed.pop(cid, None)
        self._removed[cid] = None
        return True

    def keep_only(self, cids: Iterable[str]) -> bool:
        """Remove every container that is not named; gives whether any was."""
        gone = set(self.containers).difference(cids)
        for cid in gone:
            self.remove(cid)
        return bool(gone)

    def set_images(self, images: Iterable[ImageFact]) -> bool:
        """All images; gives whether that is news."""
        new = tuple(sorted(images, key=lambda image: image.image_id))
        changed, self.images = new != self.images, new
        return self._kind(IMAGES, changed)

    def set_networks(self, networks: Iterable[NetworkFact]) -> bool:
        """All networks; gives whether that is news."""
        new = tuple(sorted(networks, key=lambda network: network.name))
        changed, self.networks = new != self.networks, new
        return self._kind(NETWORKS, changed)

    def set_volumes(self, volumes: Iterable[VolumeFact]) -> bool:
        """All volumes; gives whether that is news."""
        new = tuple(sorted(volumes, key=lambda volume: volume.name))
        changed, self.volumes = new != self.volumes, new
        return self._kind(VOLUMES, changed)

    def _kind(self, kind: str, changed: bool) -> bool:
        if changed:
            self._kinds.add(kind)
        return changed

    def want_snapshot(self) -> None:
        """The portal needs everything: a new connection, or it saw a gap."""
        self._snapshot_due = True
        self._parts.clear()

    def draw(self) -> tuple[Snapshot | Delta | None, bool]:
        """The next state message, and whether more follow. Nothing before the engine was read once."""
        if not self.loaded:
            return None, False
        if self._snapshot_due:
            self._snapshot_due = False
            self._parts = deque(self._snapshot())
        if self._parts:
            return self._parts.popleft(), bool(self._parts) or self._pending()
        return self._delta(), self._pending()

    def _pending(self) -> bool:
        return bool(self._changed or self._removed or self._kinds)

    def _snapshot(self) -> list[Snapshot]:
        self._changed.clear()
        self._removed.clear()
        self._kinds.clear()
        self.sequence += 1
        cuts = list(
            _cut(
                [("containers", fact) for fact in self.containers.values()]
                + [("images", fact) for fact in self.images]
                + [("networks", fact) for fact in self.networks]
                + [("volumes", fact) for fact in self.volumes]
            )
        )
        return [
            Snapshot(sequence=self.sequence, part=number, parts=len(cuts), **cut)
            for number, cut in enumerate(cuts, start=1)
        ]

    def _delta(self) -> Delta | None:
        if not self._pending():
            return None
        self.sequence += 1
        first = next(_cut([("containers", self.containers[cid]) for cid in self._changed]))
        for fact in first.get("containers", ()):
            del self._changed[fact.cid]
        removed, self._removed = tuple(self._removed), {}
        kinds, self._kinds = self._kinds, set()
        return Delta(
            sequence=self.sequence,
            containers=first.get("containers", ()),
            removed=removed,
            images=self.images if IMAGES in kinds else None,
            networks=self.networks if NETWORKS in kinds else None,
            volumes=self.volumes if VOLUMES in kinds else None,
        )


def _cut(facts: list[tuple[str, Any]]) -> Iterator[dict[str, tuple[Any, ...]]]:
    """Facts by kind, in lots of at most 900 KiB encoded; at least one lot, an empty one when there is nothing."""
    lot: dict[str, list[Any]] = {}
    size = 0
    for kind, fact in facts:
        weight = len(encode(fact))
        if lot and size + weight > PART_BYTES:
            yield {name: tuple(items) for name, items in lot.items()}
            lot, size = {}, 0
        lot.setdefault(kind, []).append(fact)
        size += weight
    yield {name: tuple(items) for name, items in lot.items()}
