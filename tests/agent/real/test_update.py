"""The agent replaces itself, for real: two versions are built, one that works and one that does not."""

import asyncio
import contextlib
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine_agent.protocol import public_key_of
from engine_agent.protocol.package import PackageFile
from engine_agent.state import Enrolled, StateDir
from hosts.agent_package.locks import pins_of
from hosts.agent_package.wheel import Wheel, agent_wheel
from hosts.agent_package.wheels import TARGETS, Wheelhouse
from tests.agent.real.conftest import ROOT
from tests.agent.update.packages import PUBLIC, package_file, signed
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal

SOURCE = ROOT / "engine_agent"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"

pytestmark = pytest.mark.timeout(240)


def built(folder: Path, version: str, *, broken: bool = False) -> Wheel:
    """The agent's own source as another version."""
    copy = folder / version
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    about = copy / "__init__.py"
    about.write_text(re.sub(r'^VERSION = ".*"$', f'VERSION = "{version}"', about.read_text(), flags=re.MULTILINE))
    if broken:
        agent = copy / "agent.py"
        agent.write_text(agent.read_text() + '\nraise RuntimeError("this version is broken")\n')
    return agent_wheel(copy)


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The wheels of what the agent needs, for this machine."""
    house = Wheelhouse(tmp_path_factory.mktemp("wheels"))
    pins = pins_of((ROOT / "requirements.txt").read_text("utf-8"), agent_wheel(SOURCE).requires)
    house.collect(pins, TARGETS[:1], [PYTHON])
    return {one.name: one.path.read_bytes() for one in house.kept(pins)}


def offered(portal: FakePortal, wheel: Wheel, needed: dict[str, bytes]) -> tuple[PackageFile, ...]:
    """Serve a package; gives its files."""
    content = {wheel.name: wheel.content, **needed}
    files = tuple(package_file(name, data) for name, data in content.items())
    portal.files.update({one.path: content[one.name] for one in files})
    return files


@contextlib.asynccontextmanager
async def running(
    portal: FakePortal, state: StateDir, engine: SimEngine
) -> AsyncIterator["asyncio.subprocess.Process"]:
    """`engine-agent run` of this source tree, connected."""
    portal.keys[public_key_of(state.key())] = "host-1"
    enrolled = Enrolled(portal.origin, "host-1", "alpha", "crew", engine.address, package_key=PUBLIC.hex())
    state.save_enrolled(enrolled)
    words = [sys.executable, "-m", "engine_agent", "run", "--state-dir", str(state.path)]
    with (state.path / "agent.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stderr=log)
    try:
        await portal.connections(1, timeout=60)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_to_a_new_version(
    sim_engine: SimEngine, fake_portal: FakePortal, state: StateDir, tmp_path: Path, needed: dict[str, bytes]
) -> None:
    async with running(fake_portal, state, sim_engine) as process:
        await fake_portal.command("up", signed("0.7.1", *offered(fake_portal, built(tmp_path, "0.7.1"), needed)))
        end = await fake_portal.finished("up", timeout=150)
        assert end.outcome == "succeeded", (end, (state.path / "agent.log").read_text()[-2000:])
        assert end.result["version"] == "0.7.1"
        # Not only the connection of its trial, but the one of its own start, in the same process.
        while len({one.boot for one in fake_portal.hellos if one.agent_version == "0.7.1"}) < 2:
            await fake_portal.connections(len(fake_portal.hellos) + 1, timeout=60)
        assert process.returncode is None
        assert "0.7.1" in str(state.status())


@pytest.mark.long
async def test_back_from_a_broken_version(
    sim_engine: SimEngine, fake_portal: FakePortal, state: StateDir, tmp_path: Path, needed: dict[str, bytes]
) -> None:
    async with running(fake_portal, state, sim_engine) as process:
        before = fake_portal.hellos[-1].agent_version
        bad = offered(fake_portal, built(tmp_path, "0.7.2", broken=True), needed)
        await fake_portal.command("bad", signed("0.7.2", *bad))
        end = await fake_portal.finished("bad", timeout=150)
        assert (end.outcome, end.code) == ("failed", "update-failed")
        assert "this version is broken" in end.error
        assert fake_portal.hellos[-1].agent_version == before
        assert process.returncode is None
