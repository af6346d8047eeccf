"""Commands for one thing take turns in their order; cleaning up begins when nothing else is under way."""

import asyncio

from engine_agent.work.turns import EVERYTHING, Turns


class Scene:
    """Work that runs until it is let go, by name."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: list[str] = []
        self._gates: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, subject: str) -> None:
        self._gates[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._work(name, subject))
        await self.rest()

    async def end(self, name: str) -> None:
        self._gates[name].set()
        await self.rest()

    async def rest(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _work(self, name: str, subject: str) -> None:
        async with self.turns.take(subject):
            self.begun.append(name)
            await self._gates[name].wait()


async def test_one_subject_one_after_the_other() -> None:
    scene = Scene()
    for name in ("first", "second", "third"):
        await scene.ask(name, "project shop")
    assert scene.begun == ["first"]
    await scene.end("first")
    assert scene.begun == ["first", "second"]
    await scene.end("second")
    await scene.end("third")
    assert scene.begun == ["first", "second", "third"]


async def test_different_subjects_beside_each_other() -> None:
    scene = Scene()
    await scene.ask("one", "project shop")
    await scene.ask("two", "container c1")
    assert scene.begun == ["one", "two"]


async def test_everything_waits_for_all_and_holds_nobody_back_meanwhile() -> None:
    scene = Scene()
    await scene.ask("deploy", "project shop")
    await scene.ask("prune", EVERYTHING)
    await scene.ask("stop", "container c1")
    assert scene.begun == ["deploy", "stop"]
    await scene.end("deploy")
    assert scene.begun == ["deploy", "stop"]
    await scene.end("stop")
    assert scene.begun == ["deploy", "stop", "prune"]


async def test_others_wait_while_everything_is_at_work() -> None:
    scene = Scene()
    await scene.ask("prune", EVERYTHING)
    await scene.ask("deploy", "project shop")
    await scene.ask("again", EVERYTHING)
    assert scene.begun == ["prune"]
    await scene.end("prune")
    assert scene.begun == ["prune", "deploy"]
    await scene.end("deploy")
    assert scene.begun == ["prune", "deploy", "again"]


async def test_who_leaves_the_line_is_not_waited_for() -> None:
    scene = Scene()
    for name in ("first", "second", "third"):
        await scene.ask(name, "project shop")
    scene.tasks["second"].cancel()
    await scene.end("first")
    assert scene.begun == ["first", "third"]
