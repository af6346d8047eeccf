"""Whether what runs is what its tag names now. Pure, and it says "unknown" rather than anything wrong.

An image on a host has no, one or many RepoDigests: one per repository it was pulled from or pushed to. After a pull of
a multi-arch image that is the digest of the index, as a tag's HEAD gives it; after a pull by the digest of one
platform it is that of its manifest. Any match means that nothing is new.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from gallery.registry.errors import NotAReference
from gallery.registry.reference import Reference, parse_reference


class Verdict(StrEnum):
    """current, update: known. pulled: the host has the new image already, and the container runs the old one.

    pinned: the container asks for a digest, so its tag does not matter. local: built or loaded here, no registry has
    named it. unknown: cannot be said now, or not for sure; gone: the registry has no such tag any more.
    """

    CURRENT = "current"
    UPDATE = "update"
    PULLED = "pulled"
    PINNED = "pinned"
    LOCAL = "local"
    UNKNOWN = "unknown"
    GONE = "gone"


@dataclass(frozen=True)
class Running:
    """An image that a container runs. reference: as the container asked for it. repo_digests: of its image.

    tag_digests: RepoDigests of the image that the same host now has under that tag; differs when it was pulled anew.
    """

    reference: str
    repo_digests: tuple[str, ...]
    tag_digests: tuple[str, ...] = ()


@dataclass(frozen=True)
class TagFact:
    """What the registry says of a tag. digest: of its index, "" when not known. platforms: digests of the manifests in
    it, None when not known. gone: it says that there is no such tag."""

    digest: str = ""
    platforms: Collection[str] | None = None
    gone: bool = False


def verdict(running: Running, tag: TagFact, *, mirror: str = "") -> Verdict:
    """What to say of it. mirror: host of the registry that Docker Hub's images are pulled from, "" for Docker Hub."""
    try:
        reference = parse_reference(running.reference)
    except NotAReference:
        return Verdict.UNKNOWN  # an image id: the tag has moved on, and nothing says which it was
    if reference.digest:
        return Verdict.PINNED
    if running.reference.startswith("sha256:"):
        return Verdict.UNKNOWN
    digests = {text.partition("@")[2] for text in running.repo_digests if "@" in text}
    if not digests:
        return Verdict.LOCAL
    if tag.gone:
        return Verdict.GONE
    if not tag.digest:
        return Verdict.UNKNOWN
    if tag.digest in digests or (tag.platforms is not None and not digests.isdisjoint(tag.platforms)):
        return Verdict.CURRENT
    if not any(_same_repository(text, reference, mirror) for text in running.repo_digests):
        return Verdict.UNKNOWN  # pulled from elsewhere and tagged by hand
    if tag.platforms is None:
        return Verdict.UNKNOWN  # it may be the digest of one platform: whoever asks must look first
    there = {text.partition("@")[2] for text in running.tag_digests if "@" in text}
    return Verdict.PULLED if tag.digest in there or not there.isdisjoint(tag.platforms) else Verdict.UPDATE


def needs_platforms(running: Running, tag: TagFact, *, mirror: str = "") -> bool:
    """Whether the verdict hangs on the platforms of the tag's index, which are asked for only then."""
    if tag.platforms is not None or not tag.digest or tag.gone:
        return False
    with_none = TagFact(tag.digest, frozenset())
    return verdict(running, with_none, mirror=mirror) in {Verdict.UPDATE, Verdict.PULLED}


def _same_repository(repo_digest: str, reference: Reference, mirror: str) -> bool:
    try:
        found = parse_reference(repo_digest)
    except NotAReference:
        return False
    if found.repository != reference.repository:
        return False
    return found.host == reference.host or (not reference.host and bool(mirror) and found.host == mirror)
