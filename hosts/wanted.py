"""What is to be run: a project with what the registries said of its images. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gallery.compose.types import Project, Service
from gallery.registry.types import PlatformManifest
from hosts.observed import ObservedHost
from hosts.placement import image_fits

PACK, SPREAD = "pack", "spread"  # how replicas and services are laid out over the hosts

SizeOf = Callable[[str, PlatformManifest], int | None]


def _size_told(reference: str, manifest: PlatformManifest) -> int | None:
    return manifest.size_bytes


@dataclass(frozen=True)
class WantedImage:
    """One image as far as it could be resolved.

    digest: of the index, "" when the registry did not tell. problem_code, problem_detail: why it could not be
    resolved; then only hosts that have the image already will do. build_sha256: of the context of an image that is
    built on the host; its platform is the only one in `manifests`. source: where it is pulled from when that is not
    the reference itself. size_of: asked only for what is to be pulled.
    """

    reference: str
    digest: str = ""
    manifests: tuple[PlatformManifest, ...] = ()
    problem_code: str = ""
    problem_detail: str = ""
    build_sha256: str = ""
    build_size: int = 0
    source: str = ""
    size_of: SizeOf = field(default=_size_told, compare=False)

    def for_service(self, service: Service) -> tuple[PlatformManifest, ...]:
        """The platforms that count for a service: all, or those that its `platform` names."""
        if not service.platform:
            return self.manifests
        os, _, rest = service.platform.partition("/")
        architecture, _, variant = rest.partition("/")
        return tuple(
            manifest
            for manifest in self.manifests
            if manifest.platform.os == os
            and architecture in ("", manifest.platform.architecture)
            and variant in ("", manifest.platform.variant)
        )

    def size_for(self, host: ObservedHost, service: Service) -> int | None:
        """Bytes to pull on this host, None when unknown."""
        manifest = image_fits(host, self.for_service(service), isolation=service.isolation).manifest
        return None if manifest is None else self.size_of(self.reference, manifest)


@dataclass(frozen=True)
class Wanted:
    """images: by the reference that services name. named: the hosts were named one by one, so each must be ready.

    strategy: pack (services keep together) or spread (replicas keep apart).
    """

    project: Project
    images: Mapping[str, WantedImage]
    revision: int = 1
    named: bool = False
    strategy: str = PACK
