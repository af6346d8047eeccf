"""The disk of the agent is full: what was taken in is ended once and stays ended, and nothing further is taken in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine_agent.agent import Agent
from engine_agent.journal import Entry, Journal
from engine_agent.policy import PolicyFile
from engine_agent.protocol.bodies import RemoveProject
from engine_agent.protocol.facts import HostFacts
from engine_agent.protocol.messages import CommandAccepted, CommandCancel, CommandFinished, CommandSend, ResultAck
from engine_agent.reserve import RESERVE_BYTES, Reserve
from engine_agent.state import Enrolled, StateDir
from engine_agent.work.desk import Desk
from tests.agent.test_desk import Posted, Worker, until
from tests.lab.disk import Disk, start_disk
from tests.sim.engine import SimEngine


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Room for a journal, and for what is set aside."""
    with start_disk(4) as small:
        yield small


@contextlib.asynccontextmanager
async def desk_on(disk: Disk, worker: Worker, posted: Posted) -> AsyncIterator[Desk]:
    """A desk as a process has it: the journal is read anew each time, and not closed before it ends."""
    journal = Journal(disk.root / "journal.sqlite3")
    desk = Desk(journal, worker.carry_out, posted.post)
    task = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        journal.close()


def send(command: str) -> CommandSend:
    return CommandSend(command, RemoveProject(f"project-{command}"), 60.0)


def ends(posted: Posted, command: str) -> list[CommandFinished]:
    return [end for end in posted.of(CommandFinished) if isinstance(end, CommandFinished) and end.id == command]


def open_in(path: Path) -> list[str]:
    """What a next process would carry on with."""
    journal = Journal(path)
    try:
        return [entry.id for entry in journal.unacknowledged() if entry.finished is None]
    finally:
        journal.close()


async def test_what_runs_when_it_fills_is_ended_once_and_not_begun_again(disk: Disk) -> None:
    worker, posted = Worker(), Posted()
    worker.gate.clear()
    async with desk_on(disk, worker, posted) as desk:
        desk.take(send("1"))
        await until(lambda: worker.orders)
        disk.fill()
        worker.gate.set()
        await until(lambda: ends(posted, "1"))
        desk.take(ResultAck("1"))
        desk.take(CommandCancel("1"))  # answered after the acknowledgement was handled
        await until(lambda: len(ends(posted, "1")) == 2)
    async with desk_on(disk, worker, posted) as desk:  # still full
        assert desk.backlog() == []
    disk.free()
    async with desk_on(disk, worker, posted) as desk:
        desk.take(send("2"))
        await until(lambda: ends(posted, "2"))
    assert worker.ids == ["1", "2"]
    assert {end.outcome for end in ends(posted, "1")} == {"succeeded"}


async def test_nothing_is_taken_in_while_it_is_full_and_everything_once_it_is_not(disk: Disk) -> None:
    worker, posted = Worker(), Posted()
    async with desk_on(disk, worker, posted) as desk:
        (disk.root / "reserve").unlink()
        disk.fill()
        desk.take(send("1"))
        await until(lambda: ends(posted, "1"))
        assert (ends(posted, "1")[0].code, worker.ids) == ("journal-unwritable", [])
        assert "disk" in ends(posted, "1")[0].error
        assert posted.of(CommandAccepted) == []
        disk.free()
        desk.take(send("2"))
        await until(lambda: ends(posted, "2"))
    assert worker.ids == ["2"]
    assert (disk.root / "reserve").stat().st_size == RESERVE_BYTES


async def test_what_waits_its_turn_when_it_fills_is_said_not_to_be_done(disk: Disk) -> None:
    worker, posted = Worker(), Posted()
    worker.gate.clear()
    async with desk_on(disk, worker, posted) as desk:
        desk.take(send("1"))
        desk.take(CommandSend("behind", RemoveProject("project-1"), 60.0))
        await until(lambda: len(posted.of(CommandAccepted)) == 2)
        await until(lambda: worker.orders)
        desk._journal.begin = refuse  # type: ignore[method-assign]
        worker.gate.set()
        await until(lambda: ends(posted, "behind"))
    assert worker.ids == ["1"]
    assert ends(posted, "behind")[0].code == "journal-unwritable"


def refuse(command: str, at: float) -> None:
    raise OSError(28, "No space left on device")


async def test_a_cancel_holds_on_a_full_disk(disk: Disk) -> None:
    worker, posted = Worker(), Posted()
    worker.gate.clear()
    async with desk_on(disk, worker, posted) as desk:
        desk.take(send("1"))
        await until(lambda: worker.orders)
        disk.fill()
        desk.take(CommandCancel("1"))
        desk.take(CommandCancel("to come"))
        await until(lambda: ends(posted, "1") and ends(posted, "to come"))
    assert {end.outcome for end in (*ends(posted, "1"), *ends(posted, "to come"))} == {"cancelled"}
    assert open_in(disk.root / "journal.sqlite3") == []


async def test_an_end_that_does_not_fit_anywhere_is_written_as_soon_as_it_does(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine_agent.work.desk.WRITE_AGAIN_SECONDS", 0.05)
    worker, posted = Worker(), Posted()
    worker.gate.clear()
    path = disk.root / "journal.sqlite3"
    async with desk_on(disk, worker, posted) as desk:
        desk.take(send("1"))
        await until(lambda: worker.orders)
        (disk.root / "reserve").unlink()
        disk.fill()
        limit(desk._journal)
        worker.gate.set()
        await until(lambda: ends(posted, "1"))
        desk.take(ResultAck("1"))
        await until(lambda: desk.backlog() == [])
        disk.free()
        unlimit(desk._journal)
        await until(lambda: not desk._ends.unwritten)
    assert open_in(path) == []
    assert worker.ids == ["1"]


def limit(journal: Journal) -> None:
    """The journal may not grow by a page, nor write: as when even its log has no room."""
    journal._db.execute("PRAGMA query_only = 1")


def unlimit(journal: Journal) -> None:
    journal._db.execute("PRAGMA query_only = 0")


async def test_the_portal_is_told_that_the_disk_is_full_and_that_it_is_not(
    disk: Disk, sim_engine: SimEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine_agent.agent.DISK_FULL_BYTES", 1 << 20)
    told: list[HostFacts] = []
    state = StateDir(disk.root / "state")
    state.prepare()
    enrolled = Enrolled("http://127.0.0.1:9", "host-1", "alpha", "crew", sim_engine.address)
    agent = Agent(state, enrolled, state.key(), policy=PolicyFile(state.path / "none.toml"))
    agent.mirror._ping_seconds = 0.05
    agent.mirror._facts_changed = told.append
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    try:
        await until(lambda: told)
        disk.fill()
        await until(lambda: told[-1].agent_disk_full)
        disk.free()
        await until(lambda: not told[-1].agent_disk_full)
    finally:
        stop.set()
        await task
    assert told[0].agent_disk_full is False


def test_the_journal_opens_on_a_full_disk_with_what_was_set_aside(disk: Disk) -> None:
    path = disk.root / "journal.sqlite3"
    journal = Journal(path)
    journal.add(Entry("1", RemoveProject("shop"), received=1.0, deadline=2.0))
    journal.close()
    disk.fill()
    again = Journal(path)
    again.finish(CommandFinished("1", "succeeded"), ())
    again.acknowledge("1", 3.0)
    assert again.unacknowledged() == []
    with pytest.raises(OSError, match="No space"):
        again.add(Entry("2", RemoveProject("shop"), received=1.0, deadline=2.0))
    again.close()


def test_what_is_set_aside_is_there_whole_or_not_at_all(disk: Disk) -> None:
    reserve = Reserve(disk.root / "reserve")
    assert reserve.release() is False
    disk.fill()
    with pytest.raises(OSError, match="No space"):
        reserve.fill()
    assert sorted(one.name for one in disk.root.iterdir()) == ["ballast"]
    disk.free()
    reserve.fill()
    reserve.fill()
    assert [(one.name, one.stat().st_size) for one in disk.root.iterdir()] == [("reserve", RESERVE_BYTES)]
    assert reserve.release() is True
