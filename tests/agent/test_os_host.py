"""What the agent knows of the machine it runs on, and the service it becomes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine_agent import os_host
from engine_agent.os_host import systemd
from engine_agent.os_host.machine import go_architecture
from engine_agent.problems import AgentProblem


@pytest.mark.parametrize(
    ("word", "go"),
    [
        ("x86_64", "amd64"),
        ("AMD64", "amd64"),
        ("aarch64", "arm64"),
        ("armv7l", "arm"),
        ("i686", "386"),
        ("loong64", "loong64"),
    ],
)
def test_architectures_in_gos_words(word: str, go: str) -> None:
    assert go_architecture(word) == go


def test_this_machine() -> None:
    machine = os_host.machine()
    assert machine.hostname
    assert machine.os == "linux"
    assert machine.cpus >= 1
    assert machine.memory_bytes > 100 * 1024 * 1024


def test_a_file_is_held_by_one(tmp_path: Path) -> None:
    first = os_host.lock_file(tmp_path / "lock")
    assert first is not None
    assert os_host.lock_file(tmp_path / "lock") is None


def test_room_on_a_disk(tmp_path: Path) -> None:
    assert os_host.free_bytes(str(tmp_path)) > 0
    assert os_host.free_bytes("/nonexistent/folder") == 0


def test_engines_are_looked_for_where_they_are() -> None:
    assert os_host.DEFAULT_ENGINES[0] == "unix:///var/run/docker.sock"
    assert any("podman" in address for address in os_host.DEFAULT_ENGINES)


async def test_a_named_pipe_is_refused_in_words() -> None:
    with pytest.raises(OSError, match="only be opened on Windows"):
        await os_host.open_pipe(r"\\.\pipe\docker_engine")


def test_the_unit_gives_away_nothing_it_does_not_need(tmp_path: Path) -> None:
    text = systemd.unit_text(tmp_path)
    lines = text.splitlines()
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "Restart=always",
        f"ReadWritePaths={tmp_path}",
        "WantedBy=multi-user.target",
    ):
        assert line in lines
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    assert start.startswith("ExecStart=/")
    assert start.endswith(f"run --state-dir {tmp_path}")


def test_where_there_is_no_systemd_the_way_out_is_told(tmp_path: Path) -> None:
    if Path("/run/systemd/system").is_dir():
        pytest.skip("this machine is run by systemd")
    with pytest.raises(AgentProblem) as caught:
        systemd.service_install(tmp_path, folder=tmp_path)
    assert caught.value.remedy


def test_a_user_of_its_own_uses_the_engine_by_its_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "_group_exists", lambda name: name == "docker")
    lines = systemd.unit_text(tmp_path, "pierhead-agent").splitlines()
    for line in ("User=pierhead-agent", "Group=pierhead-agent", "SupplementaryGroups=docker"):
        assert line in lines
    assert not [line for line in systemd.unit_text(tmp_path).splitlines() if line.startswith(("User=", "Group="))]


def test_the_unit_starts_what_the_install_script_points_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "versions" / "abc"
    (own / "bin").mkdir(parents=True)
    (own / "bin" / "engine-agent").touch()
    (tmp_path / "current").symlink_to(own)
    monkeypatch.setattr(sys, "prefix", str(own))
    assert f"ExecStart={tmp_path}/current/bin/engine-agent run" in systemd.unit_text(tmp_path / "state")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_understands_the_unit_and_finds_it_tight(tmp_path: Path) -> None:
    unit = tmp_path / systemd.UNIT
    unit.write_text(systemd.unit_text(tmp_path, "daemon"), "utf-8")
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert str(unit) not in checked.stderr, checked.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit], capture_output=True, text=True
    )
    assert rated.returncode == 0, rated.stdout[-2000:]
