"""install.sh as a machine without internet runs it: from this portal alone, to a host that is online."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import Server, wait_until

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
TARGET = {"x86_64": "linux-amd64", "aarch64": "linux-arm64"}[platform.machine()]


def fetched(portal: Portal, path: Path) -> Path:
    status, text = portal.api("GET", "/agent/install.sh")
    assert status == 200
    path.write_text(text)
    return path


def installed(portal: Portal, script: Path, token: str, engine: Engine) -> "subprocess.CompletedProcess[str]":
    """Run the script as the page says, into a folder, on a machine whose pip knows no other place."""
    words = ["--token", token, "--no-service", "--prefix", str(script.parent / "opt"), "--engine", engine.host]
    words += ["--state-dir", str(script.parent / "state"), "--name", "scripted", "--python", sys.executable]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PIERHEAD_", "DOCKER_"))}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    return subprocess.run(["sh", str(script), *words], capture_output=True, text=True, timeout=100, env=env)


@pytest.mark.timeout(240)
def test_from_the_portal_alone_to_an_online_host(engine: Engine, tmp_path: Path) -> None:
    with start_portal() as portal:
        portal.manage("agent_package", "--for", TARGET, "--python", VERSION)
        admin = portal.token("admin")
        status, made = portal.api("POST", "hosts/enrolments", admin, {"team": "harbour"})
        assert status == 201
        script = fetched(portal, tmp_path / "install.sh")
        done = installed(portal, script, made["token"], engine)
        assert done.returncode == 0, done.stderr
        assert "Enrolled as host “scripted” of team “harbour”" in done.stdout
        assert "asking the usual package index" not in done.stdout
        agent = tmp_path / "opt" / "current" / "bin" / "engine-agent"
        log = tmp_path / "agent.log"
        running = Server([str(agent), "run", "--state-dir", str(tmp_path / "state")], log=log, cwd=tmp_path)
        try:
            portal.wait_for("hosts", admin, lambda body: [one["state"] for one in body["items"]] == ["online"])
            status_command = [str(agent), "status", "--state-dir", str(tmp_path / "state")]
            wait_until(lambda: subprocess.run(status_command).returncode == 0, seconds=20, what="a contented agent")
        finally:
            running.stop(seconds=10)
        again = installed(portal, script, made["token"], engine)
        assert again.returncode == 0, again.stderr
        assert "This machine is a host already" in again.stdout
        refused = script.read_text().replace("LIST_SHA256=", "LIST_SHA256=0")
        script.write_text(refused)
        assert "not the one this script was made for" in installed(portal, script, made["token"], engine).stderr
