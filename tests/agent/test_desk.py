"""The desk: each command once, whatever comes twice, late or in the wrong order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from engine_agent.journal import Journal
from engine_agent.protocol.bodies import CommandBody, ContainerAction, RemoveProject
from engine_agent.protocol.messages import (
    CommandAccepted,
    CommandCancel,
    CommandFinished,
    CommandProgress,
    CommandSend,
    FromAgent,
    ResultAck,
)
from engine_agent.work.desk import AT_ONCE, Desk, Order
from engine_agent.work.outcome import ATTEMPT_STRIDE, Failure, Outcome

STOP = ContainerAction("c1", "stop")


class Worker:
    """Carries commands out by noting them; `gate` holds them while it is cleared."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.outcome = Outcome()
        self.fault: Exception | None = None
        self.busy = 0
        self.most_busy = 0

    async def carry_out(self, order: Order) -> Outcome:
        self.orders.append(order)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            await self.gate.wait()
        finally:
            self.busy -= 1
        if self.fault is not None:
            raise self.fault
        return self.outcome

    @property
    def ids(self) -> list[str]:
        return [order.id for order in self.orders]


class Posted:
    """What the desk says."""

    def __init__(self) -> None:
        self.messages: list[FromAgent] = []

    def post(self, message: FromAgent, alone: bool) -> None:
        self.messages.append(message)

    def of(self, kind: type) -> list[FromAgent]:
        return [message for message in self.messages if isinstance(message, kind)]


OpenDesk = Callable[[], AbstractAsyncContextManager[Desk]]


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
def open_desk(tmp_path: Path, worker: Worker, posted: Posted) -> OpenDesk:
    """A desk over the same journal each time; leaving the block stops it as a process ends."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Desk]:
        journal = Journal(tmp_path / "journal.sqlite3")
        desk = Desk(journal, worker.carry_out, posted.post)
        task = asyncio.create_task(desk.run())
        try:
            yield desk
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            journal.close()

    return opened


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110  (the desk has no event for tests)
            await asyncio.sleep(0.005)


def send(command: str = "1", body: CommandBody = STOP, *, ttl: float = 60.0) -> CommandSend:
    return CommandSend(command, body, ttl)


async def test_a_command_is_accepted_then_done_then_told(open_desk: OpenDesk, worker: Worker, posted: Posted) -> None:
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: posted.of(CommandFinished))
    assert [type(message) for message in posted.messages] == [CommandAccepted, CommandFinished]
    assert worker.ids == ["1"]


async def test_the_same_id_again_has_no_second_effect(open_desk: OpenDesk, worker: Worker, posted: Posted) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        for _ in range(5):
            desk.take(send())
        await until(lambda: len(posted.of(CommandAccepted)) == 5)
        worker.gate.set()
        await until(lambda: posted.of(CommandFinished))
        desk.take(send())
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    assert worker.ids == ["1"]


async def test_not_even_after_it_was_acknowledged_and_the_agent_restarted(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: posted.of(CommandFinished))
        desk.take(ResultAck("1"))
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    assert worker.ids == ["1"]


async def test_an_unfinished_command_is_carried_on_by_the_next_process(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: worker.orders)
        await worker.orders[0].keep(b"noted")
    assert posted.of(CommandFinished) == []
    worker.gate.set()
    async with open_desk():
        await until(lambda: posted.of(CommandFinished))
    first, second = worker.orders
    assert (first.attempt, second.attempt, second.notes) == (1, 2, b"noted")
    assert second.started == pytest.approx(first.started)


async def test_an_end_is_told_on_every_connection_until_acknowledged(open_desk: OpenDesk, posted: Posted) -> None:
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: posted.of(CommandFinished))
        assert CommandFinished("1", "succeeded") in desk.backlog()
    async with open_desk() as desk:
        await until(desk.backlog)
        assert CommandFinished("1", "succeeded") in desk.backlog()
        desk.take(ResultAck("1"))
        await until(lambda: not desk.backlog())
    async with open_desk() as desk:
        await asyncio.sleep(0.05)
        assert desk.backlog() == []


async def test_a_command_not_begun_before_its_expiry_does_nothing(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    async with open_desk() as desk:
        desk.take(send(ttl=-1.0))
        await until(lambda: posted.of(CommandFinished))
    (end,) = posted.of(CommandFinished)
    assert isinstance(end, CommandFinished)
    assert (end.outcome, end.code) == ("expired", "expired")
    assert worker.orders == []


async def test_a_command_that_was_begun_is_finished_although_it_expired(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send(ttl=0.2))
        await until(lambda: worker.orders)
    await asyncio.sleep(0.25)
    worker.gate.set()
    async with open_desk():
        await until(lambda: posted.of(CommandFinished))
    assert posted.of(CommandFinished) == [CommandFinished("1", "succeeded")]


async def test_cancelling_what_runs_stops_it(open_desk: OpenDesk, worker: Worker, posted: Posted) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: worker.orders)
        desk.take(CommandCancel("1"))
        await until(lambda: posted.of(CommandFinished))
    assert posted.of(CommandFinished) == [CommandFinished("1", "cancelled")]


async def test_cancelling_what_waits_means_it_is_never_begun(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send("1"))
        desk.take(send("2"))
        await until(lambda: len(posted.of(CommandAccepted)) == 2)
        desk.take(CommandCancel("2"))
        await until(lambda: posted.of(CommandFinished))
        worker.gate.set()
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    assert worker.ids == ["1"]


async def test_a_cancel_that_overtakes_its_command_still_holds(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    async with open_desk() as desk:
        desk.take(CommandCancel("1"))
        await until(lambda: posted.of(CommandFinished))
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    assert worker.orders == []
    assert {getattr(end, "outcome", "") for end in posted.of(CommandFinished)} == {"cancelled"}


async def test_a_cancel_survives_a_restart(open_desk: OpenDesk, worker: Worker, posted: Posted, tmp_path: Path) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: worker.orders)
    journal = Journal(tmp_path / "journal.sqlite3")
    journal.cancel("1")
    journal.close()
    async with open_desk():
        await until(lambda: len(worker.orders) == 2)
        assert worker.orders[1].cancelled()


async def test_cancelling_what_has_ended_tells_its_end(open_desk: OpenDesk, posted: Posted) -> None:
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: posted.of(CommandFinished))
        desk.take(CommandCancel("1"))
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    assert set(map(str, posted.of(CommandFinished))) == {str(CommandFinished("1", "succeeded"))}


async def test_commands_for_one_container_take_turns(open_desk: OpenDesk, worker: Worker, posted: Posted) -> None:
    async with open_desk() as desk:
        for number in range(5):
            desk.take(send(str(number)))
        await until(lambda: len(posted.of(CommandFinished)) == 5)
    assert worker.ids == ["0", "1", "2", "3", "4"]
    assert worker.most_busy == 1


async def test_different_projects_run_beside_each_other_within_a_bound(open_desk: OpenDesk, worker: Worker) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        for number in range(AT_ONCE + 4):
            desk.take(send(str(number), RemoveProject(f"project-{number}")))
        await until(lambda: worker.busy == AT_ONCE)
        await asyncio.sleep(0.05)
        assert worker.busy == AT_ONCE
        worker.gate.set()
        await until(lambda: not desk.open)
    assert worker.most_busy == AT_ONCE


async def test_a_failure_is_told_in_full(open_desk: OpenDesk, worker: Worker, posted: Posted) -> None:
    worker.outcome = Failure("It broke", "broken", log_tail="last words").outcome()
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: posted.of(CommandFinished))
    assert posted.of(CommandFinished) == [CommandFinished("1", "failed", "It broke", "broken", "last words")]


async def test_a_fault_of_the_agent_ends_the_command_and_not_the_agent(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    worker.fault = RuntimeError("a bug")
    async with open_desk() as desk:
        desk.take(send("1"))
        await until(lambda: posted.of(CommandFinished))
        worker.fault = None
        desk.take(send("2"))
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    first, second = posted.of(CommandFinished)
    assert isinstance(first, CommandFinished)
    assert (first.outcome, first.code) == ("failed", "agent-fault")
    assert second == CommandFinished("2", "succeeded")


async def test_what_cannot_be_journalled_is_not_done(
    open_desk: OpenDesk, worker: Worker, posted: Posted, tmp_path: Path
) -> None:
    async with open_desk() as desk:
        desk.take(CommandCancel("another"))
        await until(lambda: posted.of(CommandFinished))
        desk._journal.close()  # as a disk that fails
        desk.take(send())
        await until(lambda: len(posted.of(CommandFinished)) == 2)
    _, end = posted.of(CommandFinished)
    assert isinstance(end, CommandFinished)
    assert end.code == "journal-unwritable"
    assert worker.orders == []


async def test_reports_of_a_later_attempt_are_numbered_above_the_earlier(
    open_desk: OpenDesk, worker: Worker, posted: Posted
) -> None:
    worker.gate.clear()
    async with open_desk() as desk:
        desk.take(send())
        await until(lambda: worker.orders)
        worker.orders[0].reporter.step("a", "A", "running")
    async with open_desk():
        await until(lambda: len(worker.orders) == 2)
        worker.orders[1].reporter.step("a", "A", "done")
        worker.gate.set()
    numbers = [m.sequence for m in posted.messages if isinstance(m, CommandProgress)]
    assert numbers == sorted(numbers)
    assert numbers[0] < ATTEMPT_STRIDE < numbers[-1]
