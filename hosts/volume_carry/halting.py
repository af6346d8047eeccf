"""Stopping or pausing the containers that use a volume, and letting them go on."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import quote

from hosts.engine_calls import EngineLine
from hosts.problems import HostAway
from portal.problems import Conflict, NotFound, Problem

from .carrier import users_of

HALTS = {"stop": ("stop", "start"), "pause": ("pause", "unpause")}
RUNNING = ("running", "restarting")

Note = Callable[[list[str]], Awaitable[None]]


async def halt(line: EngineLine, volume: str, how: str, *, note: Note) -> list[str]:
    """Halt what runs with the volume; the ids, given to `note` before anything is done, so that they are never lost."""
    running = [str(row["Id"]) for row in await users_of(line, volume) if row.get("State") in RUNNING]
    await note(running)
    for cid in running:
        with suppress(NotFound):
            await line.json("POST", f"/containers/{quote(cid)}/{HALTS[how][0]}")
    return running


async def resume(line: EngineLine, cids: list[str], how: str) -> list[str]:
    """Let them go on, the last halted first; the ids of those that did not, though they are still there."""
    left = []
    for cid in reversed(cids):
        try:
            await line.json("POST", f"/containers/{quote(cid)}/{HALTS[how][1]}")
        except (NotFound, Conflict):
            continue  # it is gone, or goes already: somebody else was faster
        except HostAway:
            raise
        except Problem as problem:
            if "is not paused" not in problem.detail:
                left.append(cid)
    return left


async def unused_require(line: EngineLine, volume: str) -> None:
    """Raise Conflict while a container runs with the volume."""
    names = [
        (row.get("Names") or [str(row["Id"])[:12]])[0].lstrip("/")
        for row in await users_of(line, volume)
        if row.get("State") in (*RUNNING, "paused")
    ]
    if names:
        raise Conflict(
            f"{volume} is used by {', '.join(sorted(names)[:5])}. Stop them, or let them be stopped for it.",
            code="volume-in-use",
        )
