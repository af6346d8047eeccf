r"""A simulated Docker Engine of a Windows host: its shapes, its refusals, its networks.

    async with WindowsEngine(tmp_path / "engine.sock") as engine: ...
    engine = WindowsEngine(pipe=r"\\.\pipe\docker_engine")          # where Windows programs run

What it answers is checked against the published API description in tests/sim/test_windows_engine.py, and what it
refuses against the portal's rules.
"""

import asyncio
import contextlib
import io
import tarfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from tests.sim.engine import Listener, SimEngine
from tests.sim.routes import Answer, Call, Stream, line
from tests.sim.windows_pull import pull
from tests.sim.windows_world import LTSC2022, Edition, WindowsWorld


class WindowsEngine(SimEngine):
    """One engine of a Windows host. pipe: listen there instead of on a socket."""

    world: WindowsWorld

    def __init__(
        self, socket: Path | None = None, *, edition: Edition = LTSC2022, pipe: str = "", name: str = ""
    ) -> None:
        self.edition = edition
        self.pipe = pipe
        self.name = name or "simulated"
        super().__init__(socket or Path("unused"), world=WindowsWorld(edition))
        self.routes |= {"POST /images/create": pull, "POST /build": _build}

    @property
    def address(self) -> str:
        return "npipe:" + self.pipe.replace("\\", "/") if self.pipe else super().address

    async def listener(self) -> Listener:
        """The socket or the pipe."""
        if not self.pipe:
            return await super().listener()
        loop: Any = asyncio.get_running_loop()
        servers = await loop.start_serving_pipe(self._protocol, self.pipe)
        listener: Listener = servers[0]
        return listener

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self.serve)

    def version(self) -> dict[str, Any]:
        """GET /version."""
        kernel = f"10.0 {self.edition.build} ({self.edition.build}.{self.edition.revision}.amd64fre)"
        return super().version() | {"Os": "windows", "KernelVersion": kernel}

    def info(self) -> dict[str, Any]:
        """GET /info."""
        return super().info() | {
            "Name": self.name,
            "Driver": "windowsfilter",
            "DriverStatus": [["Windows", ""]],
            "KernelVersion": str(self.version()["KernelVersion"]),
            "OperatingSystem": self.edition.name,
            "OSVersion": self.edition.version,
            "OSType": "windows",
            "Isolation": self.edition.isolation,
            "DockerRootDir": "C:\\ProgramData\\docker",
            "SecurityOptions": [],
            "Plugins": {
                "Volume": ["local"],
                "Network": [
                    "ics",
                    "internal",
                    "l2bridge",
                    "l2tunnel",
                    "nat",
                    "null",
                    "overlay",
                    "private",
                    "transparent",
                ],
                "Authorization": None,
                "Log": ["awslogs", "etwlogs", "fluentd", "json-file", "local", "none", "syslog"],
            },
        }


async def _build(call: Call) -> Answer:
    """POST /build: the base of the first stage decides."""
    return Stream(pieces=_build_lines(call))


async def _build_lines(call: Call) -> AsyncGenerator[bytes]:
    world = call.world
    assert isinstance(world, WindowsWorld)
    base = _base(call.body)
    yield line(stream=f"Step 1/1 : FROM {base}\n")
    await asyncio.sleep(0)
    if base == "scratch":
        words = "Windows does not support FROM scratch"
        yield line(errorDetail={"message": words}, error=words)
        return
    image = world.add_image(call.query["t"])
    with contextlib.suppress(KeyError):
        image.os_version = world.images[base].os_version
    yield line(stream=f"Successfully tagged {image.reference}\n")


def _base(context: bytes) -> str:
    """What the Dockerfile of a tar begins from."""
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        file = tar.extractfile("Dockerfile")
        words = file.read().decode().split() if file else []
    return words[words.index("FROM") + 1] if "FROM" in words else "scratch"
