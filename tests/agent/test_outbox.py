"""The outgoing queue: in order, merged, bounded however slow the portal is."""

import asyncio

from engine_agent.outbox import MAX_LINES, Outbox, merged
from engine_agent.protocol.facts import HostFacts
from engine_agent.protocol.messages import (
    Answer,
    CommandAccepted,
    CommandFinished,
    CommandProgress,
    Delta,
    Facts,
    FromAgent,
    Heartbeat,
    Snapshot,
    StepReport,
)


def nothing() -> tuple[Snapshot | Delta | None, bool]:
    return None, False


def step(key: str, state: str, current: int = 0) -> StepReport:
    return StepReport(key, key, state, current=current)


async def drained(box: Outbox) -> list[FromAgent]:
    messages = []
    while len(box):
        messages.append(await box.get())
    return messages


async def test_messages_leave_in_order() -> None:
    box = Outbox(nothing)
    messages: list[FromAgent] = [CommandAccepted("1"), CommandFinished("1", "succeeded"), Answer("q")]
    for message in messages:
        box.put(message)
    assert await drained(box) == messages


async def test_progress_of_one_command_is_merged_and_stays_before_its_end() -> None:
    box = Outbox(nothing)
    box.put(CommandProgress("1", 1, (step("pull", "running", 10), step("start", "waiting")), (("info", "a"),)))
    box.put(CommandFinished("1", "succeeded"))
    box.put(CommandProgress("1", 2, (step("pull", "done", 99),), (("info", "b"),)))
    first, second = await drained(box)
    assert first == CommandProgress(
        "1", 2, (step("pull", "done", 99), step("start", "waiting")), (("info", "a"), ("info", "b"))
    )
    assert isinstance(second, CommandFinished)


async def test_progress_of_two_commands_is_not_mixed() -> None:
    box = Outbox(nothing)
    box.put(CommandProgress("1", 1))
    box.put(CommandProgress("2", 1))
    assert len(box) == 2


async def test_replayed_reports_stand_alone() -> None:
    box = Outbox(nothing)
    box.put(CommandProgress("1", 1, (), (("info", "a"),)), alone=True)
    box.put(CommandProgress("1", 2, (), (("info", "b"),)), alone=True)
    box.put(CommandProgress("1", 3, (), (("info", "c"),)))
    assert [m.sequence for m in await drained(box) if isinstance(m, CommandProgress)] == [1, 2, 3]


async def test_only_the_newest_facts_and_heartbeat_wait() -> None:
    box = Outbox(nothing)
    for number in range(100):
        box.put(Facts(HostFacts("alpha", str(number))))
        box.put(Heartbeat(number))
    assert await drained(box) == [Facts(HostFacts("alpha", "99")), Heartbeat(99)]


async def test_a_slow_portal_costs_no_memory() -> None:
    box = Outbox(lambda: (Delta(1), False))
    for number in range(10_000):
        box.put(CommandProgress("1", number, (step(f"layer{number % 7}", "running", number),), (("info", "x"),)))
        box.state_changed()
    assert len(box) == 2
    progress, state = await drained(box)
    assert isinstance(state, Delta)
    assert isinstance(progress, CommandProgress)
    assert (len(progress.steps), len(progress.lines)) == (7, MAX_LINES)


async def test_state_is_asked_for_when_its_turn_comes() -> None:
    states: list[tuple[Snapshot | Delta | None, bool]] = [(Snapshot(1, part=1, parts=2), True), (Snapshot(1), False)]
    box = Outbox(lambda: states.pop(0))
    box.state_changed()
    box.put(CommandAccepted("1"))
    messages = await drained(box)
    assert [type(message) for message in messages] == [Snapshot, CommandAccepted, Snapshot]


async def test_a_ticket_with_nothing_behind_it_is_passed_over() -> None:
    box = Outbox(nothing)
    box.state_changed()
    waiting = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    box.put(CommandAccepted("1"))
    assert await waiting == CommandAccepted("1")


def test_merging_keeps_the_last_lines() -> None:
    before = CommandProgress("1", 1, (), tuple(("info", str(n)) for n in range(MAX_LINES)))
    after = CommandProgress("1", 2, (), (("error", "last"),))
    assert merged(before, after).lines[-1] == ("error", "last")
    assert len(merged(before, after).lines) == MAX_LINES
