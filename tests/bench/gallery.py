"""The local search of the gallery with 200,000 repositories, on SQLite and on PostgreSQL, 32 people typing."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.lab.postgres import start_postgres

from .report import Row, median, percentile
from .stage import Stage

REPOSITORIES = 200_000
CLIENTS = 32
SECONDS = 20
SEARCH_BUDGET_MS = 50
BUILD_BUDGET_S = 60
ROOT = Path(__file__).resolve().parents[2]


def measure(stage: Stage) -> Iterator[Row]:
    """The stage is not needed: each database gets a process of its own."""
    yield from _measured("SQLite", "")
    with start_postgres() as cluster, cluster.empty_database() as url:
        yield from _measured("PostgreSQL", url)


def _measured(name: str, url: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="pierhead-bench-") as folder:
        environment = {**os.environ, "PIERHEAD_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        environment |= {"DATABASE_URL": url} if url else {}
        words = [sys.executable, "-m", "tests.bench.search_program", str(REPOSITORIES), str(CLIENTS), str(SECONDS)]
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=900)
    found = json.loads(done.stdout.splitlines()[-1])
    times = found["milliseconds"]
    detail = f"median {median(times):.1f} ms of {len(times)} searches, {CLIENTS} people typing"
    yield Row(f"search, p95, {name}", percentile(times, 0.95), SEARCH_BUDGET_MS, "ms", detail)
    detail = f"{REPOSITORIES:,} repositories, {found['build_cpu']:.1f} s of a core"
    yield Row(f"building the search, {name}", found["build"], BUILD_BUDGET_S, "s", detail)
