"""A Windows machine of the stand-in: a network of its own with the simulated Windows engine and the real agent.

There is no PowerShell here. The set-up extension is unpacked as Windows would, the parts of the script that have to be
there are looked for, and its last part, the portal's enrolment command, is done by the agent itself.
"""

import base64
import gzip
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, Self

from tests.lab.part import Part
from tests.lab.parts import LabError, run_with
from tests.lab.processes import Server

from .machines import MachineFailed
from .places import ROOT, Place, open_relay

PACKED = re.compile(r"FromBase64String\('([A-Za-z0-9+/=]+)'\)")
ENROL = re.compile(r"irm (?P<portal>https?://[^/\s)]+)/agent/install\.ps1\)\)\) -Token (?P<token>\S+)")
# The argument of a script that gets its token from outside.
GIVEN = re.compile(r"\.ReadToEnd\(\)\)\) -Token '(?P<token>[^']+)'")
BUILDS = {"2022": "20348", "2025": "26100"}
# What the first part leaves behind for after the restart, and what the second part does.
STEPS = (
    "Install-WindowsFeature -Name Containers",
    "-AtStartup",
    "shutdown.exe /r",
    "--register-service",
    "Start-Service docker",
)


class WindowsMachine(Part):
    """resource: the virtualMachines resource. mirror: a registry (host:port) that stands for Docker Hub."""

    def __init__(self, resource: Mapping[str, Any], place: Place, *, mirror: str) -> None:
        super().__init__("v")
        properties = resource["properties"]
        self.name = str(properties["osProfile"]["computerName"])
        self.private = self.public = place.network.address
        self._build = BUILDS[str(properties["storageProfile"]["imageReference"]["sku"])[:4]]
        self._place = place
        self._mirror = mirror
        self._socket = self.folder / "engine.sock"
        self._state = self.folder / "state"
        self._said: list[str] = []
        self._servers: list[Server] = []
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "PIERHEAD_"))}

    def boot(self) -> None:
        """Power on for the first time; there is no engine yet."""
        if len(self.name) > 15:
            raise MachineFailed("Windows computer name cannot be more than 15 characters long.")
        self._said.append(f"Windows Server, build {self._build}")
        self._relay()

    def set_up(self, protected: Mapping[str, Any]) -> None:
        """The CustomScriptExtension and what follows after the restart: engine, enrolment, agent."""
        script = unpacked(str(protected["commandToExecute"]))
        if missing := [step for step in STEPS if step not in script]:
            raise MachineFailed(f"The set-up script does not do {missing[0]}.")
        found = ENROL.search(script)
        if found is None:
            raise MachineFailed("The set-up script does not enrol the machine.")
        try:
            self._engine()
            given = GIVEN.search(str(protected["commandToExecute"]))
            token = given["token"] if given else found["token"]
            words = ["--portal", found["portal"], "--token", token, "--engine", f"unix://{self._socket}"]
            run_with(self._agent("enrol", *words), env=self._env, cwd=ROOT)
        except LabError as error:
            raise MachineFailed(str(error)) from error
        self._run_agent()

    def start(self) -> Self:
        """Power on: the services of engine and agent start by themselves."""
        self._relay()
        if self._state.exists():
            self._engine()
            self._run_agent()
        return self

    def halt(self) -> None:
        """Power off."""
        while self._servers:
            self._servers.pop().kill()

    def console(self) -> str:
        """What its serial console shows."""
        return "\n".join(self._said)

    def _relay(self) -> None:
        relay = open_relay(self._place, self.folder)
        self._servers += [relay] if relay else []

    def _engine(self) -> None:
        self._socket.unlink(missing_ok=True)
        words = ["--socket", str(self._socket), "--build", self._build, "--mirror", self._mirror, "--everywhere"]
        words += ["--name", self.name.upper()]
        self._serve("tests.sim.windows_process", *words).wait_ready(self._socket.exists, seconds=30)
        self._said.append("The service docker is running.")

    def _run_agent(self) -> None:
        self._server("agent", self._agent("run"))

    def _agent(self, action: str, *words: str) -> list[str]:
        command = [sys.executable, "-m", "engine_agent", action, *words, "--state-dir", str(self._state)]
        return [*self._place.named(self.name).prefix, *command]

    def _serve(self, module: str, *words: str) -> Server:
        return self._server("engine", [*self._place.named(self.name).prefix, sys.executable, "-m", module, *words])

    def _server(self, name: str, command: list[str]) -> Server:
        server = Server(command, log=self.folder / f"{name}.log", env=self._env, cwd=ROOT, root=True)
        self._servers.append(server)
        return server


def unpacked(command: str) -> str:
    """The PowerShell inside of the extension's command line. Raises MachineFailed."""
    found = PACKED.search(command)
    if found is None or not command.startswith("powershell "):
        raise MachineFailed("The command is not one that PowerShell would unpack.")
    return gzip.decompress(base64.b64decode(found[1])).decode()
