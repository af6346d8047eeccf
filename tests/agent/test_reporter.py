"""Reports: at once when a state changes, bytes at most ten times a second, all lines, the last word always."""

import asyncio

import pytest

from engine_agent.protocol.messages import CommandProgress
from engine_agent.work.outcome import ATTEMPT_STRIDE, MAX_KEY, MAX_LINE, MAX_LINES, Reporter


class Told:
    def __init__(self, attempt: int = 0) -> None:
        self.reports: list[CommandProgress] = []
        self.reporter = Reporter("1", attempt, self.reports.append)

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(step.key, step.state) for report in self.reports for step in report.steps]


@pytest.fixture
async def told() -> Told:
    return Told()


async def test_a_change_of_state_goes_out_at_once(told: Told) -> None:
    told.reporter.step("start", "Start", "running")
    told.reporter.step("start", "Start", "done")
    assert told.states == [("start", "running"), ("start", "done")]


async def test_the_same_word_twice_is_said_once(told: Told) -> None:
    told.reporter.step("start", "Start", "running")
    told.reporter.step("start", "Start", "running")
    assert len(told.reports) == 1


async def test_bytes_are_gathered(told: Told) -> None:
    told.reporter.step("pull", "Pull", "running")
    for current in range(1000):
        told.reporter.step("pull", "Pull", "running", current=current, total=1000)
        told.reporter.step("pull:a", "a", "running", parent="pull", current=current, total=1000)
    assert len(told.reports) == 1
    await asyncio.sleep(0.15)
    assert len(told.reports) == 2
    assert {step.current for step in told.reports[-1].steps} == {999}


async def test_a_busy_pull_makes_ten_reports_a_second(told: Told) -> None:
    for current in range(50):
        told.reporter.step("pull:a", "a", "running", parent="pull", current=current)
        await asyncio.sleep(0.01)
    assert len(told.reports) <= 7


async def test_the_end_of_a_step_carries_what_waited(told: Told) -> None:
    told.reporter.step("pull:a", "a", "running", parent="pull", current=5)
    told.reporter.line("half way")
    told.reporter.step("pull", "Pull", "done")
    assert told.states == [("pull:a", "running"), ("pull", "done")]
    assert told.reports[0].lines == (("info", "half way"),)


async def test_numbers_count_up(told: Told) -> None:
    for number in range(5):
        told.reporter.step(str(number), "x", "done")
    assert [report.sequence for report in told.reports] == [1, 2, 3, 4, 5]


async def test_a_later_attempt_begins_above() -> None:
    told = Told(attempt=2)
    told.reporter.step("a", "A", "done")
    assert told.reports[0].sequence == 2 * ATTEMPT_STRIDE + 1


async def test_at_the_end_no_step_stays_open(told: Told) -> None:
    told.reporter.step("a", "A", "running")
    told.reporter.step("b", "B", "waiting")
    told.reporter.step("c", "C", "done")
    told.reporter.close("failed")
    assert told.states[-2:] == [("a", "failed"), ("b", "skipped")]


async def test_a_new_connection_hears_every_line_under_its_old_number_and_all_steps(told: Told) -> None:
    told.reporter.line("one")
    told.reporter.step("a", "A", "running")
    told.reporter.step("a", "A", "done")
    told.reporter.line("two")
    told.reporter.flush()
    *lines, steps = told.reporter.replay()
    assert [(report.sequence, report.lines) for report in lines] == [(1, (("info", "one"),)), (3, (("info", "two"),))]
    assert [(step.key, step.state) for step in steps.steps] == [("a", "done")]
    assert steps.sequence == 4


async def test_memory_is_bounded(told: Told) -> None:
    for number in range(MAX_LINES * 4):
        told.reporter.line(f"{number} " + "x" * MAX_LINE * 2)
        if number % 10 == 0:
            told.reporter.flush()
    kept = [line for report in told.reporter.replay() for line in report.lines]
    assert len(kept) <= MAX_LINES
    assert max(len(text) for _, text in kept) == MAX_LINE
    assert kept[-1][1].startswith(f"{MAX_LINES * 4 - 1} ")


async def test_keys_fit_the_portals_column(told: Told) -> None:
    told.reporter.step("pull:" + "x" * 500, "t" * 500, "running", parent="p" * 500)
    told.reporter.flush()
    (step,) = told.reports[0].steps
    assert max(len(step.key), len(step.parent)) == MAX_KEY
