"""Installing what the tests need: by apt, without a service, or with the one line to type."""

import os
from pathlib import Path

import pytest

from tests.lab.install import POLICY, NotInstalled, install, missing_packages
from tests.lab.parts import PACKAGE_OF, MissingPart, program

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="apt is root's; .ci/run is root")


@pytest.fixture
def apt_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the apt-get of these tests was told, and the policy for services at that moment."""
    log = tmp_path / "log"
    fake_apt(tmp_path / "bin", f'echo "$@" >> {log}; [ -x {POLICY} ] && echo no services >> {log}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return log


def fake_apt(folder: Path, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "apt-get").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "apt-get").chmod(0o755)


def test_every_program_of_the_lab_is_here() -> None:
    assert missing_packages() == []
    for name in PACKAGE_OF:
        assert Path(program(name)).exists()


def test_a_missing_program_is_an_error_with_a_remedy() -> None:
    with pytest.raises(MissingPart, match="no-such-program is not installed; type: apt-get install"):
        program("no-such-program")


def test_packages_are_installed_after_an_update_and_start_no_service(apt_log: Path) -> None:
    before = POLICY.read_text() if POLICY.exists() else None
    install(["redis-server", "chromium"])
    assert apt_log.read_text().splitlines() == [
        "-qq update",
        "no services",
        "-qq install --yes --no-install-recommends redis-server chromium",
        "no services",
    ]
    assert (POLICY.read_text() if POLICY.exists() else None) == before


def test_a_failing_apt_is_tried_again_and_then_quoted(apt_log: Path) -> None:
    fake_apt(apt_log.parent / "bin", f'echo try >> {apt_log}; echo "Unable to fetch" >&2; exit 100')
    with pytest.raises(NotInstalled, match=r"update failed \(exit code 100\).*\n\nUnable to fetch"):
        install(["chromium"], pause=0)
    assert apt_log.read_text().split() == ["try"] * 3


def test_a_passing_failure_of_apt_does_no_harm(apt_log: Path) -> None:
    fake_apt(apt_log.parent / "bin", f"[ -e {apt_log} ] && exit 0; touch {apt_log}; exit 100")
    install(["chromium"], pause=0)


def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NotInstalled, match="Debian packages: redis-server"):
        install(["redis-server"])
