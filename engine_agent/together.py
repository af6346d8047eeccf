"""Doing several things at once, and leaving none behind."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def together(work: Iterable[Coroutine[Any, Any, None]], *, at_once: int) -> None:
    """Run all, `at_once` at a time. The first that raises ends the others; its error is raised when all have ended."""
    slots = asyncio.Semaphore(at_once)
    failed = False

    async def one(job: Coroutine[Any, Any, None]) -> None:
        nonlocal failed
        async with slots:
            if failed:
                return
            try:
                await job
            except BaseException:
                failed = True
                raise

    jobs = list(work)
    tasks = [asyncio.create_task(one(job)) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in jobs:
            job.close()  # those whose turn never came
