"""The agent killed at every single point of a deployment; the next carries on: done once, nothing left over."""

from pathlib import Path

import pytest

from engine_agent.protocol.bodies import Deploy, VolumeSpec
from tests.agent.carrying import Papers, carry, carry_killed
from tests.agent.wishes import container, deploy
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour

# More points than any of these deployments has requests (the looks while settling are beyond counting).
POINTS = range(30)


async def prepared(folder: Path) -> SimEngine:
    """An engine on which the application runs already."""
    sim = SimEngine(folder / "engine.sock")
    sim.world.add_image("web:1")
    sim.world.add_image("web:2")
    sim.world.add_image("crash:1", Behaviour(exits=0.0, exit_code=3, log=b"fatal\n"))
    await sim.start()
    outcome = await carry(sim, deploy(container(port=8080), container("old"), settle_seconds=0.0), Papers("before"))
    assert outcome.outcome == "succeeded", outcome
    sim.requests.clear()
    return sim


def change(image: str) -> Deploy:
    """web changes and keeps its port, old goes, worker and a volume come."""
    return deploy(
        container(port=8080, image=image, config_hash="two"),
        container("worker", image="web:2", depends_on={"shop-web-1": "started"}),
        volumes=(VolumeSpec("shop_data", {}),),
        settle_seconds=0.0,
    )


def picture(sim: SimEngine) -> dict[str, tuple[str, bool]]:
    """name -> image and whether it runs."""
    return {c.name: (c.image.reference, c.running) for c in sim.world.containers.values()}


@pytest.mark.parametrize("point", POINTS)
async def test_killed_on_the_way_to_success(tmp_path: Path, point: int) -> None:
    async with await prepared(tmp_path) as sim:
        papers = Papers("change")
        killed = await carry_killed(sim, change("web:2"), papers, after=point)
        if killed:
            outcome = await carry(sim, change("web:2"), papers)
            assert outcome.outcome == "succeeded", outcome
        assert picture(sim) == {"shop-web-1": ("web:2", True), "shop-worker-1": ("web:2", True)}
        assert sim.asked("POST /containers/create") == 2, "each container was created once"
        assert "shop_data" in sim.world.volumes


@pytest.mark.parametrize("point", POINTS)
async def test_killed_on_the_way_to_failure_and_back(tmp_path: Path, point: int) -> None:
    async with await prepared(tmp_path) as sim:
        before = picture(sim)
        ids = set(sim.world.containers)
        papers = Papers("change")
        killed = await carry_killed(sim, change("crash:1"), papers, after=point)
        if killed:
            outcome = await carry(sim, change("crash:1"), papers)
            assert outcome.outcome == "rolled_back", outcome
        assert picture(sim) == before
        assert set(sim.world.containers) == ids
        assert "shop_data" not in sim.world.volumes


@pytest.mark.parametrize("point", range(0, 30, 2))
async def test_killed_and_cancelled_meanwhile(tmp_path: Path, point: int) -> None:
    """The portal cancels while the agent is away: the next process only goes back."""
    async with await prepared(tmp_path) as sim:
        before = picture(sim)
        papers = Papers("change")
        if not await carry_killed(sim, change("web:2"), papers, after=point):
            return
        replaced = "web:2" in {image for image, _ in picture(sim).values()} and len(picture(sim)) == 2
        papers.is_cancelled = lambda: True
        outcome = await carry(sim, change("web:2"), papers)
        assert outcome.outcome == "cancelled"
        if not replaced:
            assert {name for name, _ in before.items()} >= set(picture(sim))


@pytest.mark.parametrize("point", POINTS)
async def test_the_engine_cut_off_at_every_point(tmp_path: Path, point: int) -> None:
    """One request in the middle gets no answer: the engine was restarted, say."""
    async with await prepared(tmp_path) as sim:
        asked = 0
        world_cut = sim._answered

        async def cut_one(request: object, body: bytes) -> object:
            nonlocal asked
            asked += 1
            answer = await world_cut(request, body)  # type: ignore[arg-type]
            return None if asked == point + 1 else answer

        sim._answered = cut_one  # type: ignore[method-assign,assignment]
        outcome = await carry(sim, change("web:2"), Papers("change"))
        assert outcome.outcome == "succeeded", outcome
        assert picture(sim) == {"shop-web-1": ("web:2", True), "shop-worker-1": ("web:2", True)}
