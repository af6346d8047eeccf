"""The same tests of the local search on PostgreSQL, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.timeout(300)
def test_the_local_search_on_postgresql(postgres: str) -> None:
    environment = {**os.environ, "PIERHEAD_TEST_DATABASE_URL": postgres}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/gallery/index/test_index.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
