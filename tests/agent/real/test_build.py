"""A build context from the portal becomes an image on the host, without any registry."""

import io
import tarfile

import msgspec
import pytest

from engine_agent.protocol.bodies import BuildContext, ImageSpec
from engine_agent.protocol.messages import CommandProgress
from tests.agent.real.conftest import RealAgent
from tests.agent.wishes import container, deploy
from tests.lab.engine import Engine
from tests.lab.images import busybox_tar
from tests.sim.portal import FakePortal

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

REFERENCE = "pierhead/sample:1"


def archive(text: str, *, instruction: str = "ADD root.tar /") -> bytes:
    """A build context FROM scratch."""
    dockerfile = f'FROM scratch\n{instruction}\nENV PATH=/bin\nCMD ["sleep","100"]\nLABEL text="{text}"\n'
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in (("Dockerfile", dockerfile.encode()), ("root.tar", busybox_tar())):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def image(context: BuildContext) -> tuple[ImageSpec, ...]:
    return (ImageSpec(REFERENCE, build=context),)


async def built(portal: FakePortal, command: str, context: BuildContext) -> str:
    await portal.command(command, deploy(container(image=REFERENCE), images=image(context)))
    end = await portal.finished(command)
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    reports = [m for m in portal.heard if isinstance(m, CommandProgress) and m.id == command]
    return ",".join(step.key for report in reports for step in report.steps)


async def test_it_is_built_once_and_again_when_the_context_changes(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    first = fake_portal.context(archive("one"))
    assert "build:web" in await built(fake_portal, "1", first)
    assert "build:web" not in await built(fake_portal, "2", first)
    before = engine.docker("inspect", "--format", "{{.Image}}", "shop-web-1")
    assert "build:web" in await built(fake_portal, "3", fake_portal.context(archive("two")))
    assert engine.docker("inspect", "--format", "{{.Image}}", "shop-web-1") != before
    assert list(agent.state.spool.iterdir()) == []


async def test_a_context_that_is_not_what_was_announced(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    context = fake_portal.context(archive("one"))
    fake_portal.contexts[context.sha256] = archive("other")
    await fake_portal.command("1", deploy(container(image=REFERENCE), images=image(context)))
    assert (await fake_portal.finished("1")).code == "context-damaged"


async def test_a_context_the_portal_does_not_have(agent: RealAgent, fake_portal: FakePortal) -> None:
    context = msgspec.structs.replace(fake_portal.context(archive("one")), path="/api/v1/agent/contexts/none.tar")
    await fake_portal.command("1", deploy(container(image=REFERENCE), images=image(context)))
    assert (await fake_portal.finished("1")).code == "context-missing"


async def test_a_build_that_fails(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    context = fake_portal.context(archive("x", instruction="COPY nosuch /"))
    await fake_portal.command("1", deploy(container(image=REFERENCE), images=image(context)))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "build-failed")
    assert "nosuch" in end.error
