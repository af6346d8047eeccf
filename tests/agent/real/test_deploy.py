"""Deployments on a real engine: what is served, what is left, what is said."""

import asyncio
import socket

import pytest

from engine_agent.protocol.bodies import ImageSpec, RemoveProject, VolumeSpec
from engine_agent.protocol.messages import CommandCancel, CommandProgress
from tests.agent.real.conftest import RealAgent
from tests.agent.real.wanted import fetched, names, server, shell
from tests.agent.wishes import PROJECT, container, deploy
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.lab.ports import free_port
from tests.sim.portal import FakePortal

pytestmark = pytest.mark.engine


async def test_deploy_change_and_remove(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    port = free_port()
    volume = VolumeSpec("shop_data", {"Labels": {"com.docker.compose.project": PROJECT}})
    for text in ("first", "second"):
        await fake_portal.command(text, deploy(server(text, port=port), volumes=(volume,)))
        assert (await fake_portal.finished(text)).outcome == "succeeded"
        assert await fetched(port) == text
        assert names(engine) == ["shop-web-1 running"]
    assert engine.docker("volume", "ls", "-q").split() == ["shop_data"]
    await fake_portal.command("gone", RemoveProject(PROJECT, volumes=True))
    assert (await fake_portal.finished("gone")).outcome == "succeeded"
    assert names(engine) == []
    assert engine.docker("volume", "ls", "-q") == ""
    assert "shop_default" not in engine.docker("network", "ls", "--format", "{{.Name}}").split()


async def test_the_docker_client_sees_the_same_project(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    await fake_portal.command("1", deploy(server("hello", port=free_port())))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    listed = engine.docker("ps", "--filter", f"label=com.docker.compose.project={PROJECT}", "--format", "{{.Names}}")
    assert listed.split() == ["shop-web-1"]


async def test_a_change_that_fails_puts_the_previous_one_back(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    port = free_port()
    await fake_portal.command("good", deploy(server("good", port=port)))
    assert (await fake_portal.finished("good")).outcome == "succeeded"
    before = engine.docker("ps", "-q", "--no-trunc")
    bad = shell("web", "echo cannot find the config; exit 3", port=port)
    await fake_portal.command("bad", deploy(bad))
    end = await fake_portal.finished("bad")
    assert (end.outcome, end.code) == ("rolled_back", "container-exited")
    assert "exit code 3" in end.error
    assert "cannot find the config" in end.log_tail
    assert engine.docker("ps", "-q", "--no-trunc") == before
    assert await fetched(port) == "good"


async def test_data_that_an_image_keeps_in_a_volume_without_a_name_stays(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    """Through a change, through one that fails, and through one after that, as with `docker compose up`."""
    engine.image_from_busybox("keeper:1", changes=["VOLUME /data"])
    idle = "while :; do sleep 0.1; done"

    async def changed(name: str, script: str) -> str:
        spec = container(image="keeper:1", command=["/bin/sh", "-c", script], config_hash=name, stop_timeout=0)
        await fake_portal.command(name, deploy(spec, images=(ImageSpec("keeper:1", pull="never"),)))
        return (await fake_portal.finished(name)).outcome

    assert await changed("first", f"echo kept > /data/file; {idle}") == "succeeded"
    assert await changed("second", f"cat /data/file; {idle}") == "succeeded"
    assert await changed("bad", "echo more >> /data/file; exit 3") == "rolled_back"
    assert await changed("third", idle) == "succeeded"
    assert engine.docker("exec", "shop-web-1", "cat", "/data/file").split() == ["kept", "more"]
    assert len(engine.docker("volume", "ls", "-q").split()) == 1


async def test_a_service_that_crashes_again_and_again(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    await fake_portal.command("1", deploy(shell("web", "echo oops; exit 1", restart="always")))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "container-restarting")
    assert "oops" in end.log_tail
    assert names(engine) == []


async def test_health(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    spec = server("healthy", port=0)
    second = 10**9
    check = {
        "Test": ["CMD", "/bin/sh", "-c", "nc 127.0.0.1 80 </dev/null"],
        "Interval": second,
        "Timeout": second,
        "Retries": 2,
    }
    spec.create["Healthcheck"] = check
    await fake_portal.command("1", deploy(spec))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    sick = shell("web", "sleep 100")
    sick.create["Healthcheck"] = check
    await fake_portal.command("2", deploy(sick))
    end = await fake_portal.finished("2")
    assert (end.outcome, end.code) == ("rolled_back", "unhealthy")
    assert names(engine) == ["shop-web-1 running"]


async def test_one_shot_then_service(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    job = shell("job", "sleep 0.3; exit 0")
    web = shell("web", "sleep 100", depends_on={"shop-job-1": "completed"})
    await fake_portal.command("1", deploy(web, job))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    assert names(engine) == ["shop-job-1 exited", "shop-web-1 running"]


async def test_a_port_another_container_has(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    port = free_port()
    engine.docker("run", "-d", "--name", "other", "-p", f"{port}:80", BUSYBOX, "sleep", "100")
    await fake_portal.command("1", deploy(server("x", port=port)))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "port-taken")
    assert str(port) in end.error
    assert names(engine) == ["other running"]


async def test_a_port_a_program_of_the_host_has(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        await fake_portal.command("1", deploy(server("x", port=port)))
        end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "port-taken")
    assert str(port) in end.error
    assert names(engine) == []


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (container(image=BUSYBOX, command=["/bin/nosuch"]), "command-not-found"),
        (container(image=BUSYBOX, host_config={"NanoCpus": -5}), "bad-option"),
        (
            container(image=BUSYBOX, host_config={"Mounts": [{"Type": "bind", "Source": "/nosuch", "Target": "/x"}]}),
            "path-not-found",
        ),
    ],
    ids=["command", "option", "path"],
)
async def test_what_the_engine_refuses(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, spec: object, code: str
) -> None:
    await fake_portal.command("1", deploy(spec))  # type: ignore[arg-type]
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", code), end.error
    assert names(engine) == []


async def test_cancelling_on_the_way(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    port = free_port()
    await fake_portal.command("good", deploy(server("good", port=port)))
    await fake_portal.finished("good")
    await fake_portal.command("next", deploy(server("next", port=port), settle_seconds=60.0))
    await fake_portal.hear(
        CommandProgress, lambda p: p.id == "next" and any(step.key.startswith("settle:") for step in p.steps)
    )
    await fake_portal.send(CommandCancel("next"))
    assert (await fake_portal.finished("next")).outcome == "cancelled"
    assert names(engine) == ["shop-web-1 running"]
    await asyncio.sleep(0.3)
    assert await fetched(port) == "good"


async def test_an_image_that_must_not_be_pulled(agent: RealAgent, fake_portal: FakePortal) -> None:
    await fake_portal.command("1", deploy(container(image="none:1"), images=(ImageSpec("none:1", pull="never"),)))
    assert (await fake_portal.finished("1")).code == "image-not-found"
