"""A private engine is real, alone, and leaves nothing behind."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.lab.engine import Engine, start_engine
from tests.lab.folders import NETWORK, OWNER, mounts_below, processes_of, root_folder
from tests.lab.images import BUSYBOX, HEALTH_CHANGE, WEB_CHANGES
from tests.lab.parts import LabError, run
from tests.lab.ports import free_port
from tests.lab.processes import wait_until


def test_a_container_runs_and_prints(engine_with_busybox: Engine) -> None:
    assert engine_with_busybox.docker("run", "--rm", BUSYBOX, "echo", "hello") == "hello\n"


def test_a_failed_command_says_what_the_engine_said(engine: Engine) -> None:
    with pytest.raises(LabError, match="No such container: nobody"):
        engine.docker("start", "nobody")


def test_a_web_image_answers_on_a_published_port_and_is_healthy(engine: Engine) -> None:
    engine.image_from_busybox("web:lab", files={"www/index.html": b"moored"}, changes=(*WEB_CHANGES, HEALTH_CHANGE))
    port = free_port()
    engine.docker("run", "-d", "--name", "web", "-p", f"127.0.0.1:{port}:8080", "web:lab")
    wait_until(lambda: "(healthy)" in engine.docker("ps", "--format", "{{.Status}}"), seconds=15, what="web healthy")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
        assert response.read() == b"moored"


def test_containers_of_one_test_are_gone_in_the_next(engine: Engine) -> None:
    assert engine.docker("ps", "-aq") == ""


def test_a_halted_engine_starts_again_with_its_data(engine_with_busybox: Engine) -> None:
    identity = engine_with_busybox.id
    engine_with_busybox.docker("run", "-d", "--name", "kept", BUSYBOX, "sleep", "600")
    engine_with_busybox.halt(crash=True)
    assert not engine_with_busybox.running
    engine_with_busybox.start()
    assert engine_with_busybox.id == identity
    assert engine_with_busybox.docker("ps", "-a", "--format", "{{.Names}}").split() == ["kept"]


def test_a_second_engine_is_another_one_and_leaves_nothing_behind(engine_with_busybox: Engine) -> None:
    with start_engine("second") as second:
        assert second.id != engine_with_busybox.id
        assert second.docker("images", "-q") == ""
        second.image_from_busybox(BUSYBOX)
        second.docker("run", "-d", BUSYBOX, "sleep", "600")
        folder, bridge = second.folder, bridge_of(second.folder)
        assert processes_of(folder)
        assert mounts_below(folder)
    assert_gone(folder, bridge)


CRASH = """
import os, signal
from tests.lab.engine import start_engine
from tests.lab.images import BUSYBOX
engine = start_engine("crash")
engine.image_from_busybox(BUSYBOX)
engine.docker("run", "-d", BUSYBOX, "sleep", "600")
print(engine.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_test_run_left_is_swept_away() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=60, check=False)
    folder = Path(done.stdout.strip())
    assert folder.parent == root_folder(), done.stderr
    bridge = bridge_of(folder)
    assert processes_of(folder)
    swept = run([sys.executable, "-m", "tests.lab.folders"])
    assert str(folder) in swept
    assert_gone(folder, bridge)


def test_an_engine_that_cannot_start_says_why_and_leaves_nothing() -> None:
    before = own_folders()
    with pytest.raises(LabError, match="no-such-driver"):
        start_engine("broken", settings={"storage-driver": "no-such-driver"})
    assert own_folders() == before


def own_folders() -> set[Path]:
    """Lab folders of this very process; other test runs may be at work beside us."""
    owned = {owner.parent: owner.read_text().split()[0] for owner in root_folder().glob(f"*/{OWNER}")}
    return {folder for folder, pid in owned.items() if pid == str(os.getpid())}


def bridge_of(folder: Path) -> str:
    """The bridge that the engine in `folder` noted as its own."""
    (name,) = [line.split()[1] for line in (folder / NETWORK).read_text().splitlines() if line.startswith("link ")]
    return name


def assert_gone(folder: Path, bridge: str) -> None:
    """Nothing of the engine is left: no file, process, mount, link or packet rule."""
    assert not folder.exists()
    assert not processes_of(folder)
    assert not mounts_below(folder)
    assert f" {bridge}:" not in run(["ip", "-o", "link"])
    assert f" {bridge} " not in run(["iptables", "-w", "-S"])
