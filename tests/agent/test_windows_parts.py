"""What of the Windows code can be looked at on any system; the rest runs under wine, in tests/windows."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine_agent.engine.types import Info, Version
from engine_agent.facts import with_engine
from engine_agent.os_host import windows, windows_folders, windows_program, windows_service
from engine_agent.os_host.machine import Machine
from engine_agent.os_host.sddl import writers


@pytest.mark.parametrize(
    ("version", "revision", "expected"),
    [
        ((10, 0, 20348), 2655, "10.0.20348.2655"),
        ((10, 0, 26100), None, "10.0.26100"),
        ((10, 0, 17763), "6293", "10.0.17763"),
    ],
)
def test_the_build_with_its_revision(version: tuple[int, ...], revision: object, expected: str) -> None:
    assert windows.four_parts(version, revision) == expected


@pytest.mark.parametrize(
    ("known", "build", "server", "expected"),
    [
        (
            {"ProductName": "Windows Server 2022 Datacenter", "DisplayVersion": "21H2"},
            20348,
            True,
            "Windows Server 2022 Datacenter 21H2",
        ),
        ({"ProductName": "Windows 10 Pro", "DisplayVersion": "23H2"}, 22631, False, "Windows 11 Pro 23H2"),
        ({"ProductName": "Windows 10 Pro"}, 19045, False, "Windows 10 Pro"),
        ({}, 26100, True, "Windows Server"),
        ({}, 26100, False, "Windows"),
    ],
)
def test_the_name_of_the_edition(known: dict[str, str], build: int, server: bool, expected: str) -> None:
    assert windows.edition_name(known, build, server=server) == expected


def test_nobody_but_administrators_and_the_owner_can_use_the_agents_folder() -> None:
    sddl = windows_folders.PRIVATE
    assert sddl.startswith("D:P(")  # nothing is inherited from a folder where everybody may add files
    assert writers(f"O:BA{sddl}") == []  # and so a policy file in it is the owner's own
    assert writers(f"O:S-1-5-21-1-2-3-1000{sddl}") == ["S-1-5-21-1-2-3-1000"]
    assert all(f";;;{who})" not in sddl for who in ("WD", "BU", "AU"))


def test_the_service_of_a_plain_python_is_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python\python.exe")
    line = windows_service.command_line(Path(r"C:\ProgramData\Pierhead\agent"))
    assert line.startswith('"C:\\Program Files\\Python\\python.exe" -m engine_agent.os_host.windows_program')
    assert line.endswith(r"--state-dir C:\ProgramData\Pierhead\agent")


def test_the_service_of_a_virtual_environment_is_the_base_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager believes only the process that it started itself."""
    monkeypatch.setattr(sys, "prefix", r"C:\Program Files\PierheadAgent")
    monkeypatch.setattr(sys, "_base_executable", r"C:\Python311\python.exe", raising=False)
    line = windows_service.command_line(Path(r"C:\state"))
    assert line.startswith(r"C:\Python311\python.exe -I -c ")
    assert "site.addsitedir(" in line


def test_what_the_service_starts_finds_the_packages() -> None:
    """The program text of the command line, run here."""
    line = windows_service.command_line(Path("/nonexistent/state"))
    assert "engine_agent.os_host.windows_program" in line
    program = "from engine_agent.os_host.windows_program import main"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_logs_do_not_grow_for_ever() -> None:
    assert windows_program.LOG_BYTES * (windows_program.LOG_FILES + 1) <= 16 * 2**20


@pytest.mark.parametrize(
    ("engine", "machine", "expected"),
    [
        ("10.0.20348", "10.0.20348.2655", "10.0.20348.2655"),
        ("10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)", "10.0.20348.2655", "10.0.20348.2655"),
        ("10.0.20348.1", "10.0.26100.1742", "10.0.20348.1"),
        ("", "10.0.20348.2655", "10.0.20348.2655"),
        ("12", "", "12"),
    ],
)
def test_the_revision_comes_from_whoever_knows_it(engine: str, machine: str, expected: str) -> None:
    here = Machine("win", "windows", os_version=machine)
    facts = with_engine(here, Version("28.0", "1.48"), Info(os_version=engine, os_type="windows"), "1.48")
    assert facts.os_version == expected
