"""From the images a project names to what the registries say of them, all at the same time."""

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from django.db import connection

from gallery.compose.types import Project
from gallery.images import (
    ResolvedImage,
    build_context_for,
    image_size,
    pull_reference,
    reference_of,
    resolve_image,
)
from gallery.registry.types import PlatformManifest
from gallery.selectors.registries import accesses_for_images
from gallery.sources import ANONYMOUS, Access
from hosts.wanted import WantedImage
from portal.problems import Problem

AT_ONCE = 8
Resolve = Callable[..., ResolvedImage]  # (reference), and the team's access where it has one


def asked_once(resolve: Resolve = resolve_image) -> Resolve:
    """The same asking, with each question put once: for a page that shows what an image is, and plans with it."""
    known: dict[tuple[str, Access], ResolvedImage | Problem] = {}

    def ask(reference: str, access: Access = ANONYMOUS) -> ResolvedImage:
        question = (str(reference_of(reference)), access)
        if question not in known:
            try:
                known[question] = resolve(reference, access)
            except Problem as problem:
                known[question] = problem
        answer = known[question]
        if isinstance(answer, Problem):
            raise answer
        return answer

    return ask


def with_familiar_images(project: Project) -> Project:
    """The same project with every image in the form the engine itself uses for tags: "nginx:latest".

    A digest can only be known by the name it was pulled under, so with a digest that name is the image's."""
    services = [replace(service, image=_familiar(service.image)) for service in project.services]
    return replace(project, services=tuple(services))


def _familiar(image: str) -> str:
    found = reference_of(image)
    return pull_reference(image) if found.digest else str(found)


def images_resolve(
    *,
    project: Project,
    resolve: Resolve = resolve_image,
    team: int | None = None,
    pins: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, WantedImage]:
    """Every image of the project by its reference, asked for with the accounts of `team`. A registry's refusal is kept
    with the image, not raised: a host may have a copy. pins: what a reference stands for, whatever its tag is now."""
    resolve = _pinned(resolve, pins) if pins else resolve
    references = sorted({service.image for service in project.services})
    accesses = {} if team is None else accesses_for_images(team, references)
    if len(references) == 1:
        return {references[0]: _resolve(references[0], resolve, accesses)}
    with ThreadPoolExecutor(min(AT_ONCE, len(references)), thread_name_prefix="resolve") as pool:
        context = contextvars.copy_context()
        work = partial(_resolve_in_thread, resolve=resolve, accesses=accesses)
        found = pool.map(lambda reference: context.copy().run(work, reference), references)
        return dict(zip(references, found, strict=True))


def pins_of(images: Mapping[str, WantedImage]) -> dict[str, str]:
    """What each tag stands for, as far as a registry told; built images and digests need no pin."""
    return {
        reference: image.digest
        for reference, image in images.items()
        if image.digest and not image.problem_detail and not image.build_sha256 and "@" not in reference
    }


def _pinned(resolve: Resolve, pins: Mapping[str, str]) -> Resolve:
    """The same asking, for images that are pinned by digest."""

    def ask(reference: str, *access: Access) -> ResolvedImage:
        pin = pins.get(reference)
        if pin is None:
            return resolve(reference, *access)
        try:
            found = resolve(reference, *access)
        except Problem:
            found = None  # the tag may be gone, and what it stood for still there
        if found is not None and found.index_digest == pin:
            return found
        return replace(resolve(f"{reference}@{pin}", *access), reference=reference, index_digest=pin)

    return ask


def _resolve_in_thread(reference: str, *, resolve: Resolve, accesses: Mapping[str, Access]) -> WantedImage:
    try:
        return _resolve(reference, resolve, accesses)
    finally:
        connection.close()


def _resolve(reference: str, resolve: Resolve, accesses: Mapping[str, Access]) -> WantedImage:
    access = accesses.get(reference, ANONYMOUS)
    context = build_context_for(reference)
    if context is not None:
        return WantedImage(
            reference,
            manifests=(PlatformManifest(context.platform, ""),),
            build_sha256=context.sha256,
            build_size=context.size,
        )
    try:
        found = resolve(reference, access) if access != ANONYMOUS else resolve(reference)
    except Problem as problem:
        return WantedImage(reference, problem_code=problem.code, problem_detail=problem.detail)
    source = pull_reference(reference)
    return WantedImage(
        reference,
        digest=found.index_digest,
        manifests=found.platforms,
        source=source if source != reference else "",
        size_of=partial(_size, access=access),
    )


def _size(reference: str, manifest: PlatformManifest, access: Access) -> int | None:
    """A size that cannot be had is unknown, and refuses nothing."""
    if manifest.size_bytes is not None:
        return manifest.size_bytes
    try:
        return image_size(reference, manifest, access)
    except Problem:
        return None
