"""Images of the Engine API. Every function raises EngineError."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec

from .client import Ask, Engine, Query, registry_auth
from .errors import StreamFailed
from .streams import json_lines
from .types import Image, ListedImage, Progress

PULL_IDLE = 120.0
BUILD_IDLE = 600.0


def _path(reference: str, tail: str = "") -> str:
    return f"/images/{quote(reference, safe='/:@')}{tail}"


def split_reference(reference: str) -> tuple[str, str]:
    """("registry:5000/app", "1.0") of "registry:5000/app:1.0"; a digest counts as the tag; the tag is never empty."""
    name, at, digest = reference.partition("@")
    if at:
        return _without_tag(name), digest
    head = _without_tag(name)
    return head, name[len(head) + 1 :] or "latest"


def _without_tag(name: str) -> str:
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


async def images_list(engine: Engine) -> tuple[ListedImage, ...]:
    """Every image that is not an intermediate layer."""
    return await engine.json(Ask("GET", "/images/json"), tuple[ListedImage, ...])


async def image_inspect(engine: Engine, reference: str) -> Image:
    """What the agent reads of one image."""
    return await engine.json(Ask("GET", _path(reference, "/json")), Image)


async def image_raw(engine: Engine, reference: str) -> dict[str, Any]:
    """The engine's own inspect object, whole."""
    return await engine.json(Ask("GET", _path(reference, "/json")), dict[str, Any])


async def image_remove(engine: Engine, reference: str, *, force: bool = False) -> list[dict[str, str]]:
    """Untag, and delete what no tag holds any more; gives what was untagged and deleted."""
    return await engine.json(Ask("DELETE", _path(reference), {"force": force}), list[dict[str, str]], timeout=120.0)


async def image_tag(engine: Engine, source: str, reference: str) -> None:
    """Give an image one more reference."""
    name, tag = split_reference(reference)
    await engine.done(Ask("POST", _path(source, "/tag"), {"repo": name, "tag": tag}))


async def image_pull(
    engine: Engine, name: str, tag: str, *, platform: str = "", auth: dict[str, str] | None = None
) -> AsyncGenerator[Progress]:
    """Pull `name` at a tag or digest; gives progress as it comes. Raises StreamFailed when it ends with an error."""
    headers = registry_auth(auth)
    query = {"fromImage": name, "tag": tag, "platform": platform or None}
    ask = Ask("POST", "/images/create", query, headers=headers)
    async with engine.stream(ask, timeout=PULL_IDLE, idle=PULL_IDLE) as response:
        async for line in _checked(response.chunks()):
            yield line


async def image_push(engine: Engine, reference: str, *, auth: dict[str, str]) -> AsyncGenerator[Progress]:
    """Push a tagged reference; gives progress as it comes. Raises StreamFailed when it ends with an error."""
    name, tag = split_reference(reference)
    ask = Ask("POST", _path(name, "/push"), {"tag": tag}, headers=registry_auth(auth))
    async with engine.stream(ask, timeout=PULL_IDLE, idle=PULL_IDLE) as response:
        async for line in _checked(response.chunks()):
            yield line


async def image_build(
    engine: Engine, context: AsyncIterator[bytes], reference: str, *, labels: dict[str, str], platform: str = ""
) -> AsyncGenerator[Progress]:
    """Build a tar context and tag the image; gives the output as it comes. Raises StreamFailed on a failing step."""
    query: Query = {
        "t": reference,
        "rm": True,
        "forcerm": True,
        "labels": msgspec.json.encode(labels).decode(),
        "platform": platform or None,
    }
    ask = Ask("POST", "/build", query, body=context, headers=(("Content-Type", "application/x-tar"),))
    async with engine.stream(ask, timeout=BUILD_IDLE, idle=BUILD_IDLE) as response:
        async for line in _checked(response.chunks()):
            yield line


async def _checked(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Progress]:
    async for line in json_lines(chunks, Progress):
        if line.error or line.error_detail:
            raise StreamFailed((line.error_detail.message if line.error_detail else "") or line.error)
        yield line
