"""The whole portal, as a user starts it: `manage.py up` in a private data folder, on ports of its own.

with start_portal() as portal:
    token = portal.token("admin")
    status, body = portal.api("GET", "hosts", token)
"""

import contextlib
import json
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil

from .engine import Engine
from .folders import processes_of
from .part import Part
from .parts import LabError, run_with
from .ports import free_port
from .processes import Server, wait_until

ROOT = Path(__file__).resolve().parents[2]
CLOSED_URL = "http://127.0.0.1:9"
IS_AT = re.compile(r"^Pierhead is at (\S+)$", re.MULTILINE)
SIGN_IN = re.compile(r"^Sign in once as the first administrator: (\S+)$", re.MULTILINE)
# How each part of the portal is recognised on its command line.
PARTS = {
    "supervisor": "portal.up",
    "node": "portal.up.node",
    "worker": "portal.up.worker",
    "gateway": "docker_endpoint",
    "redis": "redis-server",
    "agent": "engine_agent",
}
OURS = re.compile(r"(PIERHEAD_|DJANGO_|DOCKER_|DATABASE_URL|REDIS_URL).*")
Answer = tuple[int, Any]


class Portal(Part):
    """A running portal. engine: enrolled as the local host; None for no local host.

    env: further environment, e.g. DATABASE_URL, REDIS_URL, PIERHEAD_REGISTRY_URL. Nothing outside is reachable by it.
    """

    def __init__(self, *, engine: Engine | None = None, env: Mapping[str, str] | None = None) -> None:
        super().__init__("w")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = self.folder / "data"
        self.log = self.folder / "up.log"
        self.engine = engine
        self.env = {name: value for name, value in os.environ.items() if not OURS.fullmatch(name)}
        self.env |= {
            "PIERHEAD_DATA_DIR": str(self.data),
            "PIERHEAD_HTTP": f"127.0.0.1:{self.port}",
            "PIERHEAD_DOCKER_ENDPOINT": f"127.0.0.1:{free_port()}",
            "PIERHEAD_HUB_URL": CLOSED_URL,
            "PIERHEAD_REGISTRY_URL": CLOSED_URL,
            "PIERHEAD_AZURE_URL": CLOSED_URL,
            "PYTHONUNBUFFERED": "1",
        }
        if engine is not None:
            self.env["DOCKER_HOST"] = engine.host
        self.env |= dict(env or {})
        self._server: Server | None = None

    def start(self) -> Self:
        """`manage.py up`; returns when /healthz says ok and the address is printed."""
        self.log.unlink(missing_ok=True)
        options = [] if self.engine is not None else ["--no-local-host"]
        self._server = Server([sys.executable, "manage.py", "up", *options], log=self.log, env=self.env, cwd=ROOT)
        self._server.wait_ready(lambda: IS_AT.search(self.output()) and self.healthy(), seconds=60)
        return self

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def output(self) -> str:
        """Everything `up` printed since the start, both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    @property
    def sign_in_link(self) -> str:
        """The one-time link it printed. Raises LabError when this start printed none."""
        found = SIGN_IN.search(self.output())
        if found is None:
            raise LabError(f"no sign-in link was printed:\n{self.output()}")
        return found[1]

    def healthy(self) -> bool:
        """Whether /healthz says ok."""
        try:
            return self.api("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def api(self, method: str, path: str, token: str | None = None, body: Any = None, *, timeout: float = 30) -> Answer:
        """Status and decoded body; a path that does not begin with "/" is below /api/v1/."""
        url = self.url + (path if path.startswith("/") else f"/api/v1/{path}")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, _decoded(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _decoded(error.read())

    def wait_for(self, path: str, token: str, ready: Any, *, seconds: float = 30) -> Any:
        """The body of GET `path` once `ready(body)` is true; LabError with the last body otherwise."""
        last: list[Any] = [None]

        def look() -> bool:
            status, last[0] = self.api("GET", path, token)
            return status == 200 and bool(ready(last[0]))

        try:
            wait_until(look, seconds=seconds, what=f"{path} as wanted", every=0.1)
        except LabError as error:
            raise LabError(f"{error}; last seen: {last[0]}") from None
        return last[0]

    def manage(self, *words: str) -> str:
        """What a management command of this portal prints on standard output."""
        return run_with([sys.executable, "manage.py", *words], env=self.env, cwd=ROOT, timeout=60)

    def token(self, role: str = "admin", *, team: str = "Harbour", user: str | None = None) -> str:
        """An API token, for a user named after the role unless told otherwise."""
        return self.manage("token_create", "--user", user or role, "--team", team, "--role", role).strip()

    def process(self, part: str) -> psutil.Process:
        """The process of a part: supervisor, node, worker, redis or agent. Raises LabError when it does not run."""
        mark = PARTS[part]
        for process in processes_of(self.folder):
            try:
                words = process.cmdline()
            except psutil.Error:
                continue
            if mark in words or (part == "redis" and words and mark in words[0]):
                return process
        raise LabError(f"{part} of the portal does not run:\n{self.output()}")

    def kill(self, part: str) -> None:
        """End a part as a crash would."""
        self.process(part).kill()

    def memory_bytes(self) -> dict[str, int]:
        """Resident bytes of every part that runs."""
        found = {}
        for part in PARTS:
            try:
                found[part] = int(self.process(part).memory_info().rss)
            except (LabError, psutil.Error):
                continue
        return found

    def crash(self) -> None:
        """Kill every process of the portal at once. Its data stays, for `start`."""
        for process in processes_of(self.folder):
            with contextlib.suppress(psutil.NoSuchProcess):  # parts end by themselves when the supervisor is gone
                process.kill()
        if self._server is not None:
            self._server.kill()
            self._server = None

    def halt(self) -> None:
        """Ctrl-C, and the end of everything it started. Its data stays, for `start`."""
        if self._server is not None:
            self._server.stop(seconds=20, first=signal.SIGINT)
            self._server = None

    def restart(self) -> None:
        """Ctrl-C and start again, on the same data and port."""
        self.halt()
        self.start()


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")


def start_portal(*, engine: Engine | None = None, env: Mapping[str, str] | None = None) -> Portal:
    """One portal, running."""
    return Portal(engine=engine, env=env).started()
