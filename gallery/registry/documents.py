"""The JSON documents of a registry -> typed values. [OCI image specification: index, manifest, config]

Bodies come from outside: every field is checked, and what cannot be understood is a BadAnswer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BadAnswer
from .types import Healthcheck, HistoryEntry, ImageConfig, Platform, PlatformManifest, Referrer

MAX_PLATFORMS = 500
MAX_NAMES = 200_000
_INDEX_TYPES = ("image.index", "manifest.list")
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Index:
    """platforms: without attestations, in the order of the index."""

    platforms: tuple[PlatformManifest, ...]


@dataclass(frozen=True)
class Layer:
    """A compressed layer. foreign: its bytes are not in this registry (old Windows base layers)."""

    digest: str
    size: int
    foreign: bool = False


@dataclass(frozen=True)
class Manifest:
    """One platform's manifest. size: bytes of config and layers together, as they are pulled."""

    config_digest: str
    config_size: int
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        return self.config_size + sum(layer.size for layer in self.layers)


def _load(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("The answer is no JSON, or it broke off.") from error
    if not isinstance(found, dict):
        raise BadAnswer("The answer is not what was asked for.")
    return found


def _text(value: object) -> str:
    return value[:4000] if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 60 else 0


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def platform_of(value: object) -> Platform:
    """A platform as an index or a config writes it."""
    found = _map(value)
    return Platform(
        _text(found.get("os")).lower(),
        _text(found.get("architecture")).lower(),
        _text(found.get("variant")),
        _text(found.get("os.version")),
    )


def _attestation(row: Mapping[str, Any], platform: Platform) -> bool:
    annotations = _map(row.get("annotations"))
    return platform.os in {"unknown", ""} or "vnd.docker.reference.type" in annotations


def parse_manifest(body: bytes, content_type: str) -> Index | Manifest:
    """An index or a manifest; the media type may be missing from the body. Raises BadAnswer."""
    found = _load(body)
    media_type = _text(found.get("mediaType")) or content_type
    if "manifests" in found and ("config" not in found or any(word in media_type for word in _INDEX_TYPES)):
        rows = [row for row in _list(found["manifests"])[:MAX_PLATFORMS] if isinstance(row, dict)]
        kept: list[PlatformManifest] = []
        for row in rows:
            platform = platform_of(row.get("platform"))
            digest = _text(row.get("digest"))
            if digest and not _attestation(row, platform):
                kept.append(PlatformManifest(platform, digest))
        return Index(tuple(kept))
    config = _map(found.get("config"))
    if not _text(config.get("digest")):
        raise BadAnswer("The manifest is of an old or unknown kind (schema version 1?), which cannot be run.")
    layers = [
        Layer(_text(row.get("digest")), _number(row.get("size")), "foreign" in _text(row.get("mediaType")))
        for row in _list(found.get("layers"))
        if isinstance(row, dict)
    ]
    return Manifest(_text(config["digest"]), _number(config.get("size")), tuple(layers))


def parse_referrers(body: bytes) -> tuple[Referrer, ...]:
    """What refers to an image: an index of artifacts. Raises BadAnswer."""
    rows = [row for row in _list(_load(body).get("manifests"))[:MAX_PLATFORMS] if isinstance(row, dict)]
    return tuple(
        Referrer(
            _text(row.get("digest")),
            _text(row.get("artifactType")) or _text(_map(row.get("annotations")).get("in-toto.io/predicate-type")),
            _number(row.get("size")),
            _text(_map(row.get("annotations")).get("org.opencontainers.image.created")),
        )
        for row in rows
        if _text(row.get("digest"))
    )


def _healthcheck(value: object) -> Healthcheck | None:
    found = _map(value)
    test = tuple(_text(word) for word in _list(found.get("Test")))
    if not test or test == ("NONE",):
        return None

    def seconds(name: str) -> float | None:
        number = _number(found.get(name))
        return number / _NANOSECONDS if number else None

    return Healthcheck(
        test, seconds("Interval"), seconds("Timeout"), seconds("StartPeriod"), _number(found.get("Retries")) or None
    )


def _environment(value: object) -> dict[str, str]:
    pairs = (_text(text).partition("=") for text in _list(value))
    return {name: content for name, _, content in pairs if name}


def parse_config(body: bytes) -> ImageConfig:
    """An image's configuration blob. Raises BadAnswer."""
    found = _load(body)
    config = _map(found.get("config"))
    labels = {_text(name): _text(value) for name, value in _map(config.get("Labels")).items()}
    history = [
        HistoryEntry(
            _text(row.get("created")),
            _text(row.get("created_by")),
            _text(row.get("comment")),
            bool(row.get("empty_layer")),
        )
        for row in _list(found.get("history"))[:1000]
        if isinstance(row, dict)
    ]
    return ImageConfig(
        platform=platform_of(found),
        ports=tuple(sorted(_map(config.get("ExposedPorts")), key=_port_order)),
        environment=_environment(config.get("Env")),
        volumes=tuple(sorted(_map(config.get("Volumes")))),
        command=tuple(_text(word) for word in _list(config.get("Cmd"))),
        entrypoint=tuple(_text(word) for word in _list(config.get("Entrypoint"))),
        user=_text(config.get("User")),
        working_dir=_text(config.get("WorkingDir")),
        stop_signal=_text(config.get("StopSignal")),
        labels=labels,
        healthcheck=_healthcheck(config.get("Healthcheck")),
        created=_text(found.get("created")),
        author=_text(found.get("author")),
        history=tuple(history),
    )


def _port_order(text: str) -> tuple[int, str]:
    number = text.partition("/")[0]
    return (int(number) if number.isdigit() else 1 << 20, text)


def parse_names(body: bytes, key: str) -> tuple[str, ...]:
    """The names in tags/list ("tags") or _catalog ("repositories"); null is none. Raises BadAnswer."""
    found = _load(body)
    if key not in found:
        raise BadAnswer("The answer is not what was asked for.")
    return tuple(text for text in _list(found[key])[:MAX_NAMES] if isinstance(text, str) and text)
