"""From an image reference to what would run: digest, platforms, sizes and configuration."""

from dataclasses import dataclass

from gallery.catalogue.contexts import HELLO_REFERENCE, BuildContextFile, hello_context
from gallery.registry.errors import NotAReference
from gallery.registry.reference import Reference, parse_reference
from gallery.registry.types import ImageConfig, PlatformManifest

from .problems import ReferenceInvalid


@dataclass(frozen=True)
class ResolvedImage:
    """An image as the registry has it now.

    reference: the familiar form, "nginx:1.27". index_digest: of the index, or of the only manifest; what RepoDigests
    of a container will hold after a pull. platforms: without attestations, in the registry's order; the size of each
    is None until its manifest has been read (`image_size`).
    """

    reference: str
    index_digest: str
    platforms: tuple[PlatformManifest, ...]


def reference_of(text: str) -> Reference:
    """The parsed reference. Raises ReferenceInvalid with the field "image"."""
    try:
        return parse_reference(text)
    except NotAReference as error:
        raise ReferenceInvalid(str(error), fields={"image": [str(error)]}) from error


def build_context_for(reference: str) -> BuildContextFile | None:
    """The build context of an image that is built on the host instead of pulled; None for every other image."""
    if str(reference_of(reference)) == HELLO_REFERENCE:
        return hello_context()
    return None


def resolve_image(reference: str) -> ResolvedImage:
    """Ask the registry what `reference` is; answers are kept for a while and shared between processes.

    Raises ReferenceInvalid, ImageNotFound, TagNotFound, RegistryDenied, SourceLimited, RegistryUnavailable.
    """
    raise NotImplementedError


def image_config(reference: str, manifest: PlatformManifest) -> ImageConfig:
    """The configuration of one platform of an image. Raises as `resolve_image`."""
    raise NotImplementedError


def image_size(reference: str, manifest: PlatformManifest) -> int | None:
    """Bytes to pull for one platform (compressed layers and config), None when unknown. Raises as `resolve_image`."""
    raise NotImplementedError
