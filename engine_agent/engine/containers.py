"""Containers of the Engine API. Every function raises EngineError."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from .client import Ask, Engine
from .streams import demultiplex
from .types import Container, Created, ListedContainer

GRACE = 10
SLACK = 30.0


def _path(cid: str, tail: str = "") -> str:
    return f"/containers/{quote(cid, safe='')}{tail}"


async def containers_list(
    engine: Engine, *, labels: tuple[str, ...] = (), ids: tuple[str, ...] = ()
) -> tuple[ListedContainer, ...]:
    """Every container, running or not; only those with all of these labels ("name=value"), or one of these ids."""
    chosen = {name: list(values) for name, values in (("label", labels), ("id", ids)) if values}
    filters = msgspec.json.encode(chosen).decode() if chosen else None
    ask = Ask("GET", "/containers/json", {"all": True, "filters": filters})
    return await engine.json(ask, tuple[ListedContainer, ...])


async def container_inspect(engine: Engine, cid: str) -> Container:
    """What the agent reads of one container."""
    return await engine.json(Ask("GET", _path(cid, "/json")), Container)


async def container_raw(engine: Engine, cid: str) -> dict[str, Any]:
    """The engine's own inspect object, whole."""
    return await engine.json(Ask("GET", _path(cid, "/json")), dict[str, Any])


async def container_create(engine: Engine, name: str, body: Mapping[str, Any], *, platform: str = "") -> Created:
    """Create `name` from an Engine API create body."""
    ask = Ask("POST", "/containers/create", {"name": name, "platform": platform or None}, body=body)
    return await engine.json(ask, Created, timeout=120.0)


async def container_start(engine: Engine, cid: str) -> None:
    """Start; already started is fine."""
    await engine.done(Ask("POST", _path(cid, "/start")), timeout=120.0)


async def container_stop(engine: Engine, cid: str, *, grace: int | None = None) -> None:
    """Stop with `grace` seconds before a kill (None: the container's own); already stopped is fine."""
    wait = (GRACE if grace is None else grace) + SLACK + (300.0 if grace is None else 0.0)
    await engine.done(Ask("POST", _path(cid, "/stop"), {"t": grace}), timeout=wait)


async def container_restart(engine: Engine, cid: str, *, grace: int | None = None) -> None:
    """Stop and start."""
    wait = (GRACE if grace is None else grace) + SLACK + (300.0 if grace is None else 0.0)
    await engine.done(Ask("POST", _path(cid, "/restart"), {"t": grace}), timeout=wait)


async def container_kill(engine: Engine, cid: str, *, signal: str = "") -> None:
    """Send a signal, SIGKILL unless named."""
    await engine.done(Ask("POST", _path(cid, "/kill"), {"signal": signal or None}))


async def container_pause(engine: Engine, cid: str) -> None:
    """Freeze every process of it."""
    await engine.done(Ask("POST", _path(cid, "/pause")))


async def container_unpause(engine: Engine, cid: str) -> None:
    """Let it go on."""
    await engine.done(Ask("POST", _path(cid, "/unpause")))


async def container_rename(engine: Engine, cid: str, name: str) -> None:
    """Give it another name."""
    await engine.done(Ask("POST", _path(cid, "/rename"), {"name": name}))


async def container_remove(engine: Engine, cid: str, *, force: bool = False, volumes: bool = False) -> None:
    """Remove; force kills a running one first; volumes also removes its anonymous volumes."""
    await engine.done(Ask("DELETE", _path(cid), {"force": force, "v": volumes}), timeout=120.0)


async def container_logs(
    engine: Engine, cid: str, *, tail: int, since: float = 0, timestamps: bool = False, limit: int = 256 * 1024
) -> tuple[str, bool]:
    """The last `tail` lines of both outputs, and whether they were cut to the last `limit` bytes."""
    tty = (await container_inspect(engine, cid)).config.tty
    query = {"stdout": True, "stderr": True, "tail": tail, "since": f"{since:.9f}" if since else None}
    ask = Ask("GET", _path(cid, "/logs"), {**query, "timestamps": timestamps})
    raw = bytearray()
    truncated = False
    async with engine.stream(ask, idle=10.0) as response:
        async for chunk in response.chunks():
            raw += chunk
            if len(raw) > 16 * limit:
                raise_from = len(raw) - 8 * limit
                del raw[: _frame_start(raw, raise_from) if not tty else raise_from]
                truncated = True
    text = bytes(raw) if tty else demultiplex(bytes(raw))
    return text[-limit:].decode("utf-8", "replace"), truncated or len(text) > limit


def _frame_start(raw: bytearray, least: int) -> int:
    """The first frame boundary at or after `least`."""
    at = 0
    while at < least and at + 8 <= len(raw):
        at += 8 + int.from_bytes(raw[at + 4 : at + 8], "big")
    return min(at, len(raw))
