"""Where this machine's Docker Engine may be, and whether it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .asking import ask

PING_SECONDS = 3.0


@dataclass(frozen=True)
class FoundEngine:
    """An engine that answered. version: its own, e.g. "28.5.1"; os: linux or windows, what it runs."""

    socket: Path
    version: str
    os: str

    @property
    def address(self) -> str:
        return f"unix://{self.socket}"


@dataclass(frozen=True)
class Search:
    """The end of one search. denied: sockets that are there and that we may not open."""

    found: FoundEngine | None
    denied: tuple[Path, ...] = ()


def engine_candidates(environment: Mapping[str, str], home: Path, uid: int) -> list[Path]:
    """Sockets to try, best first: DOCKER_HOST, the system's, the user's own (rootless, Desktop), Podman's."""
    candidates: list[Path] = []
    named = environment.get("DOCKER_HOST", "")
    if named.startswith("unix://") and len(named) > len("unix://"):
        candidates.append(Path(named.removeprefix("unix://")))
    runtime = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}")
    candidates += [
        Path("/var/run/docker.sock"),
        runtime / "docker.sock",
        home / ".docker/run/docker.sock",
        home / ".docker/desktop/docker.sock",
        runtime / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
    ]
    return list(dict.fromkeys(candidates))


async def engine_at(socket: Path, *, seconds: float = PING_SECONDS) -> FoundEngine | None:
    """The engine behind `socket`, None when nothing there answers as an engine does.

    Raises PermissionError when the socket may not be opened by us.
    """
    try:
        ping = await ask(socket, "/_ping", seconds=seconds)
        if ping.status != 200 or not ping.body.startswith(b"OK"):
            return None
        version = (await ask(socket, "/version", seconds=seconds)).document()
    except PermissionError:
        raise
    except OSError:
        return None
    return FoundEngine(socket, str(version.get("Version", "")), str(version.get("Os", "")))


Look = Callable[[Path], Awaitable[FoundEngine | None]]


async def engine_search(candidates: Sequence[Path], look: Look = engine_at) -> Search:
    """The first candidate that answers. All are asked at once, so a hanging one costs its own time only once."""

    async def one(socket: Path) -> FoundEngine | PermissionError | None:
        try:
            return await look(socket)
        except PermissionError as error:
            return error

    answers = await asyncio.gather(*(one(socket) for socket in candidates))
    denied = tuple(
        socket for socket, answer in zip(candidates, answers, strict=True) if isinstance(answer, PermissionError)
    )
    found = next((answer for answer in answers if isinstance(answer, FoundEngine)), None)
    return Search(found, denied)
