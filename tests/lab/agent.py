"""An agent beside an engine, enrolled at a portal as a user does it: a token, `enrol`, `run`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from .network import Namespace
from .part import Part
from .parts import LabError, run_with
from .portal import Portal
from .processes import Server, wait_until

ROOT = Path(__file__).resolve().parents[2]


class Addressed(Protocol):
    """An engine, real or simulated, by the address at which an agent reaches it."""

    @property
    def host(self) -> str: ...


class AgentProcess(Part):
    """An `engine_agent` for `engine`. `host_id` is the host it became.

    namespace: the network it runs in; give it one together with `LabHost.reach_loopback(portal.port)`.
    """

    def __init__(
        self,
        engine: Addressed,
        portal: Portal,
        *,
        labels: Mapping[str, str] | None = None,
        team: str = "Harbour",
        namespace: Namespace | None = None,
    ) -> None:
        super().__init__("a")
        self.engine = engine
        self.portal = portal
        self.team = team
        self.labels = dict(labels or {})
        self.state = self.folder / "state"
        self.log = self.folder / "agent.log"
        self.host_id = ""
        self._viewer = ""  # a token to look with: making one takes a process of its own
        self._prefix = namespace.prefix if namespace else []
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "PIERHEAD_"))}
        self._server: Server | None = None

    def command(self, *words: str) -> list[str]:
        """The agent's command line, in its namespace."""
        return [*self._prefix, sys.executable, "-m", "engine_agent", *words]

    def enrol(self, token: str | None = None) -> Self:
        """Spend a token (a new one when none is given) and become a host."""
        admin = self.portal.token("admin", team=self.team)
        before = self._hosts(admin)
        words = ["--portal", self.portal.url, "--token", token or self._new_token(admin)]
        words += ["--engine", self.engine.host, "--state-dir", str(self.state)]
        run_with(self.command("enrol", *words), env=self._env, cwd=ROOT, timeout=60)
        new = self._hosts(admin) - before
        if len(new) != 1:
            raise LabError(f"enrolment made {len(new)} hosts, not one")
        self.host_id = new.pop()
        return self

    def _new_token(self, admin: str) -> str:
        wanted = {"team": self.team.lower(), "labels": self.labels, "ttl_seconds": 600, "uses": 1}
        status, body = self.portal.api("POST", "hosts/enrolments", admin, wanted)
        if status not in {200, 201}:
            raise LabError(f"no enrolment: {status} {body}")
        return str(body["token"])

    def _hosts(self, admin: str) -> set[str]:
        _status, body = self.portal.api("GET", "hosts", admin)
        return {str(host["id"]) for host in body["items"]}

    def start(self) -> Self:
        """Run it, after enrolling the first time; returns when the host is online and its mirror is there."""
        if not self.host_id:
            self.enrol()
        command = self.command("run", "--state-dir", str(self.state))
        self._server = Server(command, log=self.log, env=self._env, cwd=ROOT)
        self._server.wait_ready(self._in_step, seconds=30)
        return self

    def _in_step(self) -> bool:
        """Online comes with the link; the snapshot follows, over a long line a second later."""
        seen = self.seen()
        return seen["state"] == "online" and seen["observed_at"] is not None

    def seen(self) -> dict[str, Any]:
        """The host as the portal's API shows it."""
        self._viewer = self._viewer or self.portal.token("viewer", team=self.team)
        status, body = self.portal.api("GET", f"hosts/{self.host_id}", self._viewer)
        if status != 200:
            raise LabError(f"host {self.host_id}: {status} {body}")
        return dict(body)

    def state_seen(self) -> str:
        """online, offline, stale or revoked."""
        return str(self.seen()["state"])

    def wait_state(self, wanted: str, *, seconds: float = 30) -> None:
        """Wait until the portal shows that state."""
        wait_until(lambda: self.state_seen() == wanted, seconds=seconds, what=f"host {wanted}", every=0.2)

    @property
    def pid(self) -> int:
        """The process id. Raises LabError when it does not run."""
        if self._server is None or not self._server.running:
            raise LabError("the agent does not run")
        return self._server.pid

    def kill(self) -> None:
        """End it as a crash would; `start` runs it again with its state."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def halt(self) -> None:
        """Ask it to end."""
        if self._server is not None:
            self._server.stop(seconds=10)
            self._server = None


def start_agent(engine: Addressed, portal: Portal, **options: Any) -> AgentProcess:
    """An agent, enrolled, running and online."""
    return AgentProcess(engine, portal, **options).started()
