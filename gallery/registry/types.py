"""What a registry answers, frozen, in the words of the OCI image and distribution specifications."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Platform:
    """What an image runs on. os: linux, windows; architecture in Go's words: amd64, arm64, arm, 386.

    variant: "v7" or "". os_version: Windows only, "10.0.20348.2655" or "". [OCI image index, platform]
    """

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        text = "/".join(part for part in (self.os, self.architecture, self.variant) if part)
        return f"{text} ({self.os_version})" if self.os_version else text


@dataclass(frozen=True)
class PlatformManifest:
    """One platform of an image. digest: of its manifest ("sha256:..."). size_bytes: compressed layers and config; None
    as long as its manifest has not been read."""

    platform: Platform
    digest: str
    size_bytes: int | None = None


@dataclass(frozen=True)
class Resolved:
    """What HEAD said of a reference. digest: of the index, or of the manifest of an image with one platform."""

    digest: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Healthcheck:
    """The image's own check, in the Engine API's words; times in seconds, None for the engine's default."""

    test: tuple[str, ...]
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    retries: int | None = None


@dataclass(frozen=True)
class HistoryEntry:
    """One step of the build. empty: it added no layer."""

    created: str
    created_by: str
    comment: str = ""
    empty: bool = False


@dataclass(frozen=True)
class ImageConfig:
    """The configuration blob of one platform. [OCI image configuration]

    ports: ("80/tcp", ...). environment in the order of the image. volumes: paths in the container.
    command, entrypoint: () when the image has none.
    """

    platform: Platform
    ports: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    healthcheck: Healthcheck | None = None
    created: str = ""
    author: str = ""
    history: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True)
class TagPage:
    """One page of tags/list. next: path and query of the following page at the same registry, None at the end."""

    tags: tuple[str, ...]
    next: str | None


@dataclass(frozen=True)
class Referrer:
    """Something that refers to an image. kind: its artifact type. size: bytes of its manifest. [OCI referrers]"""

    digest: str
    kind: str
    size: int = 0
    created: str = ""

    @property
    def word(self) -> str:
        """What it is, for people."""
        text = self.kind.lower()
        for part, word in (("sbom", "SBOM"), ("spdx", "SBOM"), ("cyclonedx", "SBOM"), ("cosign", "Signature"),
                           ("sig", "Signature"), ("notary", "Signature"), ("in-toto", "Attestation"),
                           ("attest", "Attestation"), ("provenance", "Attestation")):  # fmt: skip
            if part in text:
                return word
        return "Artifact"


@dataclass(frozen=True)
class CatalogPage:
    """One page of _catalog: names of repositories."""

    repositories: tuple[str, ...]
    next: str | None
