"""The request to dial back, from the gateway over the channel layer to the agent: which address, and to whom at all."""

from typing import Any
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer

from engine_agent.protocol.messages import Delta, StreamOpen
from hosts import dispatch
from hosts.gateway.fleet import PortalFleet, host_look, streams_url
from hosts.models import Host
from hosts.problems import HostAway
from portal.problems import NotFound
from tests.endpoint.streaming import until
from tests.hosts.wiring import connected, give_key
from tests.sim.agents import SimAgent

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_host_is_looked_up_with_its_key(linux_host: Host) -> None:
    found = host_look(linux_host.pk)
    assert (found.name, found.public_key.hex()) == ("linux-host", linux_host.public_key)


def test_a_host_that_is_away_or_unknown(linux_host: Host) -> None:
    Host.objects.filter(pk=linux_host.pk).update(link="")
    with pytest.raises(HostAway, match="linux-host"):
        host_look(linux_host.pk)
    with pytest.raises(NotFound):
        host_look(uuid4())


@pytest.mark.parametrize(
    ("own", "public", "address"),
    [
        ("", "https://portal.example", "wss://portal.example"),
        ("", "http://127.0.0.1:8000", "ws://127.0.0.1:8000"),
        ("wss://node1.portal.example", "https://portal.example", "wss://node1.portal.example"),
    ],
)
def test_the_public_address_follows_the_portal_s_unless_told(
    settings: Any, own: str, public: str, address: str
) -> None:
    settings.STREAMS_URL, settings.PUBLIC_URL = own, public
    assert streams_url() == address


async def test_the_fleet_looks_and_asks(linux_host: Host) -> None:
    fleet = PortalFleet()
    assert (await fleet.look(linux_host.pk)).name == "linux-host"
    await fleet.ask(linux_host.pk, stream_id="s", token="t")  # nobody listens: nothing happens


def test_the_machine_has_a_name() -> None:
    assert dispatch.machine() == dispatch.machine() != ""


LOCAL, PUBLIC = "ws://127.0.0.1:9001", "wss://portal.example"


async def ask(host: Host, machine: str) -> None:
    """The request of a gateway on that machine."""
    layer = get_channel_layer()
    assert layer is not None
    event = {"type": dispatch.STREAM, "id": "s1", "token": "secret", "machine": machine}
    await layer.group_send(dispatch.group_of(host.pk), event | {"local": LOCAL, "public": PUBLIC})


@pytest.mark.parametrize(
    ("origin", "machine", "address"),
    [
        ("http://localhost", "", LOCAL),
        ("http://localhost", "elsewhere", PUBLIC),
        ("https://localhost", "", PUBLIC),
    ],
)
async def test_an_agent_gets_the_address_it_can_reach(
    linux_host: Host, origin: str, machine: str, address: str
) -> None:
    agent = SimAgent(features=("streams",))
    await give_key(linux_host, agent)
    async with connected(agent, origin=origin):
        await ask(linux_host, machine or dispatch.machine())
        await until(lambda: agent.streams)
    assert agent.streams == [StreamOpen("s1", "secret", address)]


async def test_the_gateway_s_request_reaches_the_agent(linux_host: Host) -> None:
    agent = SimAgent(features=("streams",))
    await give_key(linux_host, agent)
    fleet = PortalFleet()
    fleet.local = LOCAL
    async with connected(agent, origin="http://localhost"):
        await fleet.ask(linux_host.pk, stream_id="s2", token="other")
        await until(lambda: agent.streams)
    assert agent.streams == [StreamOpen("s2", "other", LOCAL)]


async def test_an_agent_that_knows_no_streams_is_left_in_peace(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await ask(linux_host, dispatch.machine())
        snapshots = agent.snapshots
        await agent.say(Delta(99))  # a gap: the answer comes after whatever came before it
        await until(lambda: agent.snapshots > snapshots or agent.streams)
    assert agent.streams == []
