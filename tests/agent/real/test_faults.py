"""Agent and engine killed in the middle of deployments on real parts: finished once, nothing left half done."""

import asyncio

import pytest

from engine_agent.protocol.messages import CommandProgress, Facts
from tests.agent.real.conftest import RealAgent
from tests.agent.real.wanted import fetched, names, server, shell
from tests.agent.wishes import deploy
from tests.lab.engine import Engine
from tests.lab.ports import free_port
from tests.sim.portal import FakePortal

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


async def reached(portal: FakePortal, command: str, key: str, state: str) -> None:
    """Wait until a step of a command is in a state."""
    await portal.hear(
        CommandProgress,
        lambda p: p.id == command and any(step.key.startswith(key) and step.state == state for step in p.steps),
        timeout=60,
    )


@pytest.mark.parametrize("key", ["create:", "start:", "settle:"])
async def test_the_agent_is_killed_and_the_next_one_carries_on(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, key: str
) -> None:
    port = free_port()
    await fake_portal.command("old", deploy(server("old", port=port)))
    await fake_portal.finished("old")
    await fake_portal.command("new", deploy(server("new", port=port), settle_seconds=3.0))
    await reached(fake_portal, "new", key, "running")
    await agent.kill()
    await agent.start()
    end = await fake_portal.finished("new", timeout=90)
    assert end.outcome == "succeeded", end.error
    assert names(engine) == ["shop-web-1 running"]
    assert await fetched(port) == "new"


async def test_the_agent_is_killed_while_a_bad_change_settles(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    port = free_port()
    await fake_portal.command("old", deploy(server("old", port=port)))
    await fake_portal.finished("old")
    await fake_portal.command("bad", deploy(shell("web", "sleep 2; exit 3", port=port), settle_seconds=20.0))
    await reached(fake_portal, "bad", "settle:", "running")
    await agent.kill()
    await asyncio.sleep(2)
    await agent.start()
    end = await fake_portal.finished("bad", timeout=90)
    assert (end.outcome, end.code) == ("rolled_back", "container-exited")
    assert names(engine) == ["shop-web-1 running"]
    assert await fetched(port) == "old"


@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "killed"])
async def test_the_engine_goes_in_the_middle_and_returns(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, crash: bool
) -> None:
    port = free_port()
    await fake_portal.command("1", deploy(server("hello", port=port), settle_seconds=3.0))
    await reached(fake_portal, "1", "settle:", "running")
    await asyncio.to_thread(engine.halt, crash=crash)
    await fake_portal.hear(Facts, lambda message: message.facts.engine_error != "", timeout=30)
    await asyncio.to_thread(engine.start)
    end = await fake_portal.finished("1", timeout=120)
    assert end.outcome == "succeeded", end.error
    assert names(engine) == ["shop-web-1 running"]
    assert await fetched(port) == "hello"


async def test_agent_and_engine_both_killed(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    """A power cut in the middle of a change."""
    port = free_port()
    await fake_portal.command("old", deploy(server("old", port=port, restart="always")))
    await fake_portal.finished("old")
    await fake_portal.command("new", deploy(server("new", port=port, restart="always"), settle_seconds=3.0))
    await reached(fake_portal, "new", "start:", "done")
    await agent.kill()
    await asyncio.to_thread(engine.halt, crash=True)
    await asyncio.to_thread(engine.start)
    await agent.start()
    end = await fake_portal.finished("new", timeout=120)
    assert end.outcome == "succeeded", end.error
    assert names(engine) == ["shop-web-1 running"]
    assert await fetched(port) == "new"
