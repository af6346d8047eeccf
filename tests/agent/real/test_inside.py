"""Files and hooks on a real engine: what is in the container, who may read it, what a failing hook does."""

import json

import pytest

from engine_agent.protocol.bodies import RemoveProject, VolumeSpec
from engine_agent.protocol.files import FileSpec, HookSpec
from engine_agent.protocol.messages import CommandProgress
from tests.agent.real.conftest import RealAgent
from tests.agent.real.wanted import names, shell
from tests.agent.wishes import PROJECT, deploy
from tests.lab.engine import Engine
from tests.sim.portal import FakePortal

pytestmark = pytest.mark.engine
NAME = f"{PROJECT}-web-1"
FOREVER = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


def inside(engine: Engine, command: str) -> str:
    return engine.docker("exec", NAME, "/bin/sh", "-c", command).strip()


async def test_files_are_there_before_the_first_command(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    files = (
        FileSpec("/run/secrets/pw", "hunter2", 0o400, 70, 71),
        FileSpec("/etc/deep/er/site.conf", "sérver {}\n", 0o644),
        FileSpec("/data/in-a-volume", "kept"),
    )
    more = {"Binds": [f"{PROJECT}_data:/data"]}
    volume = VolumeSpec(f"{PROJECT}_data", {"Labels": {"com.docker.compose.project": PROJECT}})
    spec = shell("web", f"cat /run/secrets/pw > /seen; {FOREVER}", files=files, host_config=more)
    await fake_portal.command("1", deploy(spec, volumes=(volume,)))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    assert inside(engine, "cat /seen") == "hunter2"
    assert inside(engine, "stat -c '%a %u %g' /run/secrets/pw") == "400 70 71"
    assert inside(engine, "cat /etc/deep/er/site.conf") == "sérver {}"
    assert inside(engine, "cat /data/in-a-volume") == "kept"
    shown = engine.docker("inspect", NAME)
    assert "hunter2" not in shown
    assert "hunter2" not in str([one for one in fake_portal.heard if isinstance(one, CommandProgress)])


async def test_files_that_cannot_be_written_are_a_failure(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    spec = shell("web", FOREVER, files=(FileSpec("/a", "secret words"),), host_config={"ReadonlyRootfs": True})
    await fake_portal.command("1", deploy(spec))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "files-refused")
    assert "/a" in end.error
    assert "secret words" not in end.error
    assert names(engine) == []


async def test_hooks_after_the_start_and_before_the_stop(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    volume = VolumeSpec(f"{PROJECT}_data", {"Labels": {"com.docker.compose.project": PROJECT}})
    binds = {"Binds": [f"{PROJECT}_data:/data"]}
    start = HookSpec(("/bin/sh", "-c", "echo hello; echo $A > /data/started"), environment=("A=from the hook",))
    spec = shell("web", FOREVER, post_start=(start,), host_config=binds)
    stop = json.dumps([{"command": ["/bin/sh", "-c", "echo drained > /data/stopped"]}])
    spec.create["Labels"]["io.pierhead.pre-stop"] = stop
    await fake_portal.command("1", deploy(spec, volumes=(volume,)))
    end = await fake_portal.finished("1")
    assert end.outcome == "succeeded", (end.error, end.log_tail)
    assert inside(engine, "cat /data/started") == "from the hook"
    await fake_portal.command("2", RemoveProject(PROJECT))
    assert (await fake_portal.finished("2")).outcome == "succeeded"
    command = ("/bin/sh", "-c", "cat /data/stopped")
    assert engine.docker("run", "--rm", "-v", f"{PROJECT}_data:/data", spec.image, *command).strip() == "drained"
    engine.docker("volume", "rm", f"{PROJECT}_data")


async def test_a_hook_that_fails_makes_the_deployment_fail(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    await fake_portal.command("1", deploy(shell("web", FOREVER)))
    assert (await fake_portal.finished("1")).outcome == "succeeded"
    before = engine.docker("ps", "-q", "--no-trunc")
    bad = HookSpec(("/bin/sh", "-c", "echo no such table >&2; exit 7"))
    await fake_portal.command("2", deploy(shell("web", f"{FOREVER} # two", post_start=(bad,))))
    end = await fake_portal.finished("2")
    assert (end.outcome, end.code) == ("rolled_back", "hook-failed")
    assert "ended with 7" in end.error
    assert "no such table" in end.error
    assert engine.docker("ps", "-q", "--no-trunc") == before


async def test_a_hook_that_cannot_be_run_at_all(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    spec = shell("web", FOREVER, post_start=(HookSpec(("/no/such/program",)),))
    await fake_portal.command("1", deploy(spec))
    end = await fake_portal.finished("1")
    assert (end.outcome, end.code) == ("failed", "hook-failed")
    assert names(engine) == []
