"""Having the images on the host before any container is touched: pulled with progress per layer, or built."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path

from ..engine import Engine, EngineError, EngineGone
from ..engine.images import image_build, image_pull, image_tag, split_reference
from ..engine.types import Image, Progress
from ..protocol.access import auth_config
from ..protocol.bodies import BuildContext, Deploy, ImageSpec
from ..together import together
from .observe import image_or_none
from .outcome import Failure, Reporter
from .pulling import Layers
from .words import RETRY_PULL, explain

CONTEXT_LABEL = "io.pierhead.context"
PULL_TRIES = 4
IMAGES_AT_ONCE = 3
CHUNK = 256 * 1024

Fetch = Callable[[BuildContext], AbstractAsyncContextManager[Path]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Imaging:
    """What getting images needs. fetch: a build context from the portal, as a file for as long as the block lasts."""

    engine: Engine
    reporter: Reporter
    fetch: Fetch
    sleep: Sleep = asyncio.sleep


async def ensure_images(imaging: Imaging, deploy: Deploy) -> None:
    """Have every image of a deployment on the host. Raises Failure, EngineGone."""
    names: dict[str, str] = {}
    for container in deploy.containers:
        names.setdefault(container.image, container.service)
    await images_ensure(imaging, deploy.images, names)


async def images_ensure(imaging: Imaging, specs: tuple[ImageSpec, ...], names: Mapping[str, str]) -> None:
    """Have these images on the host. names: reference -> the service it is told under. Raises Failure, EngineGone."""
    work = (_ensure(imaging, spec, names.get(spec.reference, spec.reference)) for spec in specs)
    await together(work, at_once=IMAGES_AT_ONCE)


def need(spec: ImageSpec, present: Image | None) -> str:
    """present, pull, build or absent: what must be done for an image, given what the host has."""
    if spec.build is not None:
        labels = (present.config.labels if present and present.config else None) or {}
        return "present" if labels.get(CONTEXT_LABEL) == spec.build.sha256 else "build"
    if spec.pull == "always":
        return "pull"
    if present is not None and (spec.pull == "never" or _is_that(spec, present)):
        return "present"
    return "absent" if spec.pull == "never" else "pull"


def _is_that(spec: ImageSpec, present: Image) -> bool:
    """Whether the host's image is the one the tag was resolved to, for the wanted platform."""
    if spec.digest and not any(known.endswith(f"@{spec.digest}") for known in present.repo_digests or ()):
        return False
    os_name, _, architecture = spec.platform.partition("/")
    wanted = (os_name, architecture.partition("/")[0])
    return not spec.platform or wanted == (present.os, present.architecture)


async def _ensure(imaging: Imaging, spec: ImageSpec, name: str) -> None:
    match need(spec, await image_or_none(imaging.engine, spec.reference)):
        case "present":
            imaging.reporter.step(f"pull:{name}", f"Image {spec.reference}", "done", detail="already on the host")
        case "pull":
            await _pull(imaging, spec, name)
        case "build" if spec.build is not None:
            await _build(imaging, spec, spec.build, name)
        case _:
            imaging.reporter.step(f"pull:{name}", f"Image {spec.reference}", "failed")
            raise Failure(
                f"Image {spec.reference} is not on the host, and the application says never to pull it. Bring it to "
                "the host, or allow pulling",
                "image-not-found",
            )


async def _pull(imaging: Imaging, spec: ImageSpec, name: str) -> None:
    """Pull, and again when the line broke: the engine keeps the layers that came whole."""
    layers = Layers(imaging.reporter, f"pull:{name}", f"Pull {spec.reference}")
    for attempt in range(1, PULL_TRIES + 1):
        try:
            await _pull_once(imaging.engine, spec, layers)
        except EngineGone:
            layers.interrupted("the engine went away")
            raise
        except EngineError as error:
            failure = explain(error, spec.reference)
            if failure.code not in RETRY_PULL or attempt == PULL_TRIES:
                layers.end("failed", failure.error)
                raise failure from error
            layers.interrupted(f"interrupted, try {attempt + 1} of {PULL_TRIES}")
            imaging.reporter.line(
                f"The pull of {spec.reference} was interrupted ({error.message}); trying again", "warning"
            )
            await imaging.sleep(2.0 ** (attempt - 1))
        else:
            layers.end("done", layers.summary)
            return


async def _pull_once(engine: Engine, spec: ImageSpec, layers: Layers) -> None:
    name, tag = split_reference(spec.source or spec.reference)
    wanted = spec.digest or tag
    pull = image_pull(engine, name, wanted, platform=spec.platform, auth=auth_config(spec.auth))
    async with aclosing(pull) as lines:
        async for line in lines:
            layers.hear(line)
    if wanted != tag:
        await image_tag(engine, f"{name}@{wanted}", spec.reference)
    elif spec.source:
        await image_tag(engine, spec.source, spec.reference)


async def _build(imaging: Imaging, spec: ImageSpec, context: BuildContext, name: str) -> None:
    reporter, key, title = imaging.reporter, f"build:{name}", f"Build {spec.reference}"
    reporter.step(key, title, "running", detail="fetching the build context", total=context.size)
    try:
        async with imaging.fetch(context) as path:
            reporter.step(key, title, "running", detail="building")
            labels = {CONTEXT_LABEL: context.sha256}
            build = image_build(imaging.engine, _pieces(path), spec.reference, labels=labels, platform=spec.platform)
            async with aclosing(build) as lines:
                await _tell_build(reporter, key, title, lines)
    except EngineGone:
        raise
    except (EngineError, Failure) as error:
        failure = error if isinstance(error, Failure) else _build_failure(error, spec)
        reporter.step(key, title, "failed", detail=failure.error)
        raise failure from error
    reporter.step(key, title, "done")


def _build_failure(error: EngineError, spec: ImageSpec) -> Failure:
    known = explain(error, spec.reference)
    if known.code in {"no-space", "registry-unreachable"}:
        return known
    return Failure(f"Building {spec.reference} failed: {error.message}", "build-failed")


async def _tell_build(reporter: Reporter, key: str, title: str, lines: AsyncGenerator[Progress]) -> None:
    async for line in lines:
        text = (line.stream or line.status).strip()
        if not text:
            continue
        reporter.line(text)
        if text.startswith("Step "):
            reporter.step(key, title, "running", detail=text)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
