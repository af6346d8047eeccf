"""A simulated Windows engine for the lab: a process of its own on a unix socket."""

import sys
from pathlib import Path
from typing import Self

from tests.lab.part import Part
from tests.lab.processes import Server

ROOT = Path(__file__).resolve().parents[2]


class SimulatedWindows(Part):
    """host: the engine's address. images: on the host from the start; all else comes from a registry."""

    def __init__(self, *images: str, build: int = 20348) -> None:
        super().__init__("s")
        self.socket = self.folder / "engine.sock"
        self.host = f"unix://{self.socket}"
        self._words = ["--socket", str(self.socket), "--build", str(build)]
        self._words += [word for image in images for word in ("--image", image)]
        self._server: Server | None = None

    def start(self) -> Self:
        """Serve; returns when it answers."""
        command = [sys.executable, "-m", "tests.sim.windows_process", *self._words]
        self._server = Server(command, log=self.folder / "engine.log", cwd=ROOT)
        self._server.wait_ready(self.socket.exists, seconds=20)
        return self

    def halt(self) -> None:
        """End it; what it held is gone."""
        if self._server is not None:
            self._server.stop(seconds=5)
            self._server = None
