"""From an image reference to what would run: digest, platforms, sizes and configuration."""

import difflib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from gallery.catalogue.contexts import (
    HELLO_REFERENCE,
    BuildContextFile,
    hello_config,
    hello_context,
    hello_platform,
)
from gallery.registry.documents import Index, Manifest
from gallery.registry.errors import (
    AccessDenied,
    ManifestUnknown,
    NotAReference,
    RateLimited,
    RegistryError,
    RepositoryUnknown,
)
from gallery.registry.reference import Reference, parse_reference
from gallery.registry.types import ImageConfig, Platform, PlatformManifest, Resolved
from portal.problems import NotFound, Problem

from .answers import DEPLOY_BUDGET, Question, answer_to
from .asking import StillAsking
from .problems import (
    ImageNotFound,
    ReferenceInvalid,
    RegistryDenied,
    RegistryUnavailable,
    SourceLimited,
    TagNotFound,
    still_asking,
)
from .sources import ANONYMOUS, Access, default_registry_host, default_registry_is_hub, registry_client

T = TypeVar("T")

TAG_AGE = timedelta(seconds=15)
NEAR = 5


@dataclass(frozen=True)
class ResolvedImage:
    """An image as the registry has it now.

    reference: the familiar form, "nginx:1.27". index_digest: of the index, or of the only manifest; what RepoDigests
    of a container will hold after a pull; "" for an image that is built on the host. platforms: without attestations,
    in the registry's order; the size of each is None until its manifest has been read (`image_size`).
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
    return hello_context() if is_built(reference) else None


def is_built(reference: str) -> bool:
    """Whether the image is built on the host instead of pulled."""
    return str(reference_of(reference)) == HELLO_REFERENCE


def pull_reference(reference: str) -> str:
    """Where an engine pulls the image from. The same text, unless it has no registry host and PIERHEAD_REGISTRY_URL
    names another registry than Docker Hub: "nginx:1" is then "127.0.0.1:5000/library/nginx:1"."""
    found = reference_of(reference)
    if found.host or default_registry_is_hub():
        return str(found)
    return str(replace(found, host=default_registry_host()))


def resolve_image(reference: str, access: Access = ANONYMOUS) -> ResolvedImage:
    """Ask the registry what `reference` is, as `access`. A tag's digest is kept for seconds, what a digest names for
    good.

    Raises ReferenceInvalid, ImageNotFound, TagNotFound, RegistryDenied, SourceLimited, RegistryUnavailable.
    """
    parsed = reference_of(reference)
    if str(parsed) == HELLO_REFERENCE:
        return ResolvedImage(HELLO_REFERENCE, "", (PlatformManifest(hello_platform(), ""),))
    digest = parsed.digest or _digest(parsed, access)
    document = _document(parsed, digest, access)
    if isinstance(document, Index):
        return ResolvedImage(str(parsed), digest, document.platforms)
    config = _config(parsed, document, access)
    return ResolvedImage(str(parsed), digest, (PlatformManifest(config.platform, digest, document.size),))


def image_config(reference: str, manifest: PlatformManifest, access: Access = ANONYMOUS) -> ImageConfig:
    """The configuration of one platform of an image. Raises as `resolve_image`."""
    parsed = reference_of(reference)
    if str(parsed) == HELLO_REFERENCE:
        return hello_config()
    return _config(parsed, _platform_document(parsed, manifest, access), access)


def image_size(reference: str, manifest: PlatformManifest, access: Access = ANONYMOUS) -> int | None:
    """Bytes to pull for one platform (compressed layers and config), None when unknown. Raises as `resolve_image`."""
    if manifest.size_bytes is not None or not manifest.digest:
        return manifest.size_bytes
    return _platform_document(reference_of(reference), manifest, access).size


def registry_problem(reference: Reference, error: Exception) -> Problem:
    """The problem that a registry's error is for whoever asked for `reference`."""
    host = reference.host or ("Docker Hub" if default_registry_is_hub() else default_registry_host())
    name = reference.familiar_repository
    fields = {"image": [""]}
    if isinstance(error, RepositoryUnknown) or (isinstance(error, AccessDenied) and error.hidden):
        detail = f"{host} has no repository “{name}”, or it is private. Check the name, or search the gallery."
        problem: Problem = ImageNotFound(detail, fields=fields)
    elif isinstance(error, ManifestUnknown):
        problem = TagNotFound(f"{host} has “{name}”, but no “{reference.target}” of it. Choose one of its tags.")
    elif isinstance(error, AccessDenied):
        problem = RegistryDenied(f"{host} does not let us read “{name}”. {error}", fields=fields)
    elif isinstance(error, RateLimited):
        problem = SourceLimited(f"{host}: {error}", retry_after=error.retry_after or 60)
    elif isinstance(error, StillAsking):
        problem = still_asking(RegistryUnavailable, host)
    else:
        problem = RegistryUnavailable(str(error) if isinstance(error, RegistryError) else f"{host} does not answer.")
    if "image" in problem.fields:
        problem.fields["image"] = [problem.detail]
    return problem


def asked_of(reference: Reference, access: Access) -> str:
    """The name under which answers about a reference are kept."""
    return access.source(reference.host or default_registry_host())


def _digest(reference: Reference, access: Access, max_age: timedelta | None = None) -> str:
    """What a tag names now. max_age: of an answer that will do, None for TAG_AGE."""
    client = registry_client(reference.host, access)
    try:
        return answer_to(
            Question(
                asked_of(reference, access),
                "digest",
                f"{reference.repository}:{reference.tag}",
                Resolved,
                lambda: client.resolve(reference.repository, reference.tag),
                lambda error: registry_problem(reference, error),
                RegistryUnavailable,
                TAG_AGE if max_age is None else max_age,
                DEPLOY_BUDGET,
                stale_allowed=False,
            )
        ).value.digest
    except TagNotFound as problem:
        raise _tag_problem(reference, problem, access) from problem


def _tag_problem(reference: Reference, problem: NotFound, access: Access) -> Problem:
    """HEAD cannot tell an unknown tag from an unknown repository: the list of tags can, and names near ones."""
    try:
        tags = repository_tags(reference, access)
    except Problem as other:
        return other
    near = near_tags(reference.tag, tags)
    hint = f" Near ones: {', '.join(near)}." if near else ""
    return TagNotFound(f"{problem.detail}{hint}", near=near)


def repository_digest(reference: Reference, access: Access = ANONYMOUS) -> str:
    """The digest a tag names now, by HEAD. Raises TagNotFound, RegistryDenied, SourceLimited, RegistryUnavailable."""
    return _digest(reference, access)


def repository_digest_anew(reference: Reference, access: Access = ANONYMOUS) -> str:
    """The same, whatever was answered moments ago: for who was told that the tag was pushed. Raises as that."""
    return _digest(reference, access, timedelta(0))


def image_manifest(reference: Reference, digest: str, access: Access = ANONYMOUS) -> Manifest:
    """The manifest of one platform. Raises as `resolve_image`."""
    return _platform_document(reference, PlatformManifest(Platform("", ""), digest), access)


def near_tags(tag: str, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Up to five of `tags` that look like `tag`, the best first; "latest" and a few others when none does."""
    starting = [other for other in tags if other.startswith(tag) or tag.startswith(other)]
    close = difflib.get_close_matches(tag, tags[:5000], n=NEAR, cutoff=0.5)
    usual = [other for other in tags if other in {"latest", "stable"}] + list(tags[:NEAR])
    found = dict.fromkeys([*close, *sorted(starting, key=len)])
    return tuple(found or dict.fromkeys(usual))[:NEAR]


def repository_tags(reference: Reference, access: Access = ANONYMOUS) -> tuple[str, ...]:
    """Every tag of a repository, in the registry's order. Raises ImageNotFound, RegistryDenied, RegistryUnavailable."""
    client = registry_client(reference.host, access)

    def ask() -> tuple[str, ...]:
        page = client.tags(reference.repository)
        found = list(page.tags)
        while page.next and len(found) < 50_000:
            page = client.tags(reference.repository, page.next)
            found += page.tags
        return tuple(found)

    return answer_to(
        Question(
            asked_of(reference, access),
            "tag-names",
            reference.repository,
            tuple[str, ...],
            ask,
            lambda error: registry_problem(reference, error),
            RegistryUnavailable,
            timedelta(minutes=1),
            DEPLOY_BUDGET,
        )
    ).value


def _document(reference: Reference, digest: str, access: Access) -> Index | Manifest:
    client = registry_client(reference.host, access)
    question = Question(
        asked_of(reference, access),
        "manifest",
        f"{reference.repository}@{digest}",
        Documents,
        lambda: _documents(client.manifest(reference.repository, digest)),
        lambda error: registry_problem(reference, error),
        RegistryUnavailable,
        None,
        DEPLOY_BUDGET,
    )
    found = answer_to(question).value
    document = found.index or found.manifest
    if document is None:
        raise RegistryUnavailable(f"What is kept of {reference} makes no sense.")
    return document


@dataclass(frozen=True)
class Documents:
    """Either of the two, as it is kept."""

    index: Index | None = None
    manifest: Manifest | None = None


def _documents(document: Index | Manifest) -> Documents:
    return Documents(index=document) if isinstance(document, Index) else Documents(manifest=document)


def _platform_document(reference: Reference, manifest: PlatformManifest, access: Access) -> Manifest:
    document = _document(reference, manifest.digest, access)
    if isinstance(document, Index):
        raise RegistryUnavailable(f"The registry gives an index where a manifest of {reference} should be.")
    return document


def _config(reference: Reference, document: Manifest, access: Access) -> ImageConfig:
    client = registry_client(reference.host, access)
    return answer_to(
        Question(
            asked_of(reference, access),
            "config",
            f"{reference.repository}@{document.config_digest}",
            ImageConfig,
            lambda: client.config(reference.repository, document.config_digest),
            lambda error: registry_problem(reference, error),
            RegistryUnavailable,
            None,
            DEPLOY_BUDGET,
        )
    ).value
