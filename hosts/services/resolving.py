"""From the images a project names to what the registries say of them, all at the same time."""

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

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
from hosts.wanted import WantedImage
from portal.problems import Problem

AT_ONCE = 8
Resolve = Callable[[str], ResolvedImage]


def with_familiar_images(project: Project) -> Project:
    """The same project with every image in the form the engine itself uses for tags: "nginx:latest".

    A digest can only be known by the name it was pulled under, so with a digest that name is the image's."""
    services = [replace(service, image=_familiar(service.image)) for service in project.services]
    return replace(project, services=tuple(services))


def _familiar(image: str) -> str:
    found = reference_of(image)
    return pull_reference(image) if found.digest else str(found)


def images_resolve(*, project: Project, resolve: Resolve = resolve_image) -> Mapping[str, WantedImage]:
    """Every image of the project by its reference. A registry's refusal is kept with the image, not raised: a host
    may have a copy."""
    references = sorted({service.image for service in project.services})
    if len(references) == 1:
        return {references[0]: _resolve(references[0], resolve)}
    with ThreadPoolExecutor(min(AT_ONCE, len(references)), thread_name_prefix="resolve") as pool:
        context = contextvars.copy_context()
        work = partial(_resolve_in_thread, resolve=resolve)
        found = pool.map(lambda reference: context.copy().run(work, reference), references)
        return dict(zip(references, found, strict=True))


def _resolve_in_thread(reference: str, *, resolve: Resolve) -> WantedImage:
    try:
        return _resolve(reference, resolve)
    finally:
        connection.close()


def _resolve(reference: str, resolve: Resolve) -> WantedImage:
    context = build_context_for(reference)
    if context is not None:
        return WantedImage(
            reference,
            manifests=(PlatformManifest(context.platform, ""),),
            build_sha256=context.sha256,
            build_size=context.size,
        )
    try:
        found = resolve(reference)
    except Problem as problem:
        return WantedImage(reference, problem_code=problem.code, problem_detail=problem.detail)
    source = pull_reference(reference)
    return WantedImage(
        reference,
        digest=found.index_digest,
        manifests=found.platforms,
        source=source if source != reference else "",
        size_of=_size,
    )


def _size(reference: str, manifest: PlatformManifest) -> int | None:
    """A size that cannot be had is unknown, and refuses nothing."""
    if manifest.size_bytes is not None:
        return manifest.size_bytes
    try:
        return image_size(reference, manifest)
    except Problem:
        return None
