"""Commands reach their agent, at least once and in order, and have their effect once."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import ContainerAction
from hosts import dispatch
from hosts.models import Command, Container, Deployment, Host
from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState
from hosts.problems import HostAway
from hosts.selectors.containers import container_inspect, container_logs
from hosts.services.applications import application_create
from hosts.services.commands import command_cancel, command_create, commands_waiting
from hosts.services.containers import container_act
from hosts.services.deployments import deployment_start
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound, Problem, Unavailable
from tests.hosts.resolving import resolve
from tests.hosts.wiring import connected, eventually, give_key
from tests.sim.agents import Script, SimAgent, container

pytestmark = pytest.mark.django_db(transaction=True)


def create(host: Host, cid: str = "a" * 64) -> Command:
    body = ContainerAction(cid=cid, action="restart")
    return command_create(host=host, body=body, summary="Restart it", actor=portal_actor())


def states() -> list[str]:
    return list(Command.objects.order_by("created_at").values_list("state", flat=True))


def mirrored(host: Host, **changes: Any) -> Container:
    usual: dict[str, Any] = {
        "cid": container(1).cid,
        "name": "sim-1",
        "image": "busybox:1",
        "image_id": "x",
        "state": "running",
        "observed_at": timezone.now(),
    }
    return Container.objects.create(host=host, **(usual | changes))


async def test_a_command_reaches_a_connected_agent_and_its_end_is_stored(linux_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)})
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Container.objects.count() == 1)
        await sync_to_async(create)(linux_host, container(1).cid)
        await eventually(lambda: states() == [CommandState.SUCCEEDED])
        command = await Command.objects.aget()
        assert command.sent_at
        assert command.accepted_at
        await eventually(lambda: agent.acknowledged == {str(command.pk)})


async def test_a_host_that_was_away_gets_its_queue_in_order(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    made = [await sync_to_async(create)(linux_host, str(number) * 64) for number in range(5)]
    async with connected(agent):
        await eventually(lambda: set(states()) == {CommandState.SUCCEEDED})
    assert [command.id for command in agent.commands] == [str(command.pk) for command in made]


async def test_what_was_sent_and_not_ended_is_sent_again_with_one_effect(linux_host: Host) -> None:
    agent = SimAgent(script=lambda command: Script(finish=False))
    await give_key(linux_host, agent)
    async with connected(agent):
        command = await sync_to_async(create)(linux_host)
        await eventually(lambda: states() == [CommandState.ACCEPTED])
    agent.results[str(command.pk)] = wire.CommandFinished(str(command.pk), "succeeded")  # it ended while cut off
    async with connected(agent):
        await eventually(lambda: states() == [CommandState.SUCCEEDED])
    assert len(agent.received) >= 2
    assert [sent.id for sent in agent.commands] == [str(command.pk)]


async def test_an_agent_that_never_accepted_gets_it_again(linux_host: Host) -> None:
    agent = SimAgent(script=lambda command: Script(accept=False))
    await give_key(linux_host, agent)
    async with connected(agent):
        await sync_to_async(create)(linux_host)
        await eventually(lambda: states() == [CommandState.SENT])
    agent.script = lambda command: Script()
    async with connected(agent):
        await eventually(lambda: states() == [CommandState.SUCCEEDED])


async def test_cancelling_what_runs_asks_the_agent(linux_host: Host) -> None:
    agent = SimAgent(script=lambda command: Script(finish=False))
    await give_key(linux_host, agent)
    async with connected(agent):
        command = await sync_to_async(create)(linux_host)
        await eventually(lambda: states() == [CommandState.ACCEPTED])
        await sync_to_async(lambda: command_cancel(command=command, actor=portal_actor()))()
        await eventually(lambda: states() == [CommandState.CANCELLED])
    with pytest.raises(Conflict):
        await sync_to_async(lambda: command_cancel(command=command, actor=portal_actor()))()


async def test_a_lost_wake_is_made_up_for(linux_host: Host) -> None:
    from datetime import timedelta

    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)
        await Command.objects.acreate(  # stored, and nobody was woken
            host=linux_host,
            kind="container_action",
            summary="x",
            body=b"",
            expires_at=timezone.now() + timedelta(hours=1),
        )
        wanted: dict[str, Any] = {"host_ids": [linux_host.pk], "older_than": timedelta(seconds=0)}
        assert await sync_to_async(lambda: commands_waiting(**wanted))() == {linux_host.pk}
        wanted["older_than"] = timedelta(seconds=60)
        assert await sync_to_async(lambda: commands_waiting(**wanted))() == set()
        await Command.objects.all().adelete()


async def test_a_deployment_over_the_wire(linux_host: Host) -> None:
    agent = SimAgent(
        script=lambda command: Script(
            steps=(wire.StepReport("start:app-1", "Start shop-app-1", "running"),), lines=(("info", "starting"),)
        )
    )
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)

        def start() -> Deployment:
            revision = application_create(
                team=linux_host.team, name="shop", actor=portal_actor(), service={"image": "nginx:1"}
            )[1]
            return deployment_start(revision=revision, actor=portal_actor(), resolve=resolve)

        deployment = await sync_to_async(start)()
        await eventually(lambda: Deployment.objects.get().state == DeploymentState.SUCCEEDED)
        await eventually(lambda: Container.objects.filter(project="shop", name="shop-app-1").exists())
        texts = [event.text async for event in deployment.events.all()]
        assert "starting" in texts
        assert texts[-1] == "linux-host: everything runs as wanted."


async def test_a_failed_deployment_over_the_wire(linux_host: Host) -> None:
    agent = SimAgent(script=lambda command: Script("rolled_back", "It exited with 1.", "exited", "boom"))
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)

        def start() -> None:
            revision = application_create(
                team=linux_host.team, name="shop", actor=portal_actor(), service={"image": "nginx:1"}
            )[1]
            deployment_start(revision=revision, actor=portal_actor(), resolve=resolve)

        await sync_to_async(start)()
        await eventually(lambda: Deployment.objects.get().state == DeploymentState.ROLLED_BACK)
        deployment = await Deployment.objects.aget()
        assert (deployment.error, deployment.log_tail) == ("linux-host: It exited with 1.", "boom")


# -- questions


async def test_logs_and_inspect_are_asked_of_the_host(linux_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)}, logs="one\ntwo\n")
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Container.objects.count() == 1)

        def ask() -> tuple[str, dict[str, Any]]:
            found = Container.objects.select_related("host").get()
            log = container_logs(actor=portal_actor(), container=found)
            return log.text, container_inspect(actor=portal_actor(), container=found)

        text, inspected = await sync_to_async(ask, thread_sensitive=False)()
        assert text == "one\ntwo\n"
        assert inspected["Config"]["Env"] == ["SECRET=••••••"]


def test_nobody_is_asked_who_is_not_there(linux_host: Host) -> None:
    found = mirrored(linux_host)
    Host.objects.update(link="")
    found = Container.objects.select_related("host").get(pk=found.pk)
    with pytest.raises(HostAway) as caught:
        container_logs(actor=portal_actor(), container=found)
    assert caught.value.status == 503
    assert "Cannot connect to the Docker Engine on linux-host" in caught.value.detail


def test_a_host_that_does_not_answer_in_time(linux_host: Host) -> None:
    with pytest.raises(Unavailable) as caught:
        dispatch.query(linux_host, ContainerAction("x", "y"), timeout=0.05)  # type: ignore[arg-type]
    assert caught.value.code == "host-silent"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("not-found", NotFound), ("engine-gone", Unavailable), ("something", Problem)],
)
def test_errors_of_agents_become_problems(linux_host: Host, code: str, kind: type[Problem]) -> None:
    from engine_agent.protocol import encode

    class Box:
        def expect(self, query_id: str) -> None: ...

        def wait(self, query_id: str, timeout: float) -> bytes:
            return encode(wire.Answer(query_id, error="No such container", code=code))

        async def put(self, query_id: str, payload: bytes) -> None: ...

    with pytest.raises(kind) as caught:
        dispatch.query(linux_host, ContainerAction("x", "y"), via=Box())  # type: ignore[arg-type]
    assert "linux-host: No such container" in caught.value.detail


async def test_an_answer_that_nobody_asked_for_is_dropped(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await agent.say(wire.Answer("f" * 32, {"text": "x"}))
        await agent.change(container(1))
        await eventually(lambda: Container.objects.count() == 1)


# -- what a person asks


@pytest.mark.parametrize(
    ("state", "action", "force", "code"),
    [
        ("running", "stop", False, None),
        ("running", "restart", False, None),
        ("running", "kill", False, None),
        ("running", "remove", True, None),
        ("exited", "remove", False, None),
        ("exited", "start", False, None),
        ("running", "remove", False, "container-running"),
        ("exited", "kill", False, "not-running"),
    ],
)
def test_actions(linux_host: Host, deployer: User, state: str, action: str, force: bool, code: str | None) -> None:
    found = mirrored(linux_host, state=state)
    actor = actor_for_user(deployer)

    def act() -> Command:
        return container_act(container=found, action=action, actor=actor, force=force)

    if code is None:
        command = act()
        assert command.kind == "container_action"
        assert AuditEntry.objects.get().action == f"container.{action}"
    else:
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == code


@pytest.mark.parametrize(
    "wish", [{"action": "explode"}, {"action": "stop", "timeout": -1}, {"action": "kill", "signal": "9; rm -rf /"}]
)
def test_senseless_actions(linux_host: Host, wish: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        container_act(container=mirrored(linux_host), actor=portal_actor(), **wish)


def test_who_may_act(linux_host: Host, viewer: User, stranger: User) -> None:
    found = mirrored(linux_host)
    for user, kind in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(kind):
            container_act(container=found, action="stop", actor=actor_for_user(user))
    assert AuditEntry.objects.filter(result="denied").count() == 2
    assert not Command.objects.exists()


def test_the_state_of_a_container_on_a_host_that_is_away_refuses_nothing(linux_host: Host) -> None:
    found = mirrored(linux_host, state="exited")
    Host.objects.update(link="")
    found.host.refresh_from_db()
    assert container_act(container=found, action="kill", actor=portal_actor()).in_line


def check_redis(url: str) -> Callable[[], bytes | None]:
    from hosts.answers import RedisAnswers

    return lambda: RedisAnswers(url).wait("question", 2)


@pytest.mark.redis
async def test_answers_travel_by_redis(redis_server: Any) -> None:
    from hosts.answers import RedisAnswers

    box = RedisAnswers(redis_server.url)
    await box.put("question", b"answer")
    assert await sync_to_async(check_redis(redis_server.url), thread_sensitive=False)() == b"answer"
    assert await sync_to_async(lambda: box.wait("other", 0.2), thread_sensitive=False)() is None
