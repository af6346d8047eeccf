"""The order of stopping, the two wishes of a person, and what the children see."""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portal.up.__main__ import supervise
from portal.up.child import Program
from portal.up.local_host import Enrolled, LocalHost, enrolled_read, enrolled_write
from portal.up.supervisor import (
    STOP_ORDER,
    StartFailed,
    Supervisor,
    announce,
    portal_environment,
    portal_healthy,
    portal_program,
)

from .conftest import Said
from .test_child import until
from .test_setup import SETUP


@pytest.fixture
def supervisor(said: Said, tmp_path: Path) -> Supervisor:
    return Supervisor(
        replace(SETUP, data_dir=str(tmp_path), base_dir=str(tmp_path), address=("127.0.0.1", 9)), said.journal
    )


async def test_children_stop_in_order(supervisor: Supervisor, tmp_path: Path) -> None:
    mark = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        f"def end(*_): open({str(mark)!r}, 'a').write(sys.argv[1] + ' '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(600)\n"
    )
    names = ["engine", "redis", "agent", "worker", "node", "gateway"]
    children = [supervisor.keep(Program(name, (sys.executable, "-c", code, name))) for name in names]
    await until(lambda: all(child.last_line == "ready" for child in children))
    await supervisor.stop()
    assert mark.read_text().split() == ["gateway", "node", "worker", "agent", "redis", "engine"]
    assert [name for name in STOP_ORDER if name != "demo"] == mark.read_text().split()


async def test_the_first_wish_stops_and_the_second_hurries(supervisor: Supervisor, said: Said) -> None:
    supervisor.wish(signal.SIGINT)
    assert supervisor.stopping.is_set()
    assert not supervisor.hurry.is_set()
    supervisor.wish(signal.SIGINT)
    assert supervisor.hurry.is_set()
    said.journal.close()
    assert said.lines() == ["up     | Stopping (SIGINT). Once more to end at once.", "up     | Ending at once."]


async def test_a_wish_in_a_hurry_kills_everything(supervisor: Supervisor) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    program = Program("node", (sys.executable, "-c", stubborn), stop_seconds=600)
    child = supervisor.keep(program)
    await until(lambda: child.last_line == "ready")
    supervisor.wish(signal.SIGINT)
    supervisor.wish(signal.SIGINT)
    await asyncio.wait_for(supervisor.stop(), 10)


def test_the_portal_sees_the_redis_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/other")
    environment = portal_environment(SETUP)
    assert environment["REDIS_URL"] == SETUP.redis_url
    assert environment["PIERHEAD_DATA_DIR"] == SETUP.data_dir
    assert "REDIS_URL_FILE" not in environment


def test_programs_of_the_portal_hold_the_lock() -> None:
    assert portal_program(SETUP, "node", "-m", "portal.up.node").inherited == (SETUP.lock,)


def test_the_agent_sees_no_secret_and_no_proxy(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIERHEAD_SECRET_KEY", "DATABASE_URL", "DATABASE_URL_FILE", "HTTP_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = LocalHost(supervisor, [])._agent("run").environment
    assert "secret" not in environment.values()
    assert "REDIS_URL" not in environment
    assert environment["LANG"] == "C.UTF-8"


def test_address_and_link_are_announced_word_by_word(supervisor: Supervisor, said: Said) -> None:
    announce(supervisor)
    said.journal.close()
    assert said.output.getvalue().splitlines() == [
        "Pierhead is at https://portal.example",
        "Sign in once as the first administrator: https://portal.example/sign-in/link/SECRET/",
    ]


def test_no_link_is_announced_when_none_is_needed(supervisor: Supervisor, said: Said) -> None:
    supervisor.setup = replace(supervisor.setup, sign_in_link="")
    announce(supervisor)
    said.journal.close()
    assert said.output.getvalue().splitlines() == ["Pierhead is at https://portal.example"]


async def test_a_portal_that_never_answers_is_not_healthy(supervisor: Supervisor) -> None:
    assert not await portal_healthy(supervisor, seconds=0.2)


async def test_a_failed_start_ends_with_a_reason(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(supervisor: Supervisor) -> None:
        raise StartFailed("No redis-server was found.")

    monkeypatch.setattr("portal.up.__main__.redis_start", fail)
    assert await supervise(replace(SETUP, data_dir=str(tmp_path)), said.journal) == 1
    said.journal.close()
    assert said.lines()[0] == "up     | No redis-server was found."


def test_the_enrolment_is_remembered(tmp_path: Path) -> None:
    assert enrolled_read(tmp_path) is None
    enrolled_write(tmp_path, Enrolled("unix:///var/run/docker.sock", own=False))
    assert enrolled_read(tmp_path) == Enrolled("unix:///var/run/docker.sock", own=False)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"engine": 1, "more": 2}', "\x00"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "local-host.json").write_text(text)
    assert enrolled_read(tmp_path) is None


def test_the_supervisor_knows_no_django() -> None:
    import subprocess

    code = "import sys, portal.up.__main__; print([n for n in sys.modules if n.split('.')[0] in ('django', 'twisted')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
