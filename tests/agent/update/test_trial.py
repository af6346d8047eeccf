"""The trial of a new version: kept when it reports, given up when it ends, hangs or never starts."""

import shlex
import sys
from pathlib import Path

import msgspec
import pytest

from engine_agent import VERSION
from engine_agent.state import StateDir
from engine_agent.update import trial as versions
from engine_agent.update.order import tidy
from engine_agent.update.record import CONFIRMED, FAILED, STAGED, TRIAL, Record, record_path, record_read, record_write


def staged(state: StateDir, script: str, *, seconds: float = 20.0, version: str = "9.9.9") -> Record:
    """A staged version whose Python is a shell script."""
    python = state.path / "versions" / "abc" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return record_write(state, Record("c1", version, "abc", str(python), STAGED, VERSION, "", seconds))


def reporting(state: StateDir, then: str) -> str:
    """A script that reports as the new version does (it may be ended from then on), and goes on with `then`."""
    path = record_path(state)
    return f'sed -i \'s/"trial"/"confirmed"/\' {shlex.quote(str(path))}\n{then}'


def now(state: StateDir) -> Record:
    record = record_read(state)
    assert record is not None
    return record


def test_a_version_that_reports_is_kept_and_ended_for_its_own_start(state: StateDir) -> None:
    told = f"trap 'touch {state.path}/ended; exit' TERM"  # before it reports: it may be ended at once
    record = staged(state, f"{told}\n{reporting(state, 'while :; do sleep 0.05; done')}")
    assert versions.trial(state, record, ["run"])
    assert now(state).state == CONFIRMED
    assert (state.path / "ended").exists()
    chosen = versions.chosen(state)
    assert chosen is not None
    assert chosen.version == "9.9.9"


def test_it_is_started_as_this_one_was_and_told_that_it_is_on_trial(state: StateDir) -> None:
    record = staged(state, f'echo "$@" > {state.path}/words\n' + reporting(state, "exit"))
    assert versions.trial(state, record, ["run", "--state-dir", "x"])
    assert (state.path / "words").read_text() == "-P -m engine_agent run --state-dir x --trial\n"
    assert versions.run_arguments(["run", "--trial", "--verbose"]) == ["run", "--verbose"]


@pytest.mark.parametrize(
    ("script", "seconds", "reason"),
    [
        ("echo no such module >&2; exit 3", 20.0, "it ended with 3. no such module"),
        ("sleep 60", 0.3, "it did not report within 0.3 s"),
    ],
)
def test_a_version_that_says_nothing_is_given_up(state: StateDir, script: str, seconds: float, reason: str) -> None:
    assert not versions.trial(state, staged(state, script, seconds=seconds), ["run"])
    record = now(state)
    assert record.state == FAILED
    assert record.reason.startswith(reason)
    assert versions.chosen(state) is None
    assert versions.pending(state) is None


def test_a_version_that_cannot_be_started_is_given_up(state: StateDir) -> None:
    record = staged(state, "exit")
    Path(record.python).unlink()
    assert not versions.trial(state, record, ["run"])
    assert "could not be started" in now(state).reason


def test_a_trial_that_was_cut_short_is_not_tried_again(state: StateDir) -> None:
    record_write(state, staged(state, "exit"), state=TRIAL)
    assert versions.pending(state) is None
    versions.interrupted(state)
    assert now(state).state == FAILED


def test_only_a_new_version_that_is_this_one_confirms_itself(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    record = record_write(state, staged(state, "exit"), state=TRIAL)
    versions.confirm(state)
    assert now(state).state == TRIAL
    monkeypatch.setattr(sys, "prefix", str(record.folder))
    versions.confirm(state)
    assert now(state).state == CONFIRMED
    assert versions.chosen(state) is None


@pytest.mark.parametrize("version", ["0.0.1", "9.9.9"])
def test_a_newer_one_installed_beside_it_wins(state: StateDir, version: str) -> None:
    record_write(state, staged(state, "exit", version=version), state=CONFIRMED)
    assert (versions.chosen(state) is not None) is (version == "9.9.9")


def test_a_confirmed_version_that_was_removed_is_passed_over(state: StateDir) -> None:
    record = record_write(state, staged(state, "exit"), state=CONFIRMED)
    Path(record.python).unlink()
    assert versions.chosen(state) is None


def test_what_is_not_needed_any_more_is_removed(state: StateDir) -> None:
    record_write(state, staged(state, "exit"), state=CONFIRMED)
    (state.path / "versions" / "older").mkdir()
    (state.path / "updates").mkdir()
    tidy(state)
    assert [folder.name for folder in (state.path / "versions").iterdir()] == ["abc"]
    assert not (state.path / "updates").exists()


def test_a_record_of_another_version_is_read_as_far_as_it_is_known(state: StateDir) -> None:
    record = msgspec.to_builtins(staged(state, "exit")) | {"new": 1}
    record_path(state).write_bytes(msgspec.json.encode(record))
    assert now(state).version == "9.9.9"
    record_path(state).write_text("{")
    assert record_read(state) is None


@pytest.mark.parametrize(
    ("older", "newer"), [("0.1.0", "0.1.1"), ("0.9", "0.10"), ("1.0.0", "1.0.0.1"), ("1.0+local", "1.1")]
)
def test_versions_compare_by_number(older: str, newer: str) -> None:
    assert versions.number_of(older) < versions.number_of(newer)
