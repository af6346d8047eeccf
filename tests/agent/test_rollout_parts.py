"""A rollout's commands on one host: images first, a batch at a time, kept or put back in the end."""

from typing import Any

import msgspec
import pytest

from engine_agent.protocol.bodies import Conclude, ContainerSpec, Deploy, ImageSpec, Prepare
from tests.agent.carrying import Papers, carry
from tests.agent.wishes import NETWORK, PROJECT, container, deploy
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour

ORDERS = ("start-first", "stop-first")
NAMES = ("shop-web-1", "shop-web-2")


@pytest.fixture
def sim(sim_engine: SimEngine) -> SimEngine:
    world = sim_engine.world
    world.add_image("web:1")
    world.add_image("web:2")
    world.add_image("sick:1", Behaviour(healthy=0.05, health="unhealthy", log=b"no database\n"))
    return sim_engine


def replicas(image: str, **more: Any) -> tuple[ContainerSpec, ...]:
    """Two replicas of web."""
    made = container(image=image, config_hash=image, **more)
    return (made, msgspec.structs.replace(made, name=NAMES[1], number=2))


def part(image: str, *names: str, order: str = "", **more: Any) -> Deploy:
    """A batch of the rollout to `image`."""
    return deploy(*replicas(image, order=order), only=names, hold=True, **more)


def seen(sim: SimEngine) -> dict[str, str]:
    """Name -> image of what runs; what gave way is called so."""
    return {
        ("aside" if c.name not in NAMES else c.name) + ("" if c.running else " stopped"): c.image.reference
        for c in sim.world.containers.values()
    }


async def before(sim: SimEngine) -> None:
    assert (await carry(sim, deploy(*replicas("web:1")), Papers("old"))).outcome == "succeeded"


async def test_images_come_and_nothing_is_touched(sim: SimEngine) -> None:
    await before(sim)
    papers = Papers("pull")
    wish = Prepare(PROJECT, (ImageSpec("web:2"),), {"web:2": "web"})
    outcome = await carry(sim, wish, papers)
    assert (outcome.outcome, outcome.result) == ("succeeded", {"images": ["web:2"]})
    assert papers.steps["pull:web"].state == "done"
    assert set(seen(sim).values()) == {"web:1"}
    wish = Prepare(PROJECT, (ImageSpec("none:1", pull="never"),))
    assert (await carry(sim, wish, Papers("pull-2"))).code == "image-not-found"


async def test_a_batch_touches_its_own_containers_and_keeps_what_gave_way(sim: SimEngine) -> None:
    await before(sim)
    outcome = await carry(sim, part("web:2", NAMES[0]), Papers("new"))
    assert outcome.outcome == "succeeded"
    assert seen(sim) == {"shop-web-1": "web:2", "aside": "web:1", "shop-web-2": "web:1"}
    assert sorted(outcome.result["ran"].values()) == [True, True]


@pytest.mark.parametrize(
    ("order", "aside"), [("", "aside"), ("start-first", "aside stopped"), ("stop-first", "aside stopped")]
)
async def test_an_order_stops_what_gave_way_once_the_new_one_is_well(sim: SimEngine, order: str, aside: str) -> None:
    await before(sim)
    papers = Papers("new")
    await carry(sim, part("web:2", NAMES[0], order=order), papers)
    assert aside in seen(sim)
    told = [key for key, state in papers.states if state == "done"]
    if order == "stop-first":
        assert told.index("stop:shop-web-1") < told.index("start:shop-web-1")
    if order == "start-first":
        assert told.index("settle:shop-web-1") < told.index("stop:shop-web-1")


async def rolled(sim: SimEngine, *, second: str = "web:2", **more: Any) -> tuple[str, dict[str, bool]]:
    """Both batches of a rollout; the outcome of the second one and what ran before."""
    await before(sim)
    first = await carry(sim, part("web:2", NAMES[0]), Papers("new"))
    ran = first.result["ran"]
    wish = part(second, NAMES[1], run="new", ran=ran, **more)
    return (await carry(sim, wish, Papers("new-2"))).outcome, ran


async def test_at_the_good_end_what_gave_way_goes(sim: SimEngine) -> None:
    outcome, ran = await rolled(sim)
    assert outcome == "succeeded"
    wish = Conclude(PROJECT, "new", keep=True, names=NAMES, ran=ran)
    for command in ("keep", "keep-again"):
        assert (await carry(sim, wish, Papers(command))).outcome == "succeeded"
        assert seen(sim) == {"shop-web-1": "web:2", "shop-web-2": "web:2"}


async def test_at_the_good_end_fewer_replicas_are_left(sim: SimEngine) -> None:
    await before(sim)
    await carry(sim, Conclude(PROJECT, "", keep=True, names=(NAMES[0],)), Papers("keep"))
    assert seen(sim) == {"shop-web-1": "web:1"}


async def test_put_back_is_all_as_before(sim: SimEngine) -> None:
    _, ran = await rolled(sim)
    for command in ("back", "back-again"):
        assert (await carry(sim, Conclude(PROJECT, "new", keep=False, ran=ran), Papers(command))).outcome == "succeeded"
        assert seen(sim) == {"shop-web-1": "web:1", "shop-web-2": "web:1"}


async def test_a_first_rollout_put_back_leaves_nothing(sim: SimEngine) -> None:
    await carry(sim, part("web:2", NAMES[0]), Papers("new"))
    await carry(sim, Conclude(PROJECT, "new", keep=False), Papers("back"))
    assert seen(sim) == {}
    assert NETWORK not in sim.world.networks


async def test_a_later_batch_that_fails_puts_the_earlier_ones_back(sim: SimEngine) -> None:
    outcome, _ = await rolled(sim, second="sick:1", settle_seconds=0.3)
    assert outcome == "rolled_back"
    assert seen(sim) == {"shop-web-1": "web:1", "shop-web-2": "web:1"}


async def test_stay_leaves_everything_as_it_is(sim: SimEngine) -> None:
    outcome, _ = await rolled(sim, second="sick:1", stay=True, settle_seconds=0.3)
    assert outcome == "failed"
    assert seen(sim)["shop-web-2"] == "sick:1"
    assert seen(sim)["shop-web-1"] == "web:2"


async def test_a_cancel_puts_back_also_where_it_would_stay(sim: SimEngine) -> None:
    await before(sim)
    papers = Papers("new")
    papers.is_cancelled = lambda: True
    outcome = await carry(sim, part("web:2", NAMES[0], stay=True), papers)
    assert (outcome.outcome, outcome.result["ran"]) == ("cancelled", {})
    assert set(seen(sim).values()) == {"web:1"}


async def test_the_rest_between_batches_is_told(sim: SimEngine) -> None:
    papers = Papers("new")
    await carry(sim, part("web:2", NAMES[0], wait=0.05), papers)
    assert papers.steps["rest:new"].title == "Wait 0.05 s before the next batch"
    assert papers.steps["rest:new"].state == "done"


async def test_with_start_first_the_previous_one_answers_before_the_new_one_goes(sim: SimEngine) -> None:
    await before(sim)
    first = await carry(sim, part("web:2", NAMES[0], order="start-first"), Papers("new"))
    papers = Papers("back")
    wish = Conclude(PROJECT, "new", keep=False, ran=first.result["ran"], beside=NAMES)
    await carry(sim, wish, papers)
    told = [key for key, state in papers.states if state == "done"]
    assert told.index("early:shop-web-1") < next(i for i, key in enumerate(told) if key.startswith("remove:"))
    assert seen(sim) == {"shop-web-1": "web:1", "shop-web-2": "web:1"}
