"""Doing several things at once, and leaving none behind."""

import asyncio

import pytest

from engine_agent.together import together


class Jobs:
    """Jobs that note when they begin and end."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.busy = self.most = 0

    async def job(self, number: int, *, seconds: float = 0.01, fails: bool = False) -> None:
        self.begun.append(number)
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await asyncio.sleep(seconds)
            if fails:
                raise ValueError(f"job {number}")
        finally:
            self.busy -= 1
            self.ended.append(number)


async def test_all_are_done_so_many_at_a_time() -> None:
    jobs = Jobs()
    await together((jobs.job(number) for number in range(10)), at_once=3)
    assert sorted(jobs.ended) == list(range(10))
    assert jobs.most == 3


async def test_nothing_to_do() -> None:
    await together((), at_once=1)


async def test_the_first_failure_ends_the_others_and_is_raised() -> None:
    jobs = Jobs()
    work = [jobs.job(0, seconds=60), jobs.job(1, fails=True), jobs.job(2, seconds=60)]
    with pytest.raises(ValueError, match="job 1"):
        await together(work, at_once=2)
    assert (jobs.busy, 2 in jobs.begun) == (0, False)


async def test_cancelling_ends_all() -> None:
    jobs = Jobs()
    task = asyncio.create_task(together((jobs.job(number, seconds=60) for number in range(3)), at_once=3))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert jobs.busy == 0
    assert len(jobs.ended) == 3
