"""The agent enforces the policy whatever the portal asks, and the portal is told of it."""

from pathlib import Path
from typing import Any

import pytest

from engine_agent.engine import Engine
from engine_agent.policy import POLICY_CODE, Guard, PolicyFile
from engine_agent.policy.guard import Asked
from engine_agent.protocol.bodies import CommandBody, ContainerAction, ContainerLogs
from engine_agent.protocol.messages import Facts, Query
from engine_agent.protocol.policy import Rules
from engine_agent.work.carry import carrier
from engine_agent.work.outcome import Outcome
from tests.agent.carrying import Papers, no_fetch
from tests.agent.conftest import StartAgent
from tests.agent.wishes import container, deploy
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Where the policy of this test's host is; there is none at first."""
    return tmp_path / "etc" / "policy.toml"


def write(policy: Path, text: str) -> None:
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(text)


def trusting(path: Path) -> str:
    path.stat()
    return ""


@pytest.fixture
def guard(sim_engine: SimEngine, policy: Path) -> Guard:
    return Guard(PolicyFile(policy, distrust=trusting), Engine(sim_engine.address))


async def carry(guard: Guard, sim_engine: SimEngine, body: CommandBody) -> Outcome:
    return await guard.watching(carrier(Engine(sim_engine.address), no_fetch))(Papers().order(body))


def wish(**host_config: Any) -> CommandBody:
    return deploy(container(host_config=host_config))


async def test_without_a_policy_the_command_goes_through(guard: Guard, sim_engine: SimEngine) -> None:
    assert await guard.refusal(wish(Privileged=True)) is None


async def test_a_refused_deployment_touches_nothing_and_names_the_rule(
    guard: Guard, sim_engine: SimEngine, policy: Path
) -> None:
    write(policy, "")
    outcome = await carry(guard, sim_engine, wish(Privileged=True))
    assert (outcome.outcome, outcome.code, outcome.result) == (
        "failed",
        POLICY_CODE,
        {"rule": "containers.privileged"},
    )
    assert "wants to be privileged" in outcome.error
    assert not sim_engine.asked("POST .*")


async def test_the_owner_changes_the_policy_while_the_agent_runs(guard: Guard, policy: Path) -> None:
    write(policy, "")
    assert await guard.refusal(wish(Privileged=True)) is not None
    write(policy, "[containers]\nprivileged = true\n")
    assert await guard.refusal(wish(Privileged=True)) is None


async def test_a_broken_policy_forbids_every_command_but_no_question(guard: Guard, policy: Path) -> None:
    write(policy, "[containers")
    refusal = await guard.refusal(ContainerAction("c", "start"))
    assert refusal is not None
    assert refusal.rule == "file"
    assert "cannot be honoured" in str(refusal)
    assert guard.query_refusal(ContainerLogs("c")) is None
    assert await guard.request_refusal(Asked("POST", "/containers/x/start")) is not None
    assert await guard.request_refusal(Asked("GET", "/containers/json")) is None


async def test_a_link_out_of_a_bind_root_is_seen(guard: Guard, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv" / "out").symlink_to("/etc")
    write(policy, f'[mounts]\nbind_roots = ["{tmp_path}/srv"]\n')
    assert await guard.refusal(wish(Binds=[f"{tmp_path}/srv/app:/x"])) is None
    refusal = await guard.refusal(wish(Binds=[f"{tmp_path}/srv/out/ssh:/x"]))
    assert refusal is not None
    assert "which leads to /etc/ssh" in str(refusal)


async def test_the_containers_of_the_host_are_counted(guard: Guard, sim_engine: SimEngine, policy: Path) -> None:
    write(policy, "[containers]\nmaximum_containers = 2\n")
    sim_engine.world.add_image("web:1")
    sim_engine.world.create("other", {"Image": "web:1"})
    assert await guard.refusal(wish()) is None
    sim_engine.world.create("third", {"Image": "web:1"})
    refusal = await guard.refusal(wish())
    assert refusal is not None
    assert refusal.rule == "containers.maximum_containers"
    create = Asked("POST", "/v1.41/containers/create", body=b"{}")
    assert await guard.request_refusal(create) is not None


async def test_a_request_of_a_client_is_judged_by_its_body(guard: Guard, policy: Path) -> None:
    write(policy, "")
    create = Asked("POST", "/v1.41/containers/create", "name=x", b'{"HostConfig": {"Privileged": true}}')
    assert create.body_needed
    refusal = await guard.request_refusal(create)
    assert refusal is not None
    assert refusal.rule == "containers.privileged"


async def test_a_question_that_is_not_allowed_is_answered_so(guard: Guard, policy: Path) -> None:
    write(policy, '[commands]\nallowed = ["deploy"]\n')
    answer = guard.answer(Query("q", ContainerLogs("c")))
    assert answer is not None
    assert (answer.id, answer.code) == ("q", POLICY_CODE)


async def test_through_a_running_agent(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent, policy: Path
) -> None:
    write(policy, "")
    async with start_agent(sim_engine.address, policy=PolicyFile(policy, distrust=trusting)):
        told = await fake_portal.hear(Facts)
        assert told.facts.policy is not None
        assert told.facts.policy.rules == Rules()
        await fake_portal.command("c1", wish(NetworkMode="host"))
        end = await fake_portal.finished("c1")
        assert (end.outcome, end.code) == ("failed", POLICY_CODE)
        assert end.result == {"rule": "containers.host_namespaces"}
