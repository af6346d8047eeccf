"""What the measurements stand on: an engine with an image, a portal, and this engine enrolled as its host."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

from tests.lab.engine import Engine, start_engine
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until

IMAGE = "bench:lab"
SLEEP = ['CMD ["/bin/sleep", "3600"]', "ENV PATH=/bin"]


@dataclass(frozen=True)
class Stage:
    """A running portal whose only host is `engine`."""

    engine: Engine
    portal: Portal
    token: str
    team: str
    host_id: str


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Everything up, the host online, the image present."""
    with start_engine("bench") as engine:
        engine.image_from_busybox(IMAGE, changes=SLEEP)
        with start_portal(engine=engine) as portal:
            team = json.loads(portal.manage("shell", "-v0", "-c", FIRST_TEAM))
            token = portal.token("admin", team=team["name"], user="bench")
            hosts = portal.wait_for("hosts", token, lambda body: online(body), seconds=30)
            yield Stage(engine, portal, token, team["slug"], str(hosts["items"][0]["id"]))


FIRST_TEAM = (
    "import json; from portal.people.models import Team; t = Team.objects.order_by('pk').first(); "
    "print(json.dumps({'name': t.name, 'slug': t.slug}))"
)


def online(body: Any) -> bool:
    return bool(body["items"]) and body["items"][0]["state"] == "online"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def __init__(self, path: str, timeout: float | None = 30) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class EngineEvents:
    """The engine's own event stream: when did it say that a container started? Times are the engine's, in seconds."""

    def __init__(self, engine: Engine) -> None:
        self._queue: Queue[dict[str, Any]] = Queue()
        self._connection = UnixConnection(str(engine.socket), timeout=None)
        self._connection.request("GET", "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D")
        self._socket: socket.socket = self._connection.sock
        self._answer = self._connection.getresponse()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            while line := self._answer.readline():
                self._queue.put(json.loads(line))

    def forget(self) -> None:
        """Drop what was said so far."""
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()

    def started(self, *, seconds: float = 20) -> tuple[str, float]:
        """Name of the next container that starts, and when the engine said so."""
        while True:
            event = self._queue.get(timeout=seconds)
            if event["Action"] == "start":
                return event["Actor"]["Attributes"]["name"], event["timeNano"] / 1e9

    def close(self) -> None:
        """End the stream first: closing it under a thread that reads would wait for that thread for ever."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def settle(engine: Engine) -> None:
    """Remove what ran, and wait until nothing is left."""
    engine.remove_containers()
    wait_until(lambda: not engine.docker("ps", "-aq").strip(), seconds=20, what="an empty engine")
