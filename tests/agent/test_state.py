"""The state folder: whole files, a private key, and words for what is wrong with it."""

from pathlib import Path

import pytest

from engine_agent.problems import NotEnrolled, StateUnusable
from engine_agent.state import Enrolled, StateDir, Status

ENROLLED = Enrolled("https://portal.example", "host-1", "alpha", "crew", "unix:///run/docker.sock", True)


def test_a_key_is_made_once(state: StateDir) -> None:
    first = state.key()
    assert len(first) == 32
    assert state.key() == first == state.known_key()
    assert state.key(new=True) != first


def test_without_a_key_the_way_to_one_is_told(state: StateDir) -> None:
    with pytest.raises(NotEnrolled) as caught:
        state.known_key()
    assert "Add a host" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "junk", "ab" * 31, "ab" * 33, "é"])
def test_a_damaged_key(state: StateDir, content: str) -> None:
    (state.path / "identity.key").write_text(content)
    with pytest.raises(StateUnusable):
        state.known_key()


def test_what_enrolment_settled(state: StateDir) -> None:
    state.save_enrolled(ENROLLED)
    assert state.enrolled() == ENROLLED


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"portal": 1}'])
def test_a_damaged_enrolment(state: StateDir, content: str) -> None:
    (state.path / "agent.json").write_text(content)
    with pytest.raises(StateUnusable):
        state.enrolled()


def test_a_status_that_is_missing_or_damaged_is_none(state: StateDir) -> None:
    assert state.status() is None
    status = Status(1, "0.1.0", "https://portal.example", "connected", 5.0)
    state.save_status(status)
    assert state.status() == status
    (state.path / "status.json").write_text("{")
    assert state.status() is None


def test_no_half_written_file_is_left(state: StateDir) -> None:
    for _ in range(3):
        state.save_enrolled(ENROLLED)
        state.key(new=True)
    assert {path.name for path in state.path.iterdir()} == {"agent.json", "identity.key", "spool"}


def test_a_folder_that_cannot_be_written_is_told_and_status_is_let_go(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "nowhere")
    with pytest.raises(StateUnusable, match="cannot be written"):
        state.save_enrolled(ENROLLED)
    state.save_status(Status(1, "0.1.0", "", "waiting", 0.0))


def test_one_agent_per_folder(state: StateDir) -> None:
    assert not state.running()
    state.lock()
    assert state.running()
    with pytest.raises(StateUnusable, match="Another agent"):
        state.lock()
