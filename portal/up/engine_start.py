"""What to do when no engine answers: decide from what the machine allows, then install or start one."""

import asyncio
import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .child import Program
from .journal import Journal
from .places import engine_exec_root, engine_socket, private_directory

INSTALL_SECONDS = 900.0
SERVICE_SECONDS = 90.0
FINISH_SECONDS = 120.0
PACKAGES = ("docker.io", "iptables")
APT_OPTIONS = ("-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1", "-o", "DPkg::Lock::Timeout=60")


@dataclass(frozen=True)
class Machine:
    """What matters of this machine. sudo: without a password; systemd: it is process 1; user: name for advice."""

    linux: bool
    root: bool
    sudo: bool
    apt: bool
    systemd: bool
    dockerd: str | None
    user: str
    denied: bool = False

    @property
    def may_change(self) -> bool:
        return self.root or self.sudo


class Step(Enum):
    """INSTALL the packages, start the SERVICE, run a CHILD of ours, or only give ADVICE."""

    INSTALL = "install"
    SERVICE = "service"
    CHILD = "child"
    ADVICE = "advice"


@dataclass(frozen=True)
class Remedy:
    """What to do, or (for ADVICE) the one line that a person types."""

    step: Step
    line: str = ""


def systemd_runs() -> bool:
    """Whether systemd is process 1 (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


async def _succeeds(*arguments: str, seconds: float = 5.0) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        return await asyncio.wait_for(process.wait(), seconds) == 0
    except TimeoutError:
        process.kill()
        await process.wait()
        return False


async def machine_look(*, denied: bool) -> Machine:
    """This machine as it is now."""
    root = os.geteuid() == 0
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin:/usr/local/sbin"
    return Machine(
        linux=sys.platform == "linux",
        root=root,
        sudo=not root and shutil.which("sudo") is not None and await _succeeds("sudo", "-n", "true"),
        apt=shutil.which("apt-get") is not None,
        systemd=systemd_runs(),
        dockerd=shutil.which("dockerd", path=path),
        user=os.environ.get("USER") or str(os.geteuid()),
        denied=denied,
    )


def engine_remedy(machine: Machine) -> Remedy:
    """What to do on `machine`, on which no engine answers. Pure."""
    sudo = "" if machine.root else "sudo "
    if machine.denied and not machine.root:
        return Remedy(Step.ADVICE, f"sudo usermod -aG docker {machine.user} && newgrp docker")
    if not machine.linux:
        return Remedy(Step.ADVICE, "open -a Docker")
    if machine.dockerd is None:
        if machine.apt and machine.may_change:
            return Remedy(Step.INSTALL)
        if machine.apt:
            return Remedy(Step.ADVICE, f"{sudo}apt-get install --no-install-recommends {' '.join(PACKAGES)}")
        return Remedy(Step.ADVICE, "xdg-open https://docs.docker.com/engine/install/")
    if machine.systemd:
        if machine.may_change:
            return Remedy(Step.SERVICE)
        return Remedy(Step.ADVICE, f"{sudo}systemctl start docker")
    if machine.root:
        return Remedy(Step.CHILD)
    return Remedy(Step.ADVICE, "sudo service docker start")


def engine_program(dockerd: str, data_dir: Path) -> Program:
    """A Docker Engine of our own, which ends with us: everything it has lies in DATA_DIR/engine."""
    room = private_directory(data_dir / "engine")
    socket = engine_socket(data_dir)
    exec_root = engine_exec_root(data_dir)
    for directory in (socket.parent, exec_root.parent):
        private_directory(directory)
    arguments = (
        dockerd,
        "--host",
        f"unix://{socket}",
        "--data-root",
        str(room / "data"),
        "--exec-root",
        str(exec_root),
        "--pidfile",
        str(room / "dockerd.pid"),
        "--group",
        str(os.getgid()),
        "--log-level",
        "warn",
    )
    # It stops its containers first; each may take ten seconds.
    return Program("engine", arguments, stop_seconds=40.0, attempts=4, quiet=True)


async def run_to_end(journal: Journal, name: str, arguments: tuple[str, ...], seconds: float) -> bool:
    """Run a program that is not to be interrupted (a package manager), its words in the journal. True: it succeeded."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    if not systemd_runs():
        environment["RUNLEVEL"] = "1"  # invoke-rc.d then starts no service that would outlive us
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        journal.line(name, f"{arguments[0]} cannot be started: {error.strerror}")
        return False

    async def listen() -> None:
        assert process.stdout is not None  # noqa: S101
        async for line in process.stdout:
            journal.line(name, line.decode(errors="replace").rstrip())

    work = asyncio.gather(listen(), process.wait())
    try:
        await asyncio.wait_for(asyncio.shield(work), seconds)
    except asyncio.CancelledError:  # somebody wants to stop: a package half installed would be worse than a wait
        journal.tell(f"Letting {arguments[0]} finish first.")
        await asyncio.wait([work], timeout=FINISH_SECONDS)
        raise
    except (TimeoutError, ValueError):
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait([work], timeout=FINISH_SECONDS)
        journal.line(name, f"{' '.join(arguments)} took longer than {seconds:.0f} s and was stopped.")
        return False
    return process.returncode == 0


def with_rights(machine: Machine, *arguments: str) -> tuple[str, ...]:
    """The argument list, through sudo where we are not root (sudo keeps only the variables named)."""
    if machine.root:
        return arguments
    return ("sudo", "-n", "--preserve-env=DEBIAN_FRONTEND,LC_ALL,RUNLEVEL", *arguments)


async def engine_install(machine: Machine, journal: Journal) -> bool:
    """Install the engine from the distribution's packages. True: it is there now."""
    journal.tell("No Docker Engine on this machine; installing the package docker.io with apt-get.")
    update = with_rights(machine, "apt-get", *APT_OPTIONS, "update")
    install = with_rights(machine, "apt-get", *APT_OPTIONS, "install", "--yes", "--no-install-recommends", *PACKAGES)
    await run_to_end(journal, "apt", update, INSTALL_SECONDS)  # old lists may still do
    return await run_to_end(journal, "apt", install, INSTALL_SECONDS)


async def service_start(machine: Machine, journal: Journal) -> bool:
    """Start the system's own engine service. It is the machine's, and stays when we end."""
    journal.tell("The Docker Engine of this machine is not running; starting its service.")
    return await run_to_end(journal, "systemd", with_rights(machine, "systemctl", "start", "docker"), SERVICE_SECONDS)
