"""The Engine API of a container's inside: files put into it, commands run in it."""

import io
import posixpath
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import field

from ..protocol.files import FileSpec, HookSpec
from .client import Ask, Engine
from .streams import demultiplex
from .types import Part

MAX_OUTPUT = 1024 * 1024
_DRIVE = re.compile(r"([A-Za-z]:)[\\/]")


class _ExecCreated(Part, frozen=True):
    id: str


class _ExecState(Part, frozen=True):
    running: bool = False
    exit_code: int | None = field(name="ExitCode", default=None)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended. exit_code: None when nobody knows. output: the last of both outputs."""

    exit_code: int | None
    output: str


def _path(cid: str, rest: str) -> str:
    return f"/containers/{cid}{rest}"


def _archive(files: Sequence[FileSpec]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            content = file.content.encode("utf-8", "surrogateescape")
            name = _DRIVE.sub("", file.path).replace("\\", "/").lstrip("/")
            entry = tarfile.TarInfo(posixpath.normpath(name))
            entry.size, entry.mode, entry.uid, entry.gid = len(content), file.mode, file.uid, file.gid
            tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


async def files_put(engine: Engine, cid: str, files: Sequence[FileSpec]) -> None:
    """Write files into a container, running or not; folders on the way are made. Raises EngineError."""
    roots: dict[str, list[FileSpec]] = {}
    for file in files:
        drive = _DRIVE.match(file.path)
        roots.setdefault(f"{drive.group(1)}\\" if drive else "/", []).append(file)
    for root, some in roots.items():
        headers = (("Content-Type", "application/x-tar"),)
        ask = Ask("PUT", _path(cid, "/archive"), {"path": root}, body=_archive(some), headers=headers)
        await engine.done(ask, timeout=120.0)


async def command_run(engine: Engine, cid: str, hook: HookSpec, *, patience: float) -> Ran:
    """Run a command in a running container and wait for its end. patience: seconds of silence that are borne.

    Raises EngineError.
    """
    body: dict[str, Any] = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(hook.command)}
    for name, value in (
        ("User", hook.user),
        ("WorkingDir", hook.working_dir),
        ("Privileged", hook.privileged),
        ("Env", list(hook.environment)),
    ):
        if value:
            body[name] = value
    made = await engine.json(Ask("POST", _path(cid, "/exec"), body=body), _ExecCreated)
    raw = bytearray()
    ask = Ask("POST", f"/exec/{made.id}/start", body={"Detach": False, "Tty": False})
    async with engine.stream(ask, timeout=patience, idle=patience) as response:
        async for chunk in response.chunks():
            if len(raw) < MAX_OUTPUT:
                raw += chunk
    state = await engine.json(Ask("GET", f"/exec/{made.id}/json"), _ExecState)
    output = demultiplex(bytes(raw)).decode("utf-8", "replace")
    return Ran(None if state.running else state.exit_code, output[-4000:])
