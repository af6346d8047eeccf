"""The agent beside Podman's Docker-compatible socket: facts, a deployment, a change, a removal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_agent.engine import Engine
from engine_agent.facts import host_facts
from engine_agent.protocol.bodies import ContainerAction, ContainerLogs, RemoveProject
from engine_agent.protocol.messages import Delta, Snapshot
from tests.agent.conftest import StartAgent
from tests.agent.real.wanted import fetched, shell
from tests.agent.wishes import PROJECT, deploy
from tests.lab.images import BUSYBOX
from tests.lab.podman import Podman, start_podman
from tests.lab.ports import free_port
from tests.sim.portal import FakePortal

pytestmark = pytest.mark.engine

SERVE = "mkdir -p /www && echo {text} > /www/index.html && exec httpd -f -p 80 -h /www"


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    with start_podman() as running:
        running.image_from_busybox(f"docker.io/library/{BUSYBOX}")
        yield running


async def test_facts(podman: Podman) -> None:
    facts = await host_facts(Engine(podman.host))
    assert facts.engine_error == ""
    assert (facts.engine_name, facts.os) == ("Podman", "linux")
    assert facts.api_version == "1.41"
    assert facts.cgroup_version in {"1", "2"}
    assert facts.engine_id


async def test_deploy_change_ask_and_remove(podman: Podman, fake_portal: FakePortal, start_agent: StartAgent) -> None:
    port = free_port()
    async with start_agent(podman.host):
        for text in ("first", "second"):
            await fake_portal.command(text, deploy(shell("web", SERVE.format(text=text), port=port)))
            end = await fake_portal.finished(text)
            assert end.outcome == "succeeded", (end.error, end.log_tail)
            assert await fetched(port) == text
        told = await fake_portal.hear(Delta, lambda one: any(c.state == "running" for c in one.containers))
        [fact] = [one for one in told.containers if one.state == "running"]
        assert fact.name == "shop-web-1"
        names = podman.run("ps", "--format", "{{.Names}}").split()
        assert names == ["shop-web-1"]
        cid = podman.run("ps", "--no-trunc", "-q").strip()
        answer = await fake_portal.ask("q", ContainerLogs(cid))
        assert answer.error == ""
        await fake_portal.command("stop", ContainerAction(cid, "stop", timeout=0))
        assert (await fake_portal.finished("stop")).outcome == "succeeded"
        await fake_portal.command("gone", RemoveProject(PROJECT))
        assert (await fake_portal.finished("gone")).outcome == "succeeded"
        assert podman.run("ps", "-aq") == ""


async def test_a_failure_is_told_with_its_last_lines(
    podman: Podman, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    async with start_agent(podman.host):
        await fake_portal.command("bad", deploy(shell("web", "echo cannot find the config; exit 3")))
        end = await fake_portal.finished("bad")
        assert (end.outcome, end.code) == ("failed", "container-exited")
        assert "cannot find the config" in end.log_tail


async def test_what_was_there_is_in_the_snapshot(
    podman: Podman, fake_portal: FakePortal, start_agent: StartAgent, tmp_path: Path
) -> None:
    async with start_agent(podman.host):
        snapshot = await fake_portal.hear(Snapshot)
        assert any(BUSYBOX in tag for image in snapshot.images for tag in image.tags)
        assert any(network.name for network in snapshot.networks)
