"""Pulling from a real registry: layers told, digests kept, an interruption survived, refusals in plain words."""

import asyncio
import os

import pytest

from engine_agent.protocol.bodies import ImageSpec
from engine_agent.protocol.messages import CommandProgress, StepReport
from tests.agent.real.conftest import RealAgent
from tests.agent.wishes import container, deploy
from tests.lab.engine import Engine
from tests.lab.registry import Registry
from tests.sim.portal import FakePortal

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(240)]

MIB = 1024 * 1024


def published(engine: Engine, registry: Registry, name: str, *, size: int = 0) -> str:
    """An image of busybox and `size` random bytes in the registry, and no longer on the host; gives its reference."""
    files = {"ballast": os.urandom(size)} if size else None
    engine.image_from_busybox(f"{name}:1", files=files, changes=['CMD ["sleep","100"]'])
    reference = registry.push(engine, f"{name}:1", f"agent/{name}:1")
    engine.docker("rmi", f"{name}:1")
    return reference


def steps(portal: FakePortal, command: str) -> dict[str, StepReport]:
    """The last word on every step of a command."""
    reports = [m for m in portal.heard if isinstance(m, CommandProgress) and m.id == command]
    return {step.key: step for report in reports for step in report.steps}


async def test_layers_are_told(agent: RealAgent, fake_portal: FakePortal, engine: Engine, registry: Registry) -> None:
    reference = await asyncio.to_thread(published, engine, registry, "layers", size=8 * MIB)
    await fake_portal.command("1", deploy(container(image=reference)))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", end.error
    told = steps(fake_portal, "1")
    (layer,) = [step for step in told.values() if step.parent == "pull:web"]
    assert (layer.state, layer.current) == ("done", layer.total)
    assert layer.total > 8 * MIB
    assert told["pull:web"].state == "done"


async def test_a_digest_is_pulled_and_tagged(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, registry: Registry
) -> None:
    reference = await asyncio.to_thread(published, engine, registry, "pinned")
    digest = registry.digest(reference)
    image = ImageSpec(reference, digest=digest)
    for command in ("1", "2"):
        await fake_portal.command(command, deploy(container(image=reference), images=(image,)))
        end = await fake_portal.finished(command)
        assert end.outcome == "succeeded", end.error
    assert digest in engine.docker("inspect", "--format", "{{.RepoDigests}}", reference)
    assert steps(fake_portal, "2")["pull:web"].detail == "already on the host"


async def test_another_digest_of_the_same_tag_is_pulled(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, registry: Registry
) -> None:
    reference = await asyncio.to_thread(published, engine, registry, "moving", size=100)
    old = ImageSpec(reference, digest=registry.digest(reference))
    await fake_portal.command("old", deploy(container(image=reference), images=(old,)))
    await fake_portal.finished("old")
    before = engine.docker("inspect", "--format", "{{.Image}}", "shop-web-1")
    await asyncio.to_thread(published, engine, registry, "moving", size=200)
    new = ImageSpec(reference, digest=registry.digest(reference))
    assert new.digest != old.digest
    await fake_portal.command("new", deploy(container(image=reference), images=(new,)))
    assert (await fake_portal.finished("new")).outcome == "succeeded"
    assert engine.docker("inspect", "--format", "{{.Image}}", "shop-web-1") != before


@pytest.mark.parametrize(
    ("name", "code"), [("agent/layers:none", "tag-not-found"), ("agent/none:1", "image-not-found")]
)
async def test_what_the_registry_does_not_have(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, registry: Registry, name: str, code: str
) -> None:
    await asyncio.to_thread(published, engine, registry, "layers", size=MIB)
    await fake_portal.command("1", deploy(container(image=f"{registry.netloc}/{name}")))
    end = await fake_portal.finished("1")
    assert end.outcome == "failed"
    assert end.code in {code, "tag-not-found"}, end.error
    assert engine.docker("ps", "-aq") == ""


async def test_a_registry_nobody_answers_at(agent: RealAgent, fake_portal: FakePortal) -> None:
    await fake_portal.command("1", deploy(container(image="127.0.0.1:9/web:1")))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "registry-unreachable"), end.error


class Tap:
    """A relay before the registry that cuts the connections once `cut_after` bytes have gone through, a few times."""

    def __init__(self, port: int, *, cut_after: int, times: int) -> None:
        self._port = port
        self._cut_after = cut_after
        self.left = times
        self._server: asyncio.Server | None = None
        self.netloc = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.netloc = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.create_task(self._pour(reader, here))
        passed = 0
        try:
            while piece := await there.read(65536):
                passed += len(piece)
                if passed > self._cut_after and self.left > 0:
                    self.left -= 1
                    writer.transport.abort()
                    break
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            here.close()
            writer.close()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        except OSError:
            return


async def test_an_interrupted_pull_is_finished(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine, registry: Registry
) -> None:
    """The engine itself tries a layer five times; what the agent does after that is in test_images."""
    await asyncio.to_thread(published, engine, registry, "cut", size=8 * MIB)
    tap = Tap(registry.port, cut_after=MIB, times=1)
    await tap.start()
    try:
        await fake_portal.command("1", deploy(container(image=f"{tap.netloc}/agent/cut:1")))
        end = await fake_portal.finished("1", timeout=200)
    finally:
        await tap.stop()
    assert end.outcome == "succeeded", end.error
    assert tap.left == 0
