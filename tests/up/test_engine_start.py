"""What is done on machines where no engine answers."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from portal.up.engine_start import (
    Machine,
    Remedy,
    Step,
    engine_install,
    engine_program,
    engine_remedy,
    machine_look,
    run_to_end,
    with_rights,
)
from portal.up.places import engine_socket

from .conftest import Said
from .test_child import until

ROOT = Machine(linux=True, root=True, sudo=False, apt=True, systemd=False, dockerd="/usr/sbin/dockerd", user="root")
PERSON = replace(ROOT, root=False, user="ada")


@pytest.mark.parametrize(
    ("machine", "remedy"),
    [
        (ROOT, Remedy(Step.CHILD)),
        (replace(ROOT, systemd=True), Remedy(Step.SERVICE)),
        (replace(ROOT, dockerd=None), Remedy(Step.INSTALL)),
        (replace(PERSON, dockerd=None, sudo=True), Remedy(Step.INSTALL)),
        (replace(PERSON, systemd=True, sudo=True), Remedy(Step.SERVICE)),
        (replace(PERSON, systemd=True), Remedy(Step.ADVICE, "sudo systemctl start docker")),
        (PERSON, Remedy(Step.ADVICE, "sudo service docker start")),
        (replace(PERSON, denied=True), Remedy(Step.ADVICE, "sudo usermod -aG docker ada && newgrp docker")),
        (
            replace(PERSON, dockerd=None),
            Remedy(Step.ADVICE, "sudo apt-get install --no-install-recommends docker.io iptables"),
        ),
        (
            replace(ROOT, dockerd=None, apt=False),
            Remedy(Step.ADVICE, "xdg-open https://docs.docker.com/engine/install/"),
        ),
        (replace(PERSON, linux=False), Remedy(Step.ADVICE, "open -a Docker")),
    ],
)
def test_the_remedy_is_what_the_machine_allows(machine: Machine, remedy: Remedy) -> None:
    assert engine_remedy(machine) == remedy


def test_nothing_is_changed_without_the_right_to() -> None:
    for dockerd in (None, "/usr/sbin/dockerd"):
        for systemd in (True, False):
            machine = replace(PERSON, dockerd=dockerd, systemd=systemd)
            assert engine_remedy(machine).step is Step.ADVICE
            assert engine_remedy(machine).line.startswith("sudo ")


async def test_this_machine_can_be_looked_at() -> None:
    machine = await machine_look(denied=False)
    assert machine.linux == (sys.platform == "linux")
    assert not (machine.root and machine.sudo)


def test_our_own_engine_keeps_everything_in_the_data_directory(tmp_path: Path) -> None:
    program = engine_program("/usr/sbin/dockerd", tmp_path)
    words = dict(zip(program.arguments[1::2], program.arguments[2::2], strict=True))
    assert words["--host"] == f"unix://{engine_socket(tmp_path)}"
    assert words["--data-root"] == str(tmp_path / "engine/data")
    assert words["--pidfile"].startswith(str(tmp_path))
    assert engine_socket(tmp_path).parent.stat().st_mode & 0o077 == 0
    assert program.attempts is not None


def test_sudo_is_used_only_where_we_are_not_root() -> None:
    assert with_rights(ROOT, "apt-get", "update") == ("apt-get", "update")
    words = with_rights(PERSON, "apt-get", "update")
    assert words[:2] == ("sudo", "-n")
    assert words[-2:] == ("apt-get", "update")


async def test_a_program_run_to_its_end_is_heard(said: Said) -> None:
    assert await run_to_end(said.journal, "apt", ("echo", "Setting up docker.io"), 10)
    assert not await run_to_end(said.journal, "apt", ("false",), 10)
    assert not await run_to_end(said.journal, "apt", ("/nowhere/at-all",), 10)
    said.journal.close()
    assert said.lines()[0] == "apt    | Setting up docker.io"
    assert "cannot be started" in said.lines()[-1]


async def test_a_program_that_takes_too_long_is_stopped(said: Said) -> None:
    assert not await run_to_end(said.journal, "apt", ("sleep", "600"), 0.2)
    said.journal.close()
    assert "took longer than 0 s" in said.lines()[-1]


async def test_a_package_manager_is_not_interrupted(said: Said, tmp_path: Path) -> None:
    mark = tmp_path / "done"
    working = asyncio.create_task(
        run_to_end(said.journal, "apt", ("sh", "-c", f"echo busy; sleep 0.5; touch {mark}"), 60)
    )
    await until(lambda: "apt    | busy" in said.lines())
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    assert mark.exists()


async def test_an_installation_is_announced(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text('#!/bin/sh\necho "$DEBIAN_FRONTEND $*"\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert await engine_install(ROOT, said.journal)
    said.journal.close()
    assert "installing the package docker.io with apt-get" in said.lines()[0]
    assert said.lines()[-1].startswith("apt    | noninteractive ")
    assert said.lines()[-1].endswith("install --yes --no-install-recommends docker.io iptables")
