"""Start-first: a client that polls the previous version sees no failed request while a bad one comes and goes."""

import asyncio

import msgspec
import pytest

from engine_agent.protocol.bodies import ContainerSpec
from tests.agent.real.conftest import RealAgent
from tests.agent.real.wanted import names, server
from tests.agent.wishes import NETWORK, deploy
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.sim.portal import FakePortal

pytestmark = pytest.mark.engine

SECOND = 10**9
POLL = (
    "while true; do printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {address} 80 | grep -q {text} && echo hit"
    " || echo MISS; usleep 50000; done"
)


def checked(text: str, check: str) -> ContainerSpec:
    """A server with a healthcheck, replaced start-first."""
    spec = msgspec.structs.replace(server(text, port=0), order="start-first")
    spec.create["Healthcheck"] = {
        "Test": ["CMD", "/bin/sh", "-c", check],
        "Interval": SECOND,
        "Timeout": SECOND,
        "Retries": 2,
    }
    return spec


async def test_no_request_fails_while_a_bad_version_comes_and_goes(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    await fake_portal.command("good", deploy(checked("good", "exit 0")))
    assert (await fake_portal.finished("good")).outcome == "succeeded"
    before = engine.docker("ps", "-q", "--no-trunc")
    shown = '{{(index .NetworkSettings.Networks "' + NETWORK + '").IPAddress}}'
    address = engine.docker("inspect", "--format", shown, "shop-web-1").strip()
    script = POLL.format(address=address, text="good")
    engine.docker("run", "-d", "--name", "client", "--network", NETWORK, BUSYBOX, "sh", "-c", script)

    await fake_portal.command("bad", deploy(checked("bad", "echo not ready; exit 1")))
    end = await fake_portal.finished("bad")
    assert (end.outcome, end.code) == ("rolled_back", "unhealthy")
    assert "not ready" in end.error
    await asyncio.sleep(0.3)
    said = engine.docker("logs", "client").split()
    engine.docker("rm", "-f", "client")
    assert said.count("hit") > 10
    assert "MISS" not in said
    assert names(engine) == ["shop-web-1 running"]
    assert engine.docker("ps", "-q", "--no-trunc") == before, "it was never stopped"
