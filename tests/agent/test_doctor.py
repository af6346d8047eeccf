"""`engine-agent doctor` looks at real things: an engine, a portal, its certificate, the state folder."""

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from engine_agent.cli import main
from engine_agent.doctor import as_json, as_text, examine
from engine_agent.doctor_probes import engine_look, name_look, portal_look
from engine_agent.doctor_verdicts import FAIL, OK, WARN, Check
from engine_agent.portal_http import portal_at
from engine_agent.state import Enrolled, StateDir
from tests.agent.authorities import Authority
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal


def options(**changes: object) -> argparse.Namespace:
    usual: dict[str, object] = {"portal": "", "engine": "", "ca": None, "policy": Path("/nonexistent/policy.toml")}
    return argparse.Namespace(**(usual | changes))


def by_key(checks: list[Check]) -> dict[str, str]:
    return {check.key: check.state for check in checks}


async def test_a_healthy_host(sim_engine: SimEngine, fake_portal: FakePortal, state: StateDir) -> None:
    state.save_enrolled(Enrolled(fake_portal.origin, "host-1", "alpha", "crew", sim_engine.address))
    state.path.chmod(0o700)
    found = by_key(await examine(state, options()))
    assert FAIL not in found.values(), found
    assert found["engine"] == OK
    assert found["portal"] == OK
    assert found["agent"] == WARN


async def test_a_machine_that_is_no_host_yet(tmp_path: Path) -> None:
    checks = await examine(StateDir(tmp_path / "none"), options(engine=f"unix://{tmp_path}/none.sock"))
    found = by_key(checks)
    assert (found["state"], found["enrolment"], found["engine"]) == (FAIL, FAIL, FAIL)
    assert "portal" not in found


async def test_an_engine_that_is_not_there_or_is_old_or_hangs(sim_engine: SimEngine, tmp_path: Path) -> None:
    assert (await engine_look(f"unix://{tmp_path}/none.sock")).how == "absent"
    (tmp_path / "plain").touch()
    assert (await engine_look(f"unix://{tmp_path}/plain")).how == "gone"
    assert (await engine_look(sim_engine.address)).how == "ok"
    sim_engine.api_version = "1.24"
    old = await engine_look(sim_engine.address)
    assert (old.how, "at least 1.41" in old.said) == ("too-old", True)


async def test_an_engine_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_agent.doctor_probes.ENGINE_SECONDS", 0.2)
    hung = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hung.wait()
        writer.close()

    async with await asyncio.start_unix_server(silent, tmp_path / "hung.sock"):
        assert (await engine_look(f"unix://{tmp_path}/hung.sock")).how == "silent"
        hung.set()
        await asyncio.sleep(0)


async def test_a_portal_tells_its_protocols(fake_portal: FakePortal) -> None:
    seen = await portal_look(portal_at(fake_portal.origin))
    assert (seen.how, seen.version, seen.low, seen.high) == ("ok", "9.9.9", 1, 1)


async def test_a_portal_that_is_away() -> None:
    seen = await portal_look(portal_at("http://127.0.0.1:9"))
    assert seen.how == "unreachable"


async def test_a_name_that_leads_nowhere() -> None:
    addresses, error = await name_look("nowhere.invalid")
    assert addresses == ()
    assert error
    assert (await name_look("127.0.0.1"))[0] == ("127.0.0.1",)


async def test_certificates_by_openssls_own_verdict(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    async with FakePortal(heartbeat=1.0, tls=ours.server("portal")) as portal:
        unknown = await portal_look(portal_at(portal.origin, ca=theirs.pem))
        assert (unknown.how, unknown.verify in {18, 19, 20, 21}) == ("certificate", True)
        good = await portal_look(portal_at(portal.origin, ca=ours.pem))
        assert good.how == "ok"
        assert good.expires is not None
        other = await portal_look(portal_at(portal.origin.replace("127.0.0.1", "localhost"), ca=ours.pem))
        assert (other.how, other.verify) == ("certificate", 62)


def test_the_text_and_the_json_say_the_same() -> None:
    checks = [Check("a", "One", OK, "fine"), Check("b", "Two", FAIL, "bad", "Do this")]
    text = as_text(checks)
    assert "FAIL  Two  bad" in text
    assert "-> Do this" in text
    assert text.endswith("1 wrong, 0 to look at")
    told = json.loads(as_json(checks))
    assert told["ok"] is False
    assert told["checks"][1] == {"key": "b", "title": "Two", "state": "fail", "detail": "bad", "remedy": "Do this"}
    assert as_text(checks[:1]).endswith("Everything is well")


def test_the_command_ends_with_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["doctor", "--json", "--state-dir", str(tmp_path / "none"), "--engine", f"unix://{tmp_path}/none.sock"]
    assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
