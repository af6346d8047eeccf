"""This machine as the first host: an engine that is there, one that comes later, one that we start."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from portal.up.child import Child
from portal.up.engine_search import engine_at
from portal.up.engine_start import Machine, engine_program, machine_look
from portal.up.local_host import Enrolled, LocalHost
from portal.up.places import engine_socket
from portal.up.supervisor import Supervisor
from tests.lab.folders import make_folder, remove_folder

from .conftest import Said
from .test_child import until
from .test_engine_search import as_engine, listen
from .test_engine_start import PERSON
from .test_setup import SETUP

ADVICE = "up     |     sudo systemctl start docker"


async def helpless(*, denied: bool) -> Machine:
    """A machine on which we may change nothing."""
    return replace(PERSON, systemd=True, denied=denied)


@pytest.fixture
def supervisor(said: Said, tmp_path: Path) -> Supervisor:
    return Supervisor(replace(SETUP, data_dir=str(tmp_path), address=("127.0.0.1", 9)), said.journal)


async def test_an_engine_that_answers_is_taken(supervisor: Supervisor, tmp_path: Path) -> None:
    async with await listen(tmp_path / "s", as_engine):
        found = await LocalHost(supervisor, [tmp_path / "s"], helpless)._engine()
    assert found is not None
    assert found.version == "28.5.1"


async def test_an_engine_that_comes_later_is_found(
    supervisor: Supervisor, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.up.local_host.LOOK_SECONDS", 0.05)
    looking = asyncio.create_task(LocalHost(supervisor, [tmp_path / "s"], helpless)._engine())
    await until(lambda: ADVICE in said.lines())
    assert not looking.done()
    async with await listen(tmp_path / "s", as_engine):
        found = await asyncio.wait_for(looking, 10)
    assert found is not None
    said.journal.close()
    assert said.lines().count(ADVICE) == 1


async def test_the_advice_says_that_the_portal_goes_on(supervisor: Supervisor, said: Said, tmp_path: Path) -> None:
    await LocalHost(supervisor, [tmp_path / "s"], helpless)._remedy(())
    said.journal.close()
    assert "The portal runs without it; type this:" in said.lines()[0]
    assert said.lines()[1:] == [ADVICE, "up     | It is enrolled as the first host as soon as it answers."]


async def test_a_closed_socket_is_told_with_the_group_to_join(supervisor: Supervisor, said: Said) -> None:
    await LocalHost(supervisor, [], helpless)._remedy((Path("/var/run/docker.sock"),))
    said.journal.close()
    assert "up     |     sudo usermod -aG docker ada && newgrp docker" in said.lines()


async def test_podmans_closed_socket_is_not_dockers(supervisor: Supervisor, said: Said) -> None:
    await LocalHost(supervisor, [], helpless)._remedy((Path("/run/podman/podman.sock"),))
    said.journal.close()
    assert ADVICE in said.lines()


async def test_nothing_is_looked_for_once_somebody_wants_to_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.stopping.set()
    assert await LocalHost(supervisor, [tmp_path / "s"], helpless)._engine() is None


async def test_an_enrolled_hosts_engine_that_is_down_is_told(
    supervisor: Supervisor, said: Said, tmp_path: Path
) -> None:
    await LocalHost(supervisor, [], helpless)._revive(Enrolled(f"unix://{tmp_path}/s", own=False))
    said.journal.close()
    assert ADVICE in said.lines()


async def test_an_enrolled_hosts_engine_that_answers_needs_nothing(
    supervisor: Supervisor, said: Said, tmp_path: Path
) -> None:
    async with await listen(tmp_path / "s", as_engine):
        await LocalHost(supervisor, [], helpless)._revive(Enrolled(f"unix://{tmp_path}/s", own=False))
    said.journal.close()
    assert said.lines() == []


@pytest.mark.engine
async def test_an_engine_of_our_own_answers_and_ends_with_us(said: Said) -> None:
    machine = await machine_look(denied=False)
    assert machine.dockerd is not None, "install docker.io"
    folder = make_folder("u")
    child = Child(engine_program(machine.dockerd, folder), said.journal)
    try:
        child.start()
        async with asyncio.timeout(90):
            while await engine_at(engine_socket(folder)) is None:
                assert not child.gave_up.is_set(), child.last_line
                await asyncio.sleep(0.2)
        assert engine_socket(folder).stat().st_mode & 0o007 == 0
        await child.stop()
        assert await engine_at(engine_socket(folder)) is None
    finally:
        remove_folder(folder)
