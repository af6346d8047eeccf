"""A private redis-server on a unix socket, without TCP and without a file on disk."""

import signal
from typing import Self

from .part import Part
from .parts import program, run
from .processes import Server


class RedisServer(Part):
    """A running redis-server; `url` is for REDIS_URL."""

    def __init__(self) -> None:
        super().__init__("q")
        self._server: Server | None = None
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"

    def start(self) -> Self:
        """Serve; returns when it answers."""
        command = [program("redis-server"), "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.folder), "--daemonize", "no"]
        self._server = Server(command, log=self.folder / "redis.log")
        self._server.wait_ready(self._answers, seconds=10)
        return self

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def _answers(self) -> bool:
        return self.socket.exists() and self.cli("ping", check=False).strip() == "PONG"

    def cli(self, *words: str, check: bool = True) -> str:
        """What redis-cli prints."""
        return run([program("redis-cli"), "-s", str(self.socket), *words], check=check, timeout=10)

    def empty(self) -> None:
        """Remove every key."""
        self.cli("flushall")

    def halt(self, *, crash: bool = False) -> None:
        """Stop it, to `start` it again, empty."""
        if self._server is not None:
            self._server.stop(seconds=5, first=signal.SIGKILL if crash else signal.SIGTERM)
            self._server = None
            self.socket.unlink(missing_ok=True)


def start_redis() -> RedisServer:
    """One empty redis-server, running."""
    return RedisServer().started()
