"""What planning needs to know of hosts, frozen. Filled from the mirror by `hosts.services.observing`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine_agent.protocol.policy.rules import PolicyFact

ONLINE = "online"
HOLDING_PORTS = {"running", "paused", "restarting"}  # container states in which published ports are taken


@dataclass(frozen=True)
class HeldPort:
    """A published port. address: "" or "0.0.0.0" or "::" for all addresses."""

    published: int
    protocol: str = "tcp"
    address: str = ""


@dataclass(frozen=True)
class ObservedContainer:
    """project, service, number and config_hash come from the labels of docker compose; "" and 0 without them."""

    name: str
    image: str
    image_id: str
    state: str
    project: str = ""
    service: str = ""
    number: int = 0
    config_hash: str = ""
    oneoff: bool = False
    ports: tuple[HeldPort, ...] = ()


@dataclass(frozen=True)
class ObservedImage:
    """tags: "nginx:1.27"; digests: "nginx@sha256:…", as the Engine API writes RepoTags and RepoDigests."""

    image_id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObservedVolume:
    """A volume that exists. options: of its driver, passwords blanked; None: not known, its agent does not tell."""

    driver: str = "local"
    options: Mapping[str, str] | None = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservedHost:
    """A host as it was last seen. state: online, stale, offline, revoked; away: a sentence that says since when.

    address: where other hosts reach its published ports, "" when that is not known.
    policy: what its owner allows; None without a policy file. volumes: by name, those that were asked for.
    """

    id: str
    name: str
    os: str = "linux"
    architecture: str = "amd64"
    os_version: str = ""
    os_name: str = ""
    isolation: str = ""
    cpus: int = 0
    memory_bytes: int = 0
    state: str = ONLINE
    away: str = ""
    engine_error: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[ObservedContainer, ...] = ()
    images: tuple[ObservedImage, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: Mapping[str, ObservedVolume] = field(default_factory=dict)
    address: str = ""
    policy: PolicyFact | None = None

    @property
    def platform(self) -> str:
        """As shown: "linux/amd64", for Windows with its build."""
        text = f"{self.os or 'unknown'}/{self.architecture or 'unknown'}"
        return f"{text} ({self.os_version})" if self.os == "windows" and self.os_version else text

    def image(self, reference: str) -> ObservedImage | None:
        """The image that carries this tag or digest reference, None when it is not there."""
        known = digest_form(reference)
        for image in self.images:
            if known in image.tags or known in image.digests:
                return image
        return None


def digest_form(reference: str) -> str:
    """A reference as the engine keeps it: with a digest, the tag does not count ("nginx:1@sha256:…")."""
    name, at, digest = reference.partition("@")
    if not at:
        return reference
    head, colon, tail = name.rpartition(":")
    return f"{head if colon and '/' not in tail else name}@{digest}"
