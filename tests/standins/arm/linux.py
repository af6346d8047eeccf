"""A Linux machine of the stand-in: a network of its own with a real engine, and a disk, name and processes of its own.

Its first start does what customData says; the set-up extension runs the very script of the template. What the script
writes below /etc, /opt, /usr/local and /var is on the machine's own disk and outlives a stop.
"""

import base64
import contextlib
import gzip
import os
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import psutil

from tests.lab.engine import Engine
from tests.lab.part import Part
from tests.lab.parts import LabError, as_root, program, run
from tests.lab.processes import Server

from .cloud_init import cloud_config
from .machines import MachineFailed
from .places import Place, open_relay

IMAGE = Path(__file__).parent / "image"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SET_UP_SECONDS = 240
FINISHED = "/var/lib/cloud/instance/boot-finished"


def machine_python() -> str:
    """The Python that scripts find on a machine: the system's own if it can make a venv, else the tests' own."""
    own = "/usr/bin/python3"
    able = Path(own).exists() and run([own, "-c", "import ensurepip, venv; print('able')"], check=False).strip()
    return own if able else os.path.realpath(getattr(sys, "_base_executable", sys.executable))


class LinuxMachine(Part):
    """resource: the virtualMachines resource. place: its network, and what it reaches from there.

    baked: a folder for what a first machine installed, for the next ones.
    """

    def __init__(self, resource: Mapping[str, Any], place: Place, *, mirror: str, baked: Path) -> None:
        super().__init__("v")
        profile = resource["properties"]["osProfile"]
        self.name = str(profile["computerName"])
        self.private = self.public = place.network.address
        self._place = place
        self._custom_data = str(profile.get("customData", ""))
        self._baked = baked
        named = place.named(self.name)
        self._engine = Engine(self.name, namespace=named, settings={"registry-mirrors": [mirror]} if mirror else None)
        self._relay: Server | None = None
        self._init: Server | None = None
        self._console = self.folder / "console.log"
        for part in ("disk", "work"):
            (self.folder / part).mkdir()

    # -- the machine as Azure has it

    def boot(self) -> None:
        """Power on for the first time, and let cloud-init begin."""
        self._bake()
        self.start()
        threading.Thread(target=self._first_start, daemon=True).start()

    def set_up(self, protected: Mapping[str, Any]) -> None:
        """The CustomScript extension: `script` is base64, perhaps of gzip."""
        content = base64.b64decode(protected["script"])
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        self.run_script("extension", text.decode())
        self._keep_baked()

    def start(self) -> Self:
        """Power on, with the disk as it was."""
        try:
            self._engine.start()
            run(as_root(["chgrp", "docker", str(self._engine.socket)]))
            self._say("Started Docker Application Container Engine.")
            self._relay = open_relay(self._place, self.folder)
            self._begin()
            self._in_machine(["systemctl", "start-enabled"])
        except (LabError, OSError) as error:
            raise MachineFailed(str(error)) from error
        return self

    def halt(self) -> None:
        """Power off."""
        for server in (self._init, self._relay):
            if server is not None:
                server.kill()
        self._init = self._relay = None
        self._engine.halt()

    def stop(self) -> None:
        """Delete it with its disk."""
        super().stop()
        self._engine.stop()

    def console(self) -> str:
        """What its serial console shows."""
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    # -- inside

    def run_script(self, name: str, text: str) -> str:
        """Run a script as root on the machine; what it printed. Raises MachineFailed with the end of that."""
        path = self.folder / f"{name}.sh"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o700)
        log = self.folder / f"{name}.log"
        process = Server([*self._entry(), "/bin/sh", str(path)], log=log, root=True)
        code = process.wait(SET_UP_SECONDS)
        path.unlink(missing_ok=True)
        if code != 0:
            process.kill()
            raise MachineFailed(f"Command execution finished with exit code {code}. Output: {process.tail(12)}")
        return process.tail(1000)

    def file(self, path: str) -> Path:
        """Where the machine's own file is on the test machine."""
        return self.folder / "disk" / path.lstrip("/")

    def _begin(self) -> None:
        """The first process: a mount, name and process namespace, with the machine's disk in place."""
        up = self.folder / "up"
        up.unlink(missing_ok=True)
        words = [program("unshare"), "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        words += ["--propagation", "private", "/bin/sh", str(IMAGE / "init.sh")]
        words += [f"{self.folder}/", self.name, str(self._engine.socket)]
        self._init = Server([*self._place.network.prefix, *words], log=self._console, root=True)
        self._init.wait_ready(up.exists, seconds=30)
        self._say(f"{self.name} login:")

    def _bake(self) -> None:
        """What the image of the machine brings: the stand-ins of a few programs, and an agent once one is installed."""
        tools = self.file("/usr/local/sbin")
        tools.mkdir(parents=True)
        for tool in IMAGE.iterdir():
            if tool.name != "init.sh":
                shutil.copy(tool, tools / tool.name)
        bin_folder = self.file("/usr/local/bin")
        bin_folder.mkdir()
        (bin_folder / "python3").symlink_to(machine_python())
        if (self._baked / "opt").exists():
            run(as_root(["cp", "-a", str(self._baked / "opt"), str(self.folder / "disk")]))

    def _keep_baked(self) -> None:
        """Keep what the set-up installed below /opt, where no secret is; the script finds it there next time."""
        if (self._baked / "opt").exists() or not self.file("/opt/pierhead-agent").exists():
            return
        self._baked.mkdir(exist_ok=True)
        fresh = self._baked / f"opt-{self.name}"
        run(as_root(["cp", "-a", str(self.file("/opt")), str(fresh)]))
        run(as_root(["mv", "-T", "--no-clobber", str(fresh), str(self._baked / "opt")]), check=False)

    def _first_start(self) -> None:
        """cloud-init: files, packages, commands; then the mark that `cloud-init status` waits for."""
        end = "status: done"
        try:
            if self._custom_data:
                config = cloud_config(self._custom_data)
                for one in config.files:
                    self._write(one.path, one.content, one.mode)
                if config.packages:
                    self._in_machine(["apt-get", "install", "--yes", *config.packages])
                self._say(self.run_script("runcmd", config.script))
        except (MachineFailed, LabError, ValueError, OSError) as error:
            self._say(f"cloud-init: {error}")
            end = "status: error"
        with contextlib.suppress(MachineFailed, LabError, OSError):  # it may have been deleted meanwhile
            self._write(FINISHED, f"{end}\n", "0644")

    def _write(self, path: str, content: str, mode: str) -> None:
        script = f"mkdir -p {Path(path).parent} && cat > {path} && chmod {mode} {path}"
        done = self.folder / "given"
        done.write_text(content, encoding="utf-8")
        self._in_machine(["/bin/sh", "-c", f"({script}) < {done}"])
        done.unlink()

    def _in_machine(self, words: Sequence[str]) -> str:
        return run(as_root([*self._entry(), *words]))

    def _environment(self) -> dict[str, str]:
        return {"PATH": PATH, "HOME": "/root", "LAB_PYTHON": machine_python(), "LAB_DOCKERD": program("dockerd")}

    def _entry(self) -> list[str]:
        """What starts a command inside."""
        words = (f"{name}={value}" for name, value in self._environment().items())
        spaces = ["--mount", "--uts", "--net", "--pid"]
        return [program("nsenter"), "-t", str(self._first_pid()), *spaces, "--", "env", "-i", *words]

    def _first_pid(self) -> int:
        """The first process of the machine. It takes all others with it."""
        if self._init is None or not self._init.running:
            raise MachineFailed("The machine is off.")
        for one in psutil.Process(self._init.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if one.cmdline()[1:2] == [str(IMAGE / "init.sh")]:
                    return int(one.pid)
        raise MachineFailed("The machine is off.")

    def _say(self, text: str) -> None:
        with self._console.open("a") as file:
            file.write(f"{text.rstrip()}\n")
