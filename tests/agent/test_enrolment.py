"""Enrolment, and the command line as a person meets it."""

import asyncio
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine_agent.portal_http import portal_at
from engine_agent.problems import AgentProblem
from engine_agent.protocol import public_key_of
from engine_agent.protocol.messages import Snapshot
from engine_agent.state import StateDir
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


async def agent(*words: str, stdin: bytes = b"") -> Said:
    """Run `engine-agent` with these words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine_agent",
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin)
    assert process.returncode is not None
    assert b"Traceback" not in err
    return Said(process.returncode, out.decode(), err.decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "agent"


async def enrol(portal: FakePortal, engine: SimEngine, folder: Path, *more: str, token: str = "good-token") -> Said:
    words = ["--portal", portal.origin, "--token", token, "--engine", engine.address, "--state-dir", str(folder)]
    return await agent("enrol", *words, *more)


async def test_a_machine_becomes_a_host(fake_portal: FakePortal, sim_engine: SimEngine, folder: Path) -> None:
    said = await enrol(fake_portal, sim_engine, folder, "--name", "alpha")
    assert (said.code, said.err) == (0, "")
    assert "Enrolled as host “alpha” of team “crew”" in said.out
    (asked,) = fake_portal.enrolments
    assert asked["facts"]["engine_version"] == "20.10.24-sim"
    state = StateDir(folder)
    assert public_key_of(state.known_key()).hex() == asked["public_key"]
    assert state.enrolled().host_id == "host-1"
    assert "approval" not in said.out


async def test_a_machine_that_waits_for_approval_is_told_so(
    fake_portal: FakePortal, sim_engine: SimEngine, folder: Path
) -> None:
    fake_portal.approval = True
    said = await enrol(fake_portal, sim_engine, folder)
    assert said.code == 0
    assert f"waits for approval: an admin of the team approves it at {fake_portal.origin}/hosts/host-1/" in said.out


async def test_only_the_owner_can_read_the_key(fake_portal: FakePortal, sim_engine: SimEngine, folder: Path) -> None:
    await enrol(fake_portal, sim_engine, folder)
    assert stat.S_IMODE(os.stat(folder / "identity.key").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


async def test_the_token_can_come_on_standard_input(
    fake_portal: FakePortal, sim_engine: SimEngine, folder: Path
) -> None:
    words = ["--portal", fake_portal.origin, "--engine", sim_engine.address, "--state-dir", str(folder)]
    assert (await agent("enrol", "--token", "-", *words, stdin=b"good-token\n")).code == 0


async def test_enrolling_again_keeps_the_key_unless_a_new_one_is_wanted(
    fake_portal: FakePortal, sim_engine: SimEngine, folder: Path
) -> None:
    for more in ((), (), ("--new-key",)):
        assert (await enrol(fake_portal, sim_engine, folder, *more)).code == 0
    first, second, third = (asked["public_key"] for asked in fake_portal.enrolments)
    assert first == second != third


async def test_a_spent_token(fake_portal: FakePortal, sim_engine: SimEngine, folder: Path) -> None:
    said = await enrol(fake_portal, sim_engine, folder, token="spent")
    assert said.code == 4
    assert "This token cannot be used" in said.err
    assert "Make a new one" in said.err
    assert (await agent("run", "--state-dir", str(folder))).code == 5


async def test_an_engine_that_is_away_is_a_note_and_no_obstacle(
    fake_portal: FakePortal, sim_engine: SimEngine, folder: Path
) -> None:
    await sim_engine.stop()
    said = await enrol(fake_portal, sim_engine, folder)
    assert said.code == 0
    assert "does not answer" in said.out
    assert fake_portal.enrolments[0]["facts"]["engine_error"]


async def test_a_portal_that_is_away(sim_engine: SimEngine, folder: Path) -> None:
    portal = FakePortal()
    portal.port = 9
    said = await enrol(portal, sim_engine, folder)
    assert said.code == 3
    assert "does not answer" in said.err


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["run"], 5, "not enrolled"),
        (["status"], 5, "not enrolled"),
        (["service", "install"], 5, "not enrolled"),
        (["enrol", "--portal", "http://portal.example", "--token", "t"], 1, "not encrypted"),
        (["enrol", "--portal", "https://portal.example/path", "--token", "t"], 1, "no portal address"),
        (
            ["enrol", "--portal", "https://portal.example", "--token", "t", "--engine", "tcp://10.0.0.1:1"],
            1,
            "no engine address",
        ),
        (
            ["enrol", "--portal", "https://portal.example", "--token", "t", "--ca", "/nonexistent.pem"],
            1,
            "cannot be used",
        ),
        (["enrol"], 2, "--portal"),
        (["dance"], 2, "invalid choice"),
        ([], 2, "COMMAND"),
    ],
)
async def test_what_a_person_can_get_wrong(folder: Path, words: list[str], code: int, text: str) -> None:
    state = ["--state-dir", str(folder)] if words and words != ["dance"] else []
    said = await agent(*words, *state)
    assert said.code == code
    assert text in said.err


async def test_a_state_folder_that_cannot_be_made(
    fake_portal: FakePortal, sim_engine: SimEngine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    said = await enrol(fake_portal, sim_engine, tmp_path / "file" / "agent")
    assert said.code == 6
    assert "--state-dir" in said.err


async def test_a_damaged_key_is_told(fake_portal: FakePortal, sim_engine: SimEngine, folder: Path) -> None:
    await enrol(fake_portal, sim_engine, folder)
    (folder / "identity.key").write_text("junk")
    said = await agent("run", "--state-dir", str(folder))
    assert said.code == 6
    assert "cannot be read" in said.err


async def test_running_status_and_a_second_agent(fake_portal: FakePortal, sim_engine: SimEngine, folder: Path) -> None:
    await enrol(fake_portal, sim_engine, folder)
    assert (await agent("status", "--state-dir", str(folder))).code == 1
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine_agent", "run", "--state-dir", str(folder), cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "HTTPS_PROXY": ""},
    )  # fmt: skip
    await fake_portal.hear(Snapshot, timeout=30)
    said = await agent("status", "--state-dir", str(folder))
    assert said.code == 0
    assert "link:     connected" in said.out
    assert "engine:   Docker Engine 20.10.24-sim" in said.out
    second = await agent("run", "--state-dir", str(folder))
    assert second.code == 6
    assert "Another agent already runs" in second.err
    process.terminate()
    assert await process.wait() == 0
    said = await agent("status", "--state-dir", str(folder))
    assert said.code == 1
    assert "not running" in said.out


async def test_version() -> None:
    said = await agent("--version")
    assert said.out.startswith("engine-agent ")


@pytest.mark.parametrize(
    ("address", "origin", "websocket"),
    [
        ("https://portal.example", "https://portal.example", "wss://portal.example/ws/agent/"),
        ("portal.example", "https://portal.example", "wss://portal.example/ws/agent/"),
        ("https://portal.example:443/", "https://portal.example", "wss://portal.example/ws/agent/"),
        ("https://portal.example:8443", "https://portal.example:8443", "wss://portal.example:8443/ws/agent/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/agent/"),
        ("http://localhost:8000/", "http://localhost:8000", "ws://localhost:8000/ws/agent/"),
        ("http://[::1]:8000", "http://[::1]:8000", "ws://[::1]:8000/ws/agent/"),
    ],
)
def test_portal_addresses(address: str, origin: str, websocket: str) -> None:
    portal = portal_at(address)
    assert (portal.origin, portal.websocket) == (origin, websocket)


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1", "ftp://x", "https://", "https://a:b", "https://a/b", "https://a?b=c"]
)
def test_addresses_no_portal_can_have(address: str) -> None:
    with pytest.raises(AgentProblem):
        portal_at(address)
