"""One image in detail: its platforms, layers, build steps and configuration, what hosts have of it, what refers to it.

At Docker Hub reading a manifest counts as a pull, and its web API tells layers and steps for nothing: so the
configuration is read there only when somebody asks for it, or when it has been read before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from portal.people.access import Actor
from portal.problems import Problem

from .answers import Kept, Question, answer_to
from .docker_hub import hub_problem
from .fits import HostDigests, host_digests
from .hub import types
from .images import image_config, image_manifest, registry_problem, resolve_image
from .kept_images import kept_config, kept_layers
from .problems import HubUnavailable, RegistryUnavailable
from .registry.documents import Manifest
from .registry.types import ImageConfig, PlatformManifest, Referrer
from .repositories import RepositoryName
from .sources import HUB, default_registry_host, default_registry_is_hub, hub_client, registry_client

T = TypeVar("T")
LAYERS_AGE = timedelta(hours=6)


@dataclass(frozen=True)
class LayerRow:
    """A step of the build. digest, size: "" and 0 when it added no layer. here: hosts that have the layer already."""

    instruction: str
    digest: str
    size: int
    here: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostNeed:
    """What one host would pull. missing: bytes; known: bytes in layers it has already."""

    host_id: str
    host_name: str
    missing: int
    known: int


@dataclass(frozen=True)
class ImageDetail:
    """digest: of the index. platform: the one shown. config: None when it was not read; config_problem: why not.

    counted: reading the configuration counts as a pull. referrers: None when the registry was not asked.
    """

    name: RepositoryName
    tag: str
    digest: str
    platforms: tuple[PlatformManifest, ...]
    platform: PlatformManifest | None
    layers: tuple[LayerRow, ...] = ()
    config: ImageConfig | None = None
    config_problem: Problem | None = None
    counted: bool = False
    needs: tuple[HostNeed, ...] = ()
    referrers: tuple[Referrer, ...] | None = None

    @property
    def reference(self) -> str:
        return self.name.image(self.tag)

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)


def image_detail(
    actor: Actor, name: RepositoryName, tag: str, *, platform: str = "", read_config: bool = False
) -> Kept[ImageDetail]:
    """An image. platform: as it is shown ("linux/arm64"), "" for the first. Raises the problems of its source."""
    counted = name.source.is_hub and default_registry_is_hub()
    if name.source.is_hub:
        client = hub_client(name.access)
        kept = answer_to(
            _hub_question(name, tag, "tag-detail", types.Tag, lambda: client.tag(name.namespace, name.name, tag))
        )
        manifests = tuple(PlatformManifest(one.platform, one.digest, one.size or None) for one in kept.value.images)
        digest, fetched_at, problem = kept.value.digest, kept.fetched_at, kept.problem
    else:
        digest, manifests, fetched_at = _at_registry(name, tag)
        problem = None
    chosen = next((one for one in manifests if str(one.platform) == platform), manifests[0] if manifests else None)
    config, config_problem = _config(name, tag, chosen, counted and not read_config)
    layers = _layers(name, tag, chosen, config)
    hosts = host_digests(actor)
    there = {host.host_id: _known_layers(host) for host in hosts}
    rows = tuple(
        LayerRow(
            one.instruction,
            one.digest,
            one.size,
            tuple(host.host_name for host in hosts if one.digest and one.digest in there[host.host_id]),
        )
        for one in layers
    )
    detail = ImageDetail(
        name,
        tag,
        digest,
        manifests,
        chosen,
        rows,
        config,
        config_problem,
        counted,
        tuple(_need(host, rows, there[host.host_id]) for host in hosts),
        _referrers(name, digest),
    )
    return Kept(detail, fetched_at, problem)


def _at_registry(name: RepositoryName, tag: str) -> tuple[str, tuple[PlatformManifest, ...], datetime]:
    found = resolve_image(name.image(tag), name.access)
    return found.index_digest, found.platforms, timezone.now()


def _hub_question(name: RepositoryName, tag: str, kind: str, answer: type[T], ask: Callable[[], T]) -> Question[T]:
    return Question(
        name.access.source(HUB), kind, f"{name.path}:{tag}", answer, ask, hub_problem, HubUnavailable, LAYERS_AGE
    )


def _config(
    name: RepositoryName, tag: str, chosen: PlatformManifest | None, only_kept: bool
) -> tuple[ImageConfig | None, Problem | None]:
    """The configuration of a platform; only_kept: nothing is asked for."""
    if chosen is None or not chosen.digest:
        return None, None
    try:
        if only_kept:
            return kept_config(name.reference, chosen.digest, name.access), None
        return image_config(name.image(tag), chosen, name.access), None
    except Problem as problem:
        return None, problem


def _layers(
    name: RepositoryName, tag: str, chosen: PlatformManifest | None, config: ImageConfig | None
) -> tuple[LayerRow, ...]:
    if chosen is None:
        return ()
    if name.source.is_hub:
        client = hub_client(name.access)
        question = _hub_question(
            name,
            tag,
            "layers",
            tuple[types.TagImage, ...],
            lambda: client.tag_images(name.namespace, name.name, tag),
        )
        try:
            images = answer_to(question).value
        except Problem:
            return ()
        found = next((one for one in images if one.digest == chosen.digest or one.platform == chosen.platform), None)
        return tuple(LayerRow(one.instruction, one.digest, one.size) for one in found.layers) if found else ()
    try:
        manifest = image_manifest(name.reference, chosen.digest, name.access)
    except Problem:
        return ()
    return steps_of(manifest, config)


def steps_of(manifest: Manifest, config: ImageConfig | None) -> tuple[LayerRow, ...]:
    """The layers of a manifest, each with the step of the history that made it. [OCI image configuration, history]"""
    layers = list(manifest.layers)
    history = config.history if config else ()
    if sum(1 for step in history if not step.empty) != len(layers):  # an incomplete history says nothing of any layer
        return tuple(LayerRow("", layer.digest, layer.size) for layer in layers)
    rows: list[LayerRow] = []
    for step in history:
        layer = None if step.empty else layers.pop(0)
        rows.append(LayerRow(step.created_by, layer.digest if layer else "", layer.size if layer else 0))
    return tuple(rows)


def _known_layers(host: HostDigests) -> frozenset[str]:
    """Layers of the images on a host, as far as their manifests have been read before; nothing is asked for."""
    return frozenset(layer for digest in host.digests for layer in kept_layers(digest, host.platform))


def _need(host: HostDigests, rows: Sequence[LayerRow], there: frozenset[str]) -> HostNeed:
    sizes = {row.digest: row.size for row in rows if row.digest}
    known = sum(size for digest, size in sizes.items() if digest in there)
    return HostNeed(host.host_id, host.host_name, sum(sizes.values()) - known, known)


def _referrers(name: RepositoryName, digest: str) -> tuple[Referrer, ...] | None:
    """Signatures, SBOMs and attestations that refer to an image; None when the registry does not say."""
    if not digest or (name.source.is_hub and not default_registry_is_hub()):
        return None
    host = "" if name.source.is_hub else name.source.slug
    client = registry_client(host, name.access)
    question = Question(
        name.access.source(host or default_registry_host()),
        "referrers",
        f"{name.path}@{digest}",
        tuple[Referrer, ...],
        lambda: client.referrers(name.path, digest, fallback=not name.source.is_hub),
        lambda error: registry_problem(name.reference, error),
        RegistryUnavailable,
        LAYERS_AGE,
    )
    try:
        return answer_to(question).value
    except Problem:
        return None
