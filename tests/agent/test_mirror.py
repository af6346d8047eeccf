"""The mirror: follows the engine's events, survives its absence, and asks no more than it must."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from engine_agent.backoff import Backoff
from engine_agent.engine import Engine
from engine_agent.mirror import Mirror
from engine_agent.protocol.facts import ContainerFact, HostFacts
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour, Container

QUICK = Backoff(0.01, 0.05)


class Heard:
    """What a mirror told."""

    def __init__(self) -> None:
        self.changes = 0
        self.facts: list[HostFacts] = []

    def changed(self) -> None:
        self.changes += 1

    def facts_changed(self, facts: HostFacts) -> None:
        self.facts.append(facts)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def mirror(sim_engine: SimEngine, heard: Heard) -> AsyncIterator[Mirror]:
    """A mirror of the simulated engine, running."""
    mirror = Mirror(
        Engine(sim_engine.address),
        changed=heard.changed,
        facts_changed=heard.facts_changed,
        backoff=QUICK,
        resync_seconds=0.3,
        ping_seconds=0.2,
    )
    task = asyncio.create_task(mirror.run())
    yield mirror
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (the mirror has no event for tests)
            await asyncio.sleep(0.005)


async def loaded(mirror: Mirror) -> None:
    await until(lambda: mirror.book.loaded)


def known(mirror: Mirror, container: Container) -> ContainerFact | None:
    return mirror.book.containers.get(container.id)


async def test_what_was_there_before_is_read(sim_engine: SimEngine, mirror: Mirror, heard: Heard) -> None:
    await loaded(mirror)
    assert [network.name for network in mirror.book.networks] == ["bridge", "host", "none"]
    assert heard.facts[0].engine_version == "20.10.24-sim"
    assert heard.facts[0].engine_error == ""


async def test_a_container_is_followed_through_its_life(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1", Behaviour(healthy=0.05))
    container = sim_engine.world.create("web", {"Image": "web:1"})
    await until(lambda: (fact := known(mirror, container)) and fact.state == "created")
    sim_engine.world.start(container)
    sim_engine.live(container)
    await until(lambda: (fact := known(mirror, container)) and fact.health == "starting")
    await until(lambda: (fact := known(mirror, container)) and fact.health == "healthy")
    sim_engine.world.rename(container, "renamed")
    await until(lambda: (fact := known(mirror, container)) and fact.name == "renamed")
    sim_engine.world.end(container, 3)
    await until(lambda: (fact := known(mirror, container)) and fact.exit_code == 3)
    sim_engine.world.remove(container, force=False)
    await until(lambda: known(mirror, container) is None)


async def test_images_networks_and_volumes_are_followed(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    sim_engine.world.create_network({"Name": "front"})
    sim_engine.world.create_volume({"Name": "data"})
    sim_engine.world.add_image("web:1")
    sim_engine.world.emit("image", "pull", "web:1", {})
    await until(lambda: any(network.name == "front" for network in mirror.book.networks))
    await until(lambda: mirror.book.volumes and mirror.book.images)


async def test_an_event_is_told_within_the_budget(sim_engine: SimEngine, mirror: Mirror, heard: Heard) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    clock = asyncio.get_running_loop().time
    waits = []
    for number in range(20):
        before, begun = heard.changes, clock()
        sim_engine.world.create(f"web-{number}", {"Image": "web:1"})
        while heard.changes == before:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)
        waits.append(clock() - begun)
        await asyncio.sleep(0.03)
    assert sorted(waits)[5] < 0.04, (
        "a quarter at least, on a machine that does other things too; bench measures the rest"
    )


async def test_a_burst_is_read_once(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    container = sim_engine.world.create("web", {"Image": "web:1"})
    await until(lambda: known(mirror, container))
    sim_engine.requests.clear()
    for _ in range(50):
        sim_engine.world.emit("container", "update", container.id, {})
    await asyncio.sleep(0.15)
    assert sim_engine.asked(f"GET /containers/{container.id}/json") <= 2


async def test_events_that_change_nothing_are_not_followed_up(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    container = sim_engine.world.create("web", {"Image": "web:1"})
    await until(lambda: known(mirror, container))
    sim_engine.requests.clear()
    for action in ("exec_create: /bin/true", "exec_start: /bin/true", "exec_die", "top", "attach", "resize"):
        sim_engine.world.emit("container", action, container.id, {})
    await asyncio.sleep(0.1)
    assert sim_engine.asked(f"GET /containers/{container.id}/json") == 0


async def test_a_container_that_does_not_answer_holds_nobody_up(sim_engine: SimEngine, mirror: Mirror) -> None:
    """The engine keeps a container's lock while it starts it: the list tells of it meanwhile."""
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    slow = sim_engine.world.create("slow", {"Image": "web:1"})
    await until(lambda: known(mirror, slow))
    held = sim_engine.hold("GET", f"/containers/{slow.id}/json")
    sim_engine.world.start(slow)
    await until(lambda: (fact := known(mirror, slow)) and fact.state == "running", seconds=5.0)
    other = sim_engine.world.create("other", {"Image": "web:1"})
    await until(lambda: known(mirror, other), seconds=5.0)
    assert (fact := known(mirror, slow)) is not None
    assert fact.started is None
    held.set()
    await until(lambda: (fact := known(mirror, slow)) and fact.started is not None)


async def test_an_engine_that_goes_is_told_and_one_that_returns_is_read_again(
    sim_engine: SimEngine, mirror: Mirror, heard: Heard
) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    stays, goes = (sim_engine.world.create(name, {"Image": "web:1"}) for name in ("stays", "goes"))
    await until(lambda: known(mirror, stays) and known(mirror, goes))
    await sim_engine.stop()
    await until(lambda: heard.facts[-1].engine_error)
    assert "does not answer" in heard.facts[-1].engine_error
    assert known(mirror, stays) is not None, "what was known last stays known, with its age"
    sim_engine.world.remove(goes, force=True)
    await sim_engine.start()
    await until(lambda: not heard.facts[-1].engine_error)
    await until(lambda: known(mirror, goes) is None)
    new = sim_engine.world.create("new", {"Image": "web:1"})
    await until(lambda: known(mirror, new))


async def test_an_engine_that_hangs_is_noticed(
    sim_engine: SimEngine, mirror: Mirror, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine_agent.mirror.watch.PING_PATIENCE", 0.1)
    await loaded(mirror)
    held = sim_engine.hold("GET", "/_ping")
    sim_engine.fail("GET", "/version", 0, times=3)
    await until(lambda: heard.facts[-1].engine_error)
    held.set()
    await until(lambda: not heard.facts[-1].engine_error)


async def test_what_no_event_told_is_found_by_reading_again(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    told, sim_engine.world.emit = sim_engine.world.emit, lambda *_: None
    sim_engine.world.add_image("web:1")
    container = sim_engine.world.create("web", {"Image": "web:1"})
    await until(lambda: known(mirror, container))
    sim_engine.world.emit = told


async def test_reading_again_inspects_nothing_that_is_known(sim_engine: SimEngine, mirror: Mirror) -> None:
    await loaded(mirror)
    sim_engine.world.add_image("web:1")
    containers = [sim_engine.world.create(f"web-{n}", {"Image": "web:1"}) for n in range(5)]
    await until(lambda: len(mirror.book.containers) == len(containers))
    await asyncio.sleep(0.1)
    sim_engine.requests.clear()
    await until(lambda: sim_engine.asked("GET /containers/json") >= 2)
    assert sim_engine.asked("GET /containers/.*/json") == 0


async def test_many_containers_are_told_from_the_list_first(sim_engine: SimEngine, heard: Heard) -> None:
    sim_engine.world.add_image("web:1")
    for number in range(500):
        sim_engine.world.create(f"web-{number}", {"Image": "web:1"})
    inspections_when_told: list[int] = []

    def changed() -> None:
        if not inspections_when_told:
            inspections_when_told.append(sim_engine.asked("GET /containers/[0-9a-f]{64}/json"))
        heard.changed()

    mirror = Mirror(Engine(sim_engine.address), changed=changed, facts_changed=heard.facts_changed, backoff=QUICK)
    task = asyncio.create_task(mirror.run())
    await until(lambda: len(mirror.book.containers) == 500, seconds=20)
    assert inspections_when_told == [0]
    await until(lambda: sim_engine.asked("GET /containers/[0-9a-f]{64}/json") == 500, seconds=40)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
