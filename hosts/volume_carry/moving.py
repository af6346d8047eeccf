"""The three ways of a volume: out to a file, in from a file, and from one host to another."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hosts.engine_calls import EngineLine
from portal.problems import Conflict, NotFound

from .archive import ArchiveFile, file_stream
from .carrier import FOLDER, carrier, volume_empty, volume_inspect, volume_make
from .halting import unused_require


@dataclass
class Meter:
    """done: bytes of the archive that have been moved."""

    done: int = 0


Made = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Destination:
    """Where to. like: driver, options and labels of a volume that is not there yet.

    overwrite: it may be there, and loses what is in it. making: called before a new one is made.
    """

    volume: str
    like: dict[str, Any]
    overwrite: bool
    making: Made


def _archive(cid: str, path: str) -> str:
    return f"/containers/{cid}/archive?path={quote(path, safe='')}"


async def _read(line: EngineLine, cid: str, meter: Meter) -> AsyncIterator[bytes]:
    await line.ask("GET", _archive(cid, f"{FOLDER}/."))
    while piece := await line.read():
        meter.done += len(piece)
        yield piece


async def volume_require(line: EngineLine, volume: str) -> dict[str, Any]:
    """What the engine says of it. Raises NotFound."""
    known = await volume_inspect(line, volume)
    if known is None:
        raise NotFound(f"There is no volume {volume} on the host any more.", code="volume-not-found")
    return known


async def volume_out(line: EngineLine, volume: str, name: str, file: ArchiveFile, meter: Meter) -> str:
    """Write a volume to `file`; its digest. name: of the carrier."""
    await volume_require(line, volume)
    async with carrier(line, name, volume, writable=False) as cid:
        async for piece in _read(line, cid, meter):
            file.write(piece)
    return file.keep()


async def volume_in(line: EngineLine, to: Destination, name: str, path: Path, meter: Meter) -> None:
    """Fill a volume from an archive."""

    async def counted() -> AsyncIterator[bytes]:
        async for piece in file_stream(path):
            yield piece
            meter.done += len(piece)

    await _fill(line, to, name, counted())


async def volume_across(
    source: EngineLine, volume: str, line: EngineLine, to: Destination, name: str, meter: Meter
) -> None:
    """Fill a volume of one engine from a volume of another; the slower of the two sets the pace."""
    await volume_require(source, volume)
    async with carrier(source, f"{name}-from", volume, writable=False) as cid:
        await _fill(line, to, name, _read(source, cid, meter))


async def _fill(line: EngineLine, to: Destination, name: str, pieces: AsyncIterator[bytes]) -> None:
    if await volume_inspect(line, to.volume) is None:
        await to.making()
        await volume_make(line, to.volume, like=to.like)
    elif not to.overwrite:
        raise Conflict(
            f"There is a volume {to.volume} already. Choose another name, or say that it may be overwritten.",
            code="volume-exists",
        )
    else:
        await unused_require(line, to.volume)
        await volume_empty(line, name, to.volume)
    async with carrier(line, name, to.volume, writable=True) as cid:
        await line.ask("PUT", _archive(cid, FOLDER), pieces=pieces, content_type="application/x-tar")
