"""An agent comes in by proof of its key, and nobody else does."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import decode_from_portal, encode
from engine_agent.protocol import messages as wire
from engine_agent.protocol.upkeep import PrunePreview, PruneWish
from hosts import dispatch
from hosts.consumers.proof import ours
from hosts.models import Host
from hosts.models.hosts import HostState
from hosts.services.hosts import host_revoke
from portal.people.access import portal_actor
from portal.people.models import AuditEntry
from portal.problems import Conflict
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.sim.agents import ORIGIN, RefusedByPortal, SimAgent, container
from tests.sim.wires import Closed, closing_code

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(host: Host) -> Host:
    return Host.objects.get(pk=host.pk)


async def refusal(agent: SimAgent, *, origin: str = ORIGIN) -> wire.Refused:
    connection = await wire_to_portal()
    with pytest.raises(RefusedByPortal) as caught:
        await agent.shake_hands(connection, origin=origin)
    with pytest.raises(Closed) as closed:
        await connection.receive()
    assert closed.value.code == 4401
    return caught.value.refused


async def test_a_known_agent_is_welcomed_and_its_host_is_online(linux_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)})
    await give_key(linux_host, agent)
    async with connected(agent):
        assert agent.host_id == str(linux_host.pk)
        await eventually(lambda: fresh(linux_host).containers.count() == 1)
        host = await sync_to_async(fresh)(linux_host)
        assert host.state == HostState.ONLINE
        assert host.observed_at is not None
        assert host.os_name == "Debian GNU/Linux 12 (bookworm)"
    await eventually(lambda: fresh(linux_host).link == "")
    assert (await sync_to_async(fresh)(linux_host)).state == HostState.OFFLINE


async def test_an_unknown_key_is_refused_and_audited_with_its_address() -> None:
    refused = await refusal(SimAgent())
    assert refused.code == "unknown-key"
    assert "engine-agent enrol" in refused.detail
    assert refused.retry_after is None
    entry = await sync_to_async(AuditEntry.objects.get)(action="agent.connect")
    assert entry.result == AuditEntry.Result.DENIED
    assert entry.address == "192.0.2.7"


async def test_a_forged_agent_without_the_private_key_is_refused(linux_host: Host) -> None:
    agent, thief = SimAgent(), SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    challenge = decode_from_portal(await connection.receive())
    assert isinstance(challenge, wire.Challenge)
    hello = thief.hello(challenge.nonce)
    await connection.send(encode(wire.Hello(1, agent.public_key, ORIGIN, hello.signature, "0.1.0", "boot")))
    answer = decode_from_portal(await connection.receive())
    assert isinstance(answer, wire.Refused)
    assert answer.code == "bad-signature"
    assert (await sync_to_async(fresh)(linux_host)).link == ""


async def test_a_replayed_hello_is_refused(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    first = await wire_to_portal()
    challenge = decode_from_portal(await first.receive())
    assert isinstance(challenge, wire.Challenge)
    heard = encode(agent.hello(challenge.nonce))
    second = await wire_to_portal()
    await second.receive()
    await second.send(heard)
    answer = decode_from_portal(await second.receive())
    assert isinstance(answer, wire.Refused)
    assert answer.code == "bad-signature"
    await first.close()


async def test_a_hello_made_for_another_portal_is_refused(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    refused = await refusal(agent, origin="https://evil.example")
    assert refused.code == "bad-signature"
    assert "evil.example" in refused.detail


async def test_another_protocol_is_refused_with_both_ranges(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    challenge = decode_from_portal(await connection.receive())
    assert isinstance(challenge, wire.Challenge)
    hello = agent.hello(challenge.nonce)
    await connection.send(encode(wire.Hello(99, *[getattr(hello, name) for name in wire.Hello.__struct_fields__[1:]])))
    answer = decode_from_portal(await connection.receive())
    assert isinstance(answer, wire.Refused)
    assert answer.code == "protocol"
    assert "99" in answer.detail


async def test_a_revoked_host_is_refused(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    await sync_to_async(Host.objects.filter(pk=linux_host.pk).update)(revoked_at=timezone.now())
    assert (await refusal(agent)).code == "revoked"


async def test_revoking_closes_the_socket_within_two_seconds(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    await sync_to_async(lambda: host_revoke(host=fresh(linux_host), actor=portal_actor()))()
    async with asyncio.timeout(2):
        answer = decode_from_portal(await connection.receive())
        while not isinstance(answer, wire.Refused):
            answer = decode_from_portal(await connection.receive())
        assert answer.code == "revoked"
        with pytest.raises(Closed) as closed:
            await connection.receive()
    assert closed.value.code == 4403


async def test_the_same_process_replaces_its_old_connection(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    old = await wire_to_portal()
    await agent.shake_hands(old)
    first = (await sync_to_async(fresh)(linux_host)).link
    new = await wire_to_portal()
    await agent.shake_hands(new)
    assert await closing_code(old) == 4409
    host = await sync_to_async(fresh)(linux_host)
    assert host.link
    assert host.link != first
    await new.close()


async def test_another_process_with_the_same_key_is_a_conflict_that_the_first_survives(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        before = (await sync_to_async(fresh)(linux_host)).link
        clone = SimAgent(key=agent.key)
        refused = await refusal(clone)
        assert refused.code == "conflict"
        assert "clone" in refused.detail
        assert refused.retry_after is not None
        host = await sync_to_async(fresh)(linux_host)
        assert host.link == before
        assert host.conflict["address"] == "192.0.2.7"
        assert await sync_to_async(AuditEntry.objects.filter(detail__code="conflict").count)() == 1


async def test_a_restarted_agent_gets_in_when_the_old_process_has_been_silent(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    long_ago = timezone.now() - timedelta(seconds=20)
    rows = Host.objects.filter(pk=linux_host.pk)
    await sync_to_async(rows.update)(link="dead@node.1", last_seen_at=long_ago)
    async with connected(agent):
        assert (await sync_to_async(fresh)(linux_host)).link.startswith(agent.boot)


async def test_a_silent_connection_is_ended(linux_host: Host) -> None:
    from hosts.consumers.presence import presence

    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    await presence().tick(asyncio.get_running_loop().time() + 15.5)
    assert await closing_code(connection) == 4408
    assert (await sync_to_async(fresh)(linux_host)).state == HostState.OFFLINE


async def test_heartbeats_are_sent_and_what_was_heard_is_written(linux_host: Host) -> None:
    from hosts.consumers.presence import presence

    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: fresh(linux_host).observed_at is not None)
        long_ago = timezone.now() - timedelta(seconds=14)
        rows = Host.objects.filter(pk=linux_host.pk)
        await sync_to_async(rows.update)(last_seen_at=long_ago, observed_at=long_ago)
        await presence().tick(asyncio.get_running_loop().time() + 6)
        host = await sync_to_async(fresh)(linux_host)
        assert host.last_seen_at is not None
        assert host.last_seen_at > long_ago
        assert host.observed_at is not None
        assert host.observed_at > long_ago


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:9999", True),
        ("http://[::1]:8000", True),
        ("https://evil.example", False),
        ("ftp://localhost", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_are_ours(origin: str, known: bool) -> None:
    assert ours(origin) is known


async def test_two_engines_with_one_id_are_shown_as_a_conflict(linux_host: Host, windows_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    challenge = decode_from_portal(await connection.receive())
    assert isinstance(challenge, wire.Challenge)
    hello = agent.hello(challenge.nonce)
    fields = {name: getattr(hello, name) for name in wire.Hello.__struct_fields__}
    await connection.send(encode(wire.Hello(**{**fields, "engine_id": windows_host.engine_id})))
    assert isinstance(decode_from_portal(await connection.receive()), wire.Welcome)
    host = await sync_to_async(fresh)(linux_host)
    assert "same id" in host.conflict["detail"]
    assert host.engine_id == ""
    await connection.close()


async def test_an_older_agent_is_not_sent_a_question_that_it_does_not_know(linux_host: Host) -> None:
    agent, body = SimAgent(heartbeat=60), PrunePreview(PruneWish(("containers",)))
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: fresh(linux_host).state == HostState.ONLINE)
        host = await sync_to_async(fresh)(linux_host)
        with pytest.raises(Conflict, match="too old") as refused:
            await asyncio.to_thread(dispatch.query, host, body)
        assert refused.value.code == "agent-too-old"
        agent.features = ("upkeep",)
    async with connected(agent):
        assert await asyncio.to_thread(dispatch.query, host, body)
