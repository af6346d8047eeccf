"""The journal: on the disk before anything is done, there again after any crash, and silent about secrets."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_agent.journal import REMEMBER_SECONDS, Entry, Journal
from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import ContainerAction, Deploy, ImageSpec
from engine_agent.protocol.messages import CommandFinished, CommandProgress

STOP = ContainerAction("c1", "stop", 5)
DONE = CommandFinished("one", "succeeded", result={"n": 1})
REPORTS = (CommandProgress("one", 7, (), (("info", "pulled"),)),)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


def entry(command: str = "one", *, received: float = 100.0) -> Entry:
    return Entry(command, STOP, received=received, deadline=received + 60.0)


def test_what_is_added_is_there_for_the_next_process(path: Path, journal: Journal) -> None:
    journal.add(entry())
    second = Journal(path)  # as after kill -9: nothing was closed
    assert second.get("one") == entry()
    second.close()


def test_an_unknown_id_is_unknown(journal: Journal) -> None:
    assert journal.get("one") is None


def test_an_id_is_taken_in_once(journal: Journal) -> None:
    journal.add(entry())
    with pytest.raises(sqlite3.IntegrityError):
        journal.add(entry())


def test_attempts_are_counted_and_the_first_start_is_kept(journal: Journal) -> None:
    journal.add(entry())
    journal.begin("one", 110.0)
    journal.begin("one", 120.0)
    known = journal.get("one")
    assert known is not None
    assert (known.attempts, known.started) == (2, 110.0)


def test_notes_survive(path: Path, journal: Journal) -> None:
    journal.add(entry())
    journal.note("one", b"what ran before")
    second = Journal(path)
    known = second.get("one")
    second.close()
    assert known is not None
    assert known.notes == b"what ran before"


def test_a_cancel_survives(path: Path, journal: Journal) -> None:
    journal.add(entry())
    journal.cancel("one")
    second = Journal(path)
    known = second.get("one")
    second.close()
    assert known is not None
    assert known.cancelled


def test_an_end_is_kept_until_it_is_acknowledged(journal: Journal) -> None:
    journal.add(entry())
    journal.finish(DONE, REPORTS)
    (known,) = journal.unacknowledged()
    assert (known.finished, known.reports) == (DONE, REPORTS)
    journal.acknowledge("one", 200.0)
    assert journal.unacknowledged() == []


def test_an_acknowledged_id_is_still_known(journal: Journal) -> None:
    journal.add(entry())
    journal.finish(DONE, ())
    journal.acknowledge("one", 200.0)
    known = journal.get("one")
    assert known is not None
    assert known.finished == DONE


def test_an_acknowledgement_before_the_end_is_nothing(journal: Journal) -> None:
    journal.add(entry())
    journal.acknowledge("one", 200.0)
    assert [known.id for known in journal.unacknowledged()] == ["one"]


def test_open_commands_come_in_the_order_they_were_received(journal: Journal) -> None:
    for number, command in enumerate(("c", "a", "b")):
        journal.add(entry(command, received=100.0 + number))
    assert [known.id for known in journal.unacknowledged()] == ["c", "a", "b"]


def test_old_ids_are_forgotten_in_the_end(journal: Journal) -> None:
    for command in ("one", "two"):
        journal.add(entry(command))
        journal.finish(CommandFinished(command, "succeeded"), ())
    journal.acknowledge("one", 1000.0)
    journal.acknowledge("two", 1000.0 + REMEMBER_SECONDS + 1)
    assert journal.get("one") is None
    assert journal.get("two") is not None


def test_credentials_are_gone_from_the_file_after_the_end(path: Path, journal: Journal) -> None:
    secret = "correct-horse-battery"
    image = ImageSpec("r:5000/web:1", auth=RegistryAuth("r:5000", "u", secret))
    journal.add(Entry("one", Deploy("shop", (image,), (), (), ()), 100.0, 160.0))
    known = journal.get("one")
    assert known is not None
    assert isinstance(known.body, Deploy)
    journal.finish(DONE, ())
    after = journal.get("one")
    assert after is not None
    assert after.body is None


def test_only_the_owner_may_read_it(path: Path, journal: Journal) -> None:
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage", [b"this is no database, whatever its name says" * 100, b"SQLite format 3\0" + b"x" * 999]
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    journal = Journal(path)
    journal.add(entry())
    assert journal.get("one") is not None
    journal.close()
    assert [other.read_bytes() for other in path.parent.glob("*.damaged-*")] == [damage]


def test_a_process_killed_in_the_middle_of_writing_loses_nothing_that_was_confirmed(
    path: Path, journal: Journal
) -> None:
    journal.add(entry())
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("DELETE FROM commands")
    raw.close()  # never committed
    second = Journal(path)
    assert second.get("one") is not None
    second.close()
