"""What is known of images from before, without asking anybody."""

from gallery.registry.errors import NotAReference
from gallery.registry.reference import Reference, parse_reference
from gallery.registry.types import ImageConfig

from .answers import kept_answer
from .images import Documents, asked_of
from .sources import ANONYMOUS, Access


def kept_config(reference: Reference, digest: str, access: Access = ANONYMOUS) -> ImageConfig | None:
    """The configuration of the platform with this digest when it was read before; nothing is asked for."""
    manifest = kept_answer(asked_of(reference, access), "manifest", f"{reference.repository}@{digest}", Documents)
    if manifest is None or manifest.manifest is None:
        return None
    subject = f"{reference.repository}@{manifest.manifest.config_digest}"
    return kept_answer(asked_of(reference, access), "config", subject, ImageConfig)


def kept_layers(repo_digest: str, platform: str = "") -> tuple[str, ...]:
    """Digests of the layers of an image ("nginx@sha256:...") as far as its manifests were read before.

    platform: "linux/amd64", which of an index to look at.
    """
    try:
        reference = parse_reference(repo_digest)
    except NotAReference:
        return ()
    source = asked_of(reference, ANONYMOUS)
    found = kept_answer(source, "manifest", f"{reference.repository}@{reference.digest}", Documents)
    if found is not None and found.index is not None:
        rows = [one for one in found.index.platforms if str(one.platform).startswith(platform)]
        subjects = [f"{reference.repository}@{one.digest}" for one in rows[:1]]
        found = kept_answer(source, "manifest", subjects[0], Documents) if subjects else None
    return tuple(layer.digest for layer in found.manifest.layers) if found and found.manifest else ()
