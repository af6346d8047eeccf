"""A team may want to approve its hosts: until then a machine is connected, told so, and of no consequence."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from engine_agent.protocol import decode_from_portal
from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Container, Host
from hosts.models.hosts import HostState
from hosts.problems import HostAway
from hosts.selectors.attention import attention_list
from hosts.selectors.hosts import host_counts, host_list
from hosts.selectors.standing import hosts_waiting, teams_admitting
from hosts.services.commands import command_create
from hosts.services.enrolments import enrolment_create, enrolment_spend
from hosts.services.standing import admission_set, host_approve, host_refuse
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, NotAllowed, NotFound
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.sim.agents import RefusedByPortal, SimAgent, container, linux_facts
from tests.sim.wires import closing_code

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = portal_actor()


def enrol(team: Team, agent: SimAgent, name: str = "newcomer") -> Host:
    _row, token = enrolment_create(team=team, actor=ACTOR)
    body = agent.enrolment(token)
    return enrolment_spend(
        token=token,
        public_key=agent.public_key,
        signature=bytes.fromhex(body["signature"]),
        name=name,
        facts=linux_facts(),
        address="192.0.2.7",
    )


def fresh(host: Host) -> Host:
    return Host.objects.get(pk=host.pk)


@pytest.fixture
def waiting_host(linux_host: Host) -> Host:
    """The Linux host, not approved yet and not connected."""
    Host.objects.filter(pk=linux_host.pk).update(waiting_since=timezone.now(), link="", observed_at=None)
    return fresh(linux_host)


@pytest.mark.parametrize(("approval", "state"), [(True, HostState.WAITING), (False, HostState.OFFLINE)])
def test_the_team_says_whether_newcomers_wait(team: Team, approval: bool, state: HostState) -> None:
    admission_set(team=team, approval=approval, actor=ACTOR)
    host = enrol(team, SimAgent())
    assert host.state == state
    assert AuditEntry.objects.get(action="host.enrol").detail["waiting"] is approval


def test_hosts_that_are_in_stay_in(team: Team, linux_host: Host) -> None:
    admission_set(team=team, approval=True, actor=ACTOR)
    assert fresh(linux_host).state == HostState.ONLINE


async def test_it_is_connected_and_told_and_nothing_is_kept_but_who_it_is(waiting_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)})
    await give_key(waiting_host, agent)
    connection = await wire_to_portal()
    welcome = await agent.shake_hands(connection)
    assert "waiting for approval" in welcome.waiting
    agent._wire = connection
    await agent.say(wire.Facts(linux_facts(os_name="Newcomer Linux")))
    await agent.snapshot()
    await agent.change(container(2))
    await eventually(lambda: fresh(waiting_host).os_name == "Newcomer Linux")
    host = await sync_to_async(fresh)(waiting_host)
    assert host.state == HostState.WAITING
    assert host.heard_lately
    assert await Container.objects.acount() == 0
    await connection.close()


def test_nothing_can_be_asked_of_it(waiting_host: Host) -> None:
    with pytest.raises(Conflict) as caught:
        command_create(host=waiting_host, body=ContainerAction("c", "stop"), summary="x", actor=ACTOR)
    assert caught.value.code == "host-waiting"
    from engine_agent.protocol.bodies import ContainerLogs
    from hosts import dispatch

    with pytest.raises(HostAway) as away:
        dispatch.query(waiting_host, ContainerLogs("c"))
    assert away.value.code == "host-waiting"


async def test_once_approved_it_connects_anew_and_is_a_host_like_any_other(waiting_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)})
    await give_key(waiting_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    await sync_to_async(lambda: host_approve(host=fresh(waiting_host), actor=ACTOR))()
    async with asyncio.timeout(5):
        message = decode_from_portal(await connection.receive())
        while not isinstance(message, wire.Drain):
            message = decode_from_portal(await connection.receive())
        assert message.within <= 1
        assert await closing_code(connection) == 1012
    async with connected(agent):
        await eventually(lambda: Container.objects.count() == 1)
        assert (await sync_to_async(fresh)(waiting_host)).state == HostState.ONLINE


async def test_once_refused_it_is_shut_out_for_good(waiting_host: Host) -> None:
    agent = SimAgent()
    await give_key(waiting_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    await sync_to_async(lambda: host_refuse(host=fresh(waiting_host), actor=ACTOR))()
    async with asyncio.timeout(2):
        assert await closing_code(connection) == 4403
    again = await wire_to_portal()
    with pytest.raises(RefusedByPortal) as caught:
        await agent.shake_hands(again)
    assert caught.value.refused.code == "revoked"


async def test_a_clone_of_a_waiting_machine_is_a_conflict_too(waiting_host: Host) -> None:
    agent = SimAgent()
    await give_key(waiting_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    with pytest.raises(RefusedByPortal) as caught:
        await SimAgent(key=agent.key).shake_hands(await wire_to_portal())
    assert caught.value.refused.code == "conflict"
    await connection.close()


@pytest.mark.parametrize("decide", [host_approve, host_refuse])
def test_only_a_waiting_host_is_decided_about(linux_host: Host, decide: object) -> None:
    with pytest.raises(Conflict) as caught:
        decide(host=linux_host, actor=ACTOR)  # type: ignore[operator]
    assert caught.value.code == "host-not-waiting"


def test_who_decides(waiting_host: Host, admin: User, deployer: User, stranger: User) -> None:
    for user, kind in ((deployer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(kind):
            host_approve(host=waiting_host, actor=actor_for_user(user))
    with pytest.raises(NotAllowed):
        admission_set(team=waiting_host.team, approval=True, actor=actor_for_user(deployer))
    assert [host.pk for host in hosts_waiting(actor=actor_for_user(admin))] == [waiting_host.pk]
    assert not hosts_waiting(actor=actor_for_user(stranger)).exists()
    assert not hosts_waiting(actor=actor_for_user(deployer)).exists()
    host_approve(host=waiting_host, actor=actor_for_user(admin))
    assert fresh(waiting_host).waiting_since is None


def test_it_is_counted_listed_and_asked_about(waiting_host: Host, admin: User) -> None:
    actor = actor_for_user(admin)
    counts = host_counts(actor=actor)
    assert (counts.total, counts.waiting, counts.offline, counts.online) == (1, 1, 0, 0)
    assert [host.pk for host in host_list(actor=actor, state="waiting")] == [waiting_host.pk]
    assert not host_list(actor=actor, state="offline")
    assert [one.kind for one in attention_list(actor=actor)] == ["host-waiting"]
    assert [(one.team, one.approval) for one in teams_admitting(actor=actor)] == [(waiting_host.team, False)]


def test_an_old_newcomer_still_waits(waiting_host: Host) -> None:
    Host.objects.update(waiting_since=timezone.now() - timedelta(days=9))
    assert fresh(waiting_host).state == HostState.WAITING


@pytest.mark.parametrize("approval", [True, False])
def test_the_answer_to_an_enrolment_says_whether_it_waits(team: Team, approval: bool) -> None:
    admission_set(team=team, approval=approval, actor=ACTOR)
    _row, token = enrolment_create(team=team, actor=ACTOR)
    body = SimAgent().enrolment(token, "newcomer")
    answer = Client().post("/api/v1/agent/enrol", body, content_type="application/json")
    assert (answer.status_code, answer.json()["waiting"]) == (200, approval)
