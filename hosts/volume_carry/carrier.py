"""The carrier: a container that is never started, so that the archive calls of the engine reach a volume's files.

Its image is empty and imported on the spot, so it needs no registry and nothing on the host.
"""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

from hosts.engine_calls import EngineLine
from hosts.labels import CARRIER_IMAGE
from portal.problems import Conflict, NotFound, Problem, Refused

IMAGE, TAG = CARRIER_IMAGE, "1"
LABEL = "io.pierhead.carrier"
FOLDER = "/volume"
EMPTY = 'cd /volume || exit 9; rm -rf -- ..?* .[!.]* *; [ -z "$(ls -A)" ]'


def _empty_image() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        folder = tarfile.TarInfo(FOLDER.strip("/"))
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
    return held.getvalue()


async def volume_inspect(line: EngineLine, name: str) -> dict[str, Any] | None:
    """What the engine says of a volume; None when there is none."""
    try:
        return dict(await line.json("GET", f"/volumes/{quote(name, safe='')}"))
    except NotFound:
        return None


async def volume_make(line: EngineLine, name: str, *, like: dict[str, Any]) -> None:
    """Make a volume with the driver, options and labels of `like` (as the engine writes them)."""
    body = {
        "Name": name,
        "Driver": like.get("Driver") or "local",
        "DriverOpts": like.get("Options") or {},
        "Labels": like.get("Labels") or {},
    }
    await line.json("POST", "/volumes/create", body)


async def volume_drop(line: EngineLine, name: str) -> None:
    """Remove a volume and what is in it; one that is gone is fine. Raises Conflict while a container has it."""
    with suppress(NotFound):
        await line.json("DELETE", f"/volumes/{quote(name, safe='')}")


async def users_of(line: EngineLine, name: str) -> list[dict[str, Any]]:
    """The containers that mount a volume, running or not, as `GET /containers/json` gives them."""
    filters = quote(json.dumps({"volume": [name]}))
    rows = await line.json("GET", f"/containers/json?all=1&filters={filters}")
    return [
        row
        for row in rows or []
        if LABEL not in (row.get("Labels") or {})
        and any(mount.get("Name") == name for mount in row.get("Mounts") or [])
    ]


@asynccontextmanager
async def carrier(line: EngineLine, name: str, volume: str, *, writable: bool) -> AsyncIterator[str]:
    """The id of a carrier named `name` that mounts `volume` at FOLDER; it is removed at the end."""
    await _image_have(line)
    body = _body(f"{IMAGE}:{TAG}", volume, writable=writable) | {"Cmd": ["-"]}
    async with _container(line, name, body) as cid:
        yield cid


async def volume_empty(line: EngineLine, name: str, volume: str) -> None:
    """Take everything out of a volume that no running container has.

    One that no container has at all is made anew; otherwise `rm` of an image of those that have it does it. Raises
    Conflict when none of them has a shell.
    """
    users = await users_of(line, volume)
    if not users:
        known = await volume_inspect(line, volume)
        await volume_drop(line, volume)
        await volume_make(line, volume, like=known or {})
        return
    for image in dict.fromkeys(str(row["ImageID"]) for row in users):
        body = _body(image, volume, writable=True) | {"Entrypoint": ["/bin/sh", "-c", EMPTY], "User": "0", "Cmd": []}
        with suppress(Refused, NotFound, Conflict):
            async with _container(line, name, body) as cid:
                if await _ran(line, cid):
                    return
    raise Conflict(
        f"{volume} cannot be emptied: no image of the containers that have it holds a shell. "
        "Restore it into a new volume, or remove these containers first.",
        code="volume-not-emptied",
    )


def _body(image: str, volume: str, *, writable: bool) -> dict[str, Any]:
    mount = {"Type": "volume", "Source": volume, "Target": FOLDER, "ReadOnly": not writable}
    return {
        "Image": image,
        "Labels": {LABEL: "volume"},
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {"Mounts": [{**mount, "VolumeOptions": {"NoCopy": True}}], "NetworkMode": "none"},
    }


@asynccontextmanager
async def _container(line: EngineLine, name: str, body: dict[str, Any]) -> AsyncIterator[str]:
    await _gone(line, name)  # of an attempt that was interrupted
    made = await line.json("POST", f"/containers/create?name={quote(name)}", body)
    try:
        yield str(made["Id"])
    finally:
        with suppress(Problem):
            await _gone(line, name)


async def carrier_clear(line: EngineLine, name: str) -> None:
    """Remove what an interrupted attempt left."""
    await _gone(line, name)


async def _gone(line: EngineLine, name: str) -> None:
    with suppress(NotFound):
        await line.json("DELETE", f"/containers/{quote(name)}?force=1&v=1")


async def _ran(line: EngineLine, cid: str) -> bool:
    await line.json("POST", f"/containers/{cid}/start")
    answer = await line.json("POST", f"/containers/{cid}/wait")
    return bool(answer["StatusCode"] == 0)


async def _image_have(line: EngineLine) -> None:
    try:
        await line.json("GET", f"/images/{IMAGE}:{TAG}/json")
    except NotFound:
        target = f"/images/create?fromSrc=-&repo={quote(IMAGE, safe='')}&tag={TAG}"
        await line.ask("POST", target, body=_empty_image(), content_type="application/x-tar")
        await line.read_all()
        await line.json("GET", f"/images/{IMAGE}:{TAG}/json")
