"""A deployment carried out: what runs afterwards, what was told, and how failures end."""

import asyncio

import msgspec
import pytest

from engine_agent.engine import Engine
from engine_agent.protocol.bodies import ImageSpec, NetworkSpec, RemoveProject, VolumeSpec
from engine_agent.reconcile import COMMAND_LABEL, PROJECT_LABEL
from engine_agent.work.deploy import Run, deploy_carry_out
from tests.agent.carrying import Papers, carry, no_fetch
from tests.agent.wishes import NETWORK, PROJECT, container, deploy
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour


@pytest.fixture
def sim(sim_engine: SimEngine) -> SimEngine:
    """An engine with images that behave well and badly."""
    world = sim_engine.world
    world.add_image("web:1")
    world.add_image("web:2")
    world.add_image("checked:1", Behaviour(healthy=0.1))
    world.add_image("sick:1", Behaviour(healthy=0.05, health="unhealthy", log=b"no database\n"))
    world.add_image("never:1", Behaviour(healthy=60.0))
    world.add_image("crash:1", Behaviour(exits=0.02, exit_code=3, log=b"one\ntwo\nfatal: no config\n"))
    world.add_image("late:1", Behaviour(exits=0.15, exit_code=1))
    world.add_image("job:1", Behaviour(exits=0.05, exit_code=0))
    return sim_engine


def running(sim: SimEngine) -> dict[str, str]:
    """Name -> image of what runs."""
    return {c.name: c.image.reference for c in sim.world.containers.values() if c.running}


def everything(sim: SimEngine) -> list[str]:
    return sorted(c.name for c in sim.world.containers.values())


async def test_a_first_deployment(sim: SimEngine) -> None:
    papers = Papers()
    outcome = await carry(sim, deploy(container(), volumes=(VolumeSpec("shop_data", {}),)), papers)
    assert outcome.outcome == "succeeded"
    assert running(sim) == {"shop-web-1": "web:1"}
    assert NETWORK in sim.world.networks
    assert "shop_data" in sim.world.volumes
    assert {step.state for step in papers.steps.values()} == {"done"}


async def test_running_is_told_before_the_settle_time(sim: SimEngine) -> None:
    papers = Papers()
    task = asyncio.create_task(carry(sim, deploy(container(), settle_seconds=5.0), papers))
    async with asyncio.timeout(3):
        while papers.states[-1:] != [("settle:shop-web-1", "running")]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert papers.steps["start:shop-web-1"].detail == "running"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_created_says_who_made_it(sim: SimEngine) -> None:
    await carry(sim, deploy(container()))
    (made,) = sim.world.containers.values()
    assert made.body["Labels"][COMMAND_LABEL] == "command-1"
    assert sim.world.networks[NETWORK]["Labels"][COMMAND_LABEL] == "command-1"


async def test_the_same_again_changes_nothing(sim: SimEngine) -> None:
    await carry(sim, deploy(container()))
    before = list(sim.world.containers)
    sim.requests.clear()
    outcome = await carry(sim, deploy(container()), Papers("command-2"))
    assert outcome.outcome == "succeeded"
    assert list(sim.world.containers) == before
    assert [asked for asked in sim.requests if not asked.startswith("GET")] == []


async def test_a_change_replaces_the_container(sim: SimEngine) -> None:
    await carry(sim, deploy(container()))
    (before,) = sim.world.containers
    outcome = await carry(sim, deploy(container(image="web:2", config_hash="two")), Papers("command-2"))
    assert outcome.outcome == "succeeded"
    assert running(sim) == {"shop-web-1": "web:2"}
    assert before not in sim.world.containers


async def test_a_service_that_is_gone_from_the_file_goes(sim: SimEngine) -> None:
    await carry(sim, deploy(container(), container("old")))
    await carry(sim, deploy(container()), Papers("command-2"))
    assert everything(sim) == ["shop-web-1"]


async def test_the_port_is_handed_over(sim: SimEngine) -> None:
    await carry(sim, deploy(container(port=8080)))
    outcome = await carry(sim, deploy(container(port=8080, config_hash="two")), Papers("command-2"))
    assert outcome.outcome == "succeeded"
    assert everything(sim) == ["shop-web-1"]


async def test_health_is_waited_for(sim: SimEngine) -> None:
    papers = Papers()
    outcome = await carry(sim, deploy(container(image="checked:1"), settle_seconds=0.0), papers)
    assert outcome.outcome == "succeeded"
    (made,) = sim.world.containers.values()
    assert made.health == "healthy"


async def test_services_start_in_order(sim: SimEngine) -> None:
    wanted = deploy(
        container("web", depends_on={"shop-migrate-1": "completed", "shop-db-1": "healthy"}),
        container("migrate", image="job:1", depends_on={"shop-db-1": "service_healthy"}),
        container("db", image="checked:1"),
    )
    papers = Papers()
    outcome = await carry(sim, wanted, papers)
    assert outcome.outcome == "succeeded"
    told = [key for key, state in papers.states if state == "done" and key.startswith(("start:", "await:"))]
    assert told.index("start:shop-db-1") < told.index("start:shop-migrate-1") < told.index("start:shop-web-1")
    assert papers.steps["settle:shop-migrate-1"].detail == "it has done its work"


@pytest.mark.parametrize(
    ("image", "code", "tail"),
    [
        ("crash:1", "container-exited", "fatal: no config"),
        ("late:1", "container-exited", ""),
        ("sick:1", "unhealthy", "no database"),
    ],
)
async def test_a_first_deployment_that_fails_leaves_nothing(sim: SimEngine, image: str, code: str, tail: str) -> None:
    papers = Papers()
    services = (container(), container("bad", image=image))
    outcome = await carry(sim, deploy(*services, volumes=(VolumeSpec("shop_data", {}),), settle_seconds=0.5), papers)
    assert (outcome.outcome, outcome.code) == ("failed", code)
    assert tail in outcome.log_tail
    assert everything(sim) == []
    assert NETWORK not in sim.world.networks
    assert "shop_data" not in sim.world.volumes
    assert papers.steps["settle:shop-bad-1"].state == "failed"


async def test_health_that_never_comes(sim: SimEngine) -> None:
    outcome = await carry(sim, deploy(container(image="never:1"), health_timeout=0.2))
    assert (outcome.outcome, outcome.code) == ("failed", "health-timeout")


@pytest.mark.parametrize("image", ["crash:1", "sick:1"])
@pytest.mark.parametrize("port", [0, 8080], ids=["beside", "instead"])
async def test_a_failed_change_puts_the_previous_one_back(sim: SimEngine, image: str, port: int) -> None:
    await carry(sim, deploy(container(port=port)))
    (before,) = sim.world.containers
    outcome = await carry(sim, deploy(container(image=image, config_hash="two", port=port)), Papers("command-2"))
    assert outcome.outcome == "rolled_back"
    assert list(sim.world.containers) == [before]
    assert running(sim) == {"shop-web-1": "web:1"}


async def test_what_stood_still_before_stands_still_after_going_back(sim: SimEngine) -> None:
    await carry(sim, deploy(container()))
    (before,) = sim.world.containers.values()
    sim.world.end(before, 0)
    outcome = await carry(sim, deploy(container(image="crash:1", config_hash="two")), Papers("command-2"))
    assert outcome.outcome == "rolled_back"
    assert (everything(sim), before.state) == (["shop-web-1"], "exited")


async def test_a_taken_port(sim: SimEngine) -> None:
    bindings = {"80/tcp": [{"HostPort": "80"}]}
    other = sim.world.create("other", {"Image": "web:1", "HostConfig": {"PortBindings": bindings}})
    sim.world.start(other)
    outcome = await carry(sim, deploy(container(port=80)))
    assert (outcome.outcome, outcome.code) == ("failed", "port-taken")
    assert "Port 80" in outcome.error
    assert everything(sim) == ["other"]


async def test_a_taken_name(sim: SimEngine) -> None:
    sim.world.create("shop-web-1", {"Image": "web:1"})
    outcome = await carry(sim, deploy(container()))
    assert (outcome.outcome, outcome.code) == ("failed", "name-taken")
    assert everything(sim) == ["shop-web-1"]


async def test_an_option_the_engine_refuses(sim: SimEngine) -> None:
    sim.fail("POST", "/containers/create", 400, "invalid option: privileged mode is not supported")
    outcome = await carry(sim, deploy(container()))
    assert (outcome.outcome, outcome.code) == ("failed", "bad-option")
    assert "privileged mode" in outcome.error


async def test_a_network_that_is_expected_and_missing(sim: SimEngine) -> None:
    wanted = msgspec.structs.replace(deploy(container()), networks=(NetworkSpec("corporate"),))
    outcome = await carry(sim, wanted)
    assert (outcome.outcome, outcome.code) == ("failed", "network-not-found")
    assert "corporate" in outcome.error
    assert everything(sim) == []


async def test_an_image_that_is_not_there_and_must_not_be_pulled(sim: SimEngine) -> None:
    outcome = await carry(sim, deploy(container(image="none:1"), images=(ImageSpec("none:1", pull="never"),)))
    assert (outcome.outcome, outcome.code) == ("failed", "image-not-found")


async def test_a_failed_pull_touches_nothing(sim: SimEngine) -> None:
    await carry(sim, deploy(container()))
    sim.requests.clear()
    outcome = await carry(sim, deploy(container(image="web:9", config_hash="two")), Papers("command-2"))
    assert (outcome.outcome, outcome.code) == ("failed", "tag-not-found")
    assert running(sim) == {"shop-web-1": "web:1"}
    assert [asked for asked in sim.requests if asked.startswith("POST") and "images" not in asked] == []


async def test_an_engine_that_goes_and_returns_in_the_middle(sim: SimEngine) -> None:
    held = sim.hold("POST", "/containers/shop-web-1/start")
    papers = Papers()
    task = asyncio.create_task(carry(sim, deploy(container()), papers))
    async with asyncio.timeout(15):
        while not sim.asked("POST /containers/shop-web-1/start"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sim.stop()
    held.set()
    await asyncio.sleep(0.3)
    await sim.start()
    outcome = await task
    assert outcome.outcome == "succeeded"
    assert running(sim) == {"shop-web-1": "web:1"}
    assert sim.asked("POST /containers/create") == 1
    assert any("waiting for it" in line for line in papers.lines)
    assert any("carrying on" in line for line in papers.lines)


async def test_an_engine_that_stops_its_containers_while_they_settle(sim: SimEngine) -> None:
    papers = Papers()
    task = asyncio.create_task(carry(sim, deploy(container(), settle_seconds=1.0), papers))
    async with asyncio.timeout(15):
        while ("settle:shop-web-1", "running") not in papers.states:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sim.stop(containers=True)
    await asyncio.sleep(0.3)
    await sim.start()
    assert (await task).outcome == "succeeded"
    assert running(sim) == {"shop-web-1": "web:1"}


async def test_an_engine_that_does_not_return_is_told(sim: SimEngine) -> None:
    await sim.stop()
    papers, wanted = Papers(), deploy(container())
    run = Run(Engine(sim.address), papers.order(wanted), wanted, no_fetch, patience=0.2)
    outcome = await deploy_carry_out(run)
    assert (outcome.outcome, outcome.code) == ("failed", "engine-gone")
    assert "Start it" in outcome.error


async def test_cancelling_puts_everything_back(sim: SimEngine) -> None:
    await carry(sim, deploy(container(port=8080)))
    (before,) = sim.world.containers
    papers = Papers("command-2")
    wanted = deploy(container(port=8080, image="web:2", config_hash="two"), settle_seconds=30.0)
    task = asyncio.create_task(carry(sim, wanted, papers))
    async with asyncio.timeout(15):
        while ("settle:shop-web-1", "running") not in papers.states:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    papers.is_cancelled = lambda: True
    task.cancel()
    assert (await task).outcome == "cancelled"
    assert list(sim.world.containers) == [before]
    assert running(sim) == {"shop-web-1": "web:1"}


async def test_cancelled_before_it_began_nothing_is_asked(sim: SimEngine) -> None:
    papers = Papers()
    papers.is_cancelled = lambda: True
    assert (await carry(sim, deploy(container()), papers)).outcome == "cancelled"
    assert sim.requests == []


async def test_removing_a_project(sim: SimEngine) -> None:
    volume = VolumeSpec("shop_data", {"Labels": {PROJECT_LABEL: PROJECT}})
    await carry(sim, deploy(container(), container("db"), volumes=(volume,)))
    other = sim.world.create("other", {"Image": "web:1"})
    assert (await carry(sim, RemoveProject(PROJECT), Papers("command-2"))).outcome == "succeeded"
    assert everything(sim) == [other.name]
    assert NETWORK not in sim.world.networks
    assert "shop_data" in sim.world.volumes
    assert (await carry(sim, RemoveProject(PROJECT, volumes=True), Papers("command-3"))).outcome == "succeeded"
    assert "shop_data" not in sim.world.volumes


async def test_one_off_containers_of_a_person_are_left_alone(sim: SimEngine) -> None:
    labels = {PROJECT_LABEL: PROJECT, "com.docker.compose.oneoff": "True"}
    sim.world.create("shop-web-run-1", {"Image": "web:1", "Labels": labels})
    await carry(sim, deploy(container()))
    assert everything(sim) == ["shop-web-1", "shop-web-run-1"]
