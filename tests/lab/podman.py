"""Podman's Docker-compatible socket, beside nothing of the machine's own Podman.

with start_podman() as podman:
    podman.image_from_busybox("busybox:lab")
    ... podman.host ...
"""

import os
from typing import Self

from .images import busybox_tar
from .part import Part
from .parts import program, run_with
from .processes import Server

# Podman gives containers the highest limits there are, which not every machine lets it set.
PLAIN_LIMITS = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'


class Podman(Part):
    """A running `podman system service`. host: its address."""

    def __init__(self) -> None:
        super().__init__("p")
        self.socket = self.folder / "podman.sock"
        self.host = f"unix://{self.socket}"
        self._server: Server | None = None

    def command(self, *words: str) -> list[str]:
        """The command line of this Podman."""
        places = ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "run")]
        plain = [
            "--storage-driver",
            "vfs",
            "--cgroup-manager",
            "cgroupfs",
            "--events-backend",
            "file",
            "--runtime",
            program("runc"),
        ]
        return [program("podman"), *places, *plain, *words]

    def start(self) -> Self:
        """Returns when its socket takes connections."""
        settings = self.folder / "containers.conf"
        settings.write_text(PLAIN_LIMITS)
        words = self.command("system", "service", "--time=0", self.host)
        env = {**os.environ, "CONTAINERS_CONF": str(settings)}
        self._server = Server(words, log=self.folder / "podman.log", env=env)
        self._server.wait_ready(self.socket.exists, seconds=30)
        return self

    def run(self, *words: str) -> str:
        """What `podman WORDS` prints."""
        return run_with(self.command(*words), timeout=60)

    def image_from_busybox(self, tag: str) -> None:
        """Make an image from the static busybox."""
        archive = self.folder / "busybox.tar"
        archive.write_bytes(busybox_tar())
        self.run("import", "--change", "ENV PATH=/bin", str(archive), tag)

    def halt(self) -> None:
        """Remove its containers and end it."""
        if self._server is not None:
            self.run("rm", "--all", "--force", "--time", "0")
            self._server.stop(seconds=10)
            self._server = None


def start_podman() -> Podman:
    """One Podman, running."""
    return Podman().started()
