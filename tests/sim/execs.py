"""Exec, update and top of a simulated engine."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from tests.sim.routes import Answer, Call, Hijack, Stream, route
from tests.sim.world import Refusal

COPIES = ("cat", "more.com")  # commands whose output is their input


@route("POST", "/containers/{id}/exec")
async def _create(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    if not container.running:
        raise Refusal(409, f"Container {container.id} is not running")
    process = _process(call.json())
    number = f"{len(call.world.execs):064x}"
    state = {"ID": number, "ContainerID": container.id, "Running": False, "ExitCode": None}
    call.world.execs[number] = state | {"ProcessConfig": process}
    return Answer(201, {"Id": number})


def _process(asked: dict[str, Any]) -> dict[str, Any]:
    command = [str(word) for word in asked.get("Cmd") or []]
    if not command:
        raise Refusal(400, "No exec command specified")
    return {"entrypoint": command[0], "arguments": command[1:], "tty": bool(asked.get("Tty")), "privileged": False}


@route("POST", "/exec/{id}/start")
async def _start(call: Call) -> Answer:
    found = _exec(call)
    if "upgrade" not in call.headers:
        return Stream(pieces=_output(call, found))

    async def talk(early: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if found["ProcessConfig"]["entrypoint"] in COPIES:
            await _copy(found, early, reader, writer)
        else:
            async for piece in _output(call, found):
                writer.write(piece)

    return Hijack(talk=talk)


async def _copy(
    found: dict[str, Any], early: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """A command that writes what it reads, and ends when its input has ended."""
    found["Running"] = True
    piece = early
    while piece or (piece := await reader.read(65536)):
        writer.write(_framed(found, piece))
        await writer.drain()
        piece = b""
    writer.write(_framed(found, b"that was all"))
    found["Running"], found["ExitCode"] = False, 0


async def _output(call: Call, found: dict[str, Any]) -> AsyncGenerator[bytes]:
    """What the command writes."""
    process = found["ProcessConfig"]
    found["Running"] = True
    words = [process["entrypoint"], *process["arguments"]]
    code, text = call.world.run(call.world.container(found["ContainerID"]), words)
    await asyncio.sleep(0)
    yield _framed(found, text)
    found["Running"], found["ExitCode"] = False, code


def _framed(found: dict[str, Any], text: bytes) -> bytes:
    """In frames unless it has a terminal."""
    return text if found["ProcessConfig"]["tty"] else b"\x01\0\0\0" + len(text).to_bytes(4, "big") + text


@route("GET", "/exec/{id}/json")
async def _inspect(call: Call) -> Answer:
    return Answer(200, _exec(call))


def _exec(call: Call) -> dict[str, Any]:
    try:
        return call.world.execs[call.path["id"]]
    except KeyError:
        raise Refusal(404, f"No such exec instance: {call.path['id']}") from None


@route("POST", "/containers/{id}/update")
async def _update(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    call.world.update(container, call.json())
    return Answer(200, {"Warnings": []})


@route("GET", "/containers/{id}/top")
async def _top(call: Call) -> Answer:
    return Answer(200, call.world.top(call.world.container(call.path["id"]), call.query.get("ps_args", "")))


@route("POST", "/containers/{id}/wait")
async def _wait(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    async with contextlib.aclosing(call.engine.listen()) as events:
        while container.running:
            await anext(events)
    return Answer(200, {"StatusCode": container.exit_code})
