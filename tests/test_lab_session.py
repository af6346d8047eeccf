"""What runs around pytest and lint: their exit codes, the sweep afterwards, and the list of what failed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

from tests.lab.folders import root_folder
from tests.lab.processes import wait_until

ROOT = Path(__file__).resolve().parents[1]
SESSION = [sys.executable, "-m", "tests.lab.session"]
LEAVE = (
    "from tests.lab.redis_server import start_redis; import os; print(start_redis().folder, flush=True); os._exit(5)"
)
WAIT = """
import sys, time
from tests.lab.redis_server import start_redis
with start_redis() as server:
    print(server.folder, flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        sys.exit(9)
"""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SESSION, *words], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


def lint(*checks: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "LINT_CHECKS": "\n".join(checks),
        "PIERHEAD_DATA_DIR": "/nonexistent/data",
    }
    return subprocess.run(["tests/lint.sh"], capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def test_the_exit_code_is_the_commands() -> None:
    assert run("sh", "-c", "exit 3").returncode == 3
    assert run("true").returncode == 0


def test_without_a_command_it_says_how() -> None:
    assert run().returncode == 2
    assert "usage:" in run().stderr


def test_what_the_command_left_is_swept_and_named() -> None:
    done = run(sys.executable, "-c", LEAVE)
    folder = done.stdout.splitlines()[0]
    assert done.returncode == 5
    assert f"removed what the run left in {folder}" in done.stdout
    assert not Path(folder).exists()


def test_termination_lets_the_command_clean_up() -> None:
    process = subprocess.Popen([*SESSION, sys.executable, "-c", WAIT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert folder.exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 9
    process.stdout.close()
    assert not folder.exists()


def test_postgres_is_handed_to_the_command() -> None:
    done = run("--postgres", "sh", "-c", "echo $PIERHEAD_TEST_DATABASE_URL")
    assert done.stdout.startswith("postgresql://pierhead@%2F")
    folder = unquote(done.stdout.strip()).split("@")[1].rpartition("/")[0]
    assert Path(folder).parent == root_folder()
    assert not Path(folder).exists()


def test_waiting_says_what_for_and_how_long() -> None:
    started = time.monotonic()
    wait_until(lambda: True, seconds=5, what="nothing")
    assert time.monotonic() - started < 1


def test_lint_runs_every_check_and_names_those_that_failed() -> None:
    done = lint("true", "ls /no-such-folder", "true again", "false")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "ok      true"
    assert "ok      true again" in done.stdout
    assert "/no-such-folder" in done.stdout
    assert done.stdout.endswith("these checks failed:\n  ls /no-such-folder\n  false\n")


def test_lint_is_green_when_all_are() -> None:
    done = lint("true", "true")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "make lint: every check passed")
