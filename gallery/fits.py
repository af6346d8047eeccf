"""Which of my hosts can run it, and what they hold already. Asked of the room above, which the gallery may not import.

`hosts.apps` sets both callables in `ready()`; without them (no hosts at all) the answers are empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gallery.registry.types import Platform
from portal.people.access import Actor


@dataclass(frozen=True)
class Fit:
    """One host of the actor's teams. reason: why not, a full sentence; empty when `ok`."""

    host_id: str
    host_name: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True)
class HostImage:
    """An image that lies on hosts. reference: "nginx:1.27". hosts: (id, name) of each. size in bytes."""

    reference: str
    size: int
    hosts: tuple[tuple[str, str], ...]
    observed_at: datetime | None = None


@dataclass(frozen=True)
class HostDigests:
    """The images of one host by digest ("nginx@sha256:..."). platform: "linux/amd64"."""

    host_id: str
    host_name: str
    platform: str
    digests: tuple[str, ...]


class HostDigestsProvider(Protocol):
    """Every host of the actor with what it holds."""

    def __call__(self, *, actor: Actor) -> list[HostDigests]: ...


class FitsProvider(Protocol):
    """Hosts visible to `actor`, each with whether any of `platforms` runs there. No platform known: an empty list."""

    def __call__(self, *, actor: Actor, platforms: Sequence[Platform]) -> list[Fit]: ...


class HostImagesProvider(Protocol):
    """Tagged images on the hosts visible to `actor`, most recent first, at most `limit`; query: part of the name."""

    def __call__(self, *, actor: Actor, query: str = "", limit: int = 50) -> list[HostImage]: ...


class _Providers:
    fits: FitsProvider | None = None
    images: HostImagesProvider | None = None
    digests: HostDigestsProvider | None = None


_providers = _Providers()


def set_providers(
    *, fits: FitsProvider | None, images: HostImagesProvider | None, digests: HostDigestsProvider | None = None
) -> None:
    """Say who answers; None takes the answer away."""
    _providers.fits = fits
    _providers.images = images
    _providers.digests = digests


def fits(actor: Actor, platforms: Sequence[Platform]) -> list[Fit]:
    """Every host of the actor with whether one of `platforms` runs on it, and why not."""
    if _providers.fits is None or not platforms:
        return []
    return _providers.fits(actor=actor, platforms=platforms)


def host_images(actor: Actor, *, query: str = "", limit: int = 50) -> list[HostImage]:
    """Images that the actor's hosts hold already."""
    if _providers.images is None:
        return []
    return _providers.images(actor=actor, query=query, limit=limit)


def host_digests(actor: Actor) -> list[HostDigests]:
    """What the actor's hosts hold, by digest."""
    return [] if _providers.digests is None else _providers.digests(actor=actor)
