"""Networks, volumes, events and the engine itself. Every function raises EngineError."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from .client import Ask, Engine
from .streams import json_lines
from .types import Created, Event, Info, Network, Volume, VolumeList

WATCHED = ("container", "image", "network", "volume")


async def engine_info(engine: Engine) -> Info:
    """Facts of the engine and its machine."""
    return await engine.json(Ask("GET", "/info"), Info)


async def engine_ping(engine: Engine, *, timeout: float) -> None:
    """Whether the engine answers within `timeout` seconds."""
    await engine.done(Ask("GET", "/_ping", versioned=False), timeout=timeout)


async def events(engine: Engine) -> AsyncGenerator[Event | None]:
    """What happens from now on, until the connection ends. The first item is None: the engine is listening."""
    filters = msgspec.json.encode({"type": list(WATCHED)}).decode()
    async with engine.stream(Ask("GET", "/events", {"filters": filters}), idle=None) as response:
        yield None
        async for event in json_lines(response.chunks(), Event):
            yield event


async def networks_list(engine: Engine) -> tuple[Network, ...]:
    """Every network."""
    return await engine.json(Ask("GET", "/networks"), tuple[Network, ...])


async def network_create(engine: Engine, body: Mapping[str, Any]) -> Created:
    """Create a network from an Engine API create body."""
    return await engine.json(Ask("POST", "/networks/create", body=body), Created)


async def network_connect(engine: Engine, network: str, cid: str, endpoint: Mapping[str, Any]) -> None:
    """Connect a container to one more network."""
    body = {"Container": cid, "EndpointConfig": dict(endpoint)}
    await engine.done(Ask("POST", f"/networks/{quote(network, safe='')}/connect", body=body))


async def network_remove(engine: Engine, network: str) -> None:
    """Remove a network that nothing uses."""
    await engine.done(Ask("DELETE", f"/networks/{quote(network, safe='')}"))


async def volumes_list(engine: Engine) -> tuple[Volume, ...]:
    """Every volume."""
    return (await engine.json(Ask("GET", "/volumes"), VolumeList)).volumes or ()


async def volume_create(engine: Engine, body: Mapping[str, Any]) -> Volume:
    """Create a volume from an Engine API create body; one of the same name and driver is fine."""
    return await engine.json(Ask("POST", "/volumes/create", body=body), Volume)


async def volume_remove(engine: Engine, name: str) -> None:
    """Remove a volume that no container uses."""
    await engine.done(Ask("DELETE", f"/volumes/{quote(name, safe='')}"))
