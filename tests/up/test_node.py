"""Where a node listens, and how it ends."""

from typing import Any

import pytest

from hosts.consumers.agent import AgentConsumer
from hosts.consumers.draining import agents_drain
from hosts.consumers.presence import presence
from portal.up.node import Node, endpoint, endpoints


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("127.0.0.1", 8000), ["tcp:port=8000:interface=127.0.0.1"]),
        (("0.0.0.0", 80), ["tcp:port=80:interface=0.0.0.0"]),
        (("::1", 8000), [r"tcp6:port=8000:interface=\:\:1"]),
        (("192.168.1.5", 80), ["tcp:port=80:interface=192.168.1.5", "tcp:port=80:interface=127.0.0.1"]),
    ],
)
def test_it_listens_where_it_was_told_and_on_a_loopback_address(address: tuple[str, int], expected: list[str]) -> None:
    assert endpoints(*address) == expected


def test_colons_of_an_address_are_escaped() -> None:
    assert endpoint("::", 8000) == r"tcp6:port=8000:interface=\:\:"


def test_a_refused_address_ends_the_node_with_the_reason() -> None:
    class Failure:
        def getErrorMessage(self) -> str:
            return "Couldn't listen on 127.0.0.1:8000: Address already in use."

    node = Node(None, endpoints=["tcp:port=8000"])
    node.listen_error(Failure())
    assert "already in use" in node.refused
    assert node.abort_start


class Linked(AgentConsumer):
    """An agent connection that writes down what it is told."""

    def __init__(self, link: str, fault: bool = False) -> None:
        super().__init__()
        self.link = link
        self.fault = fault
        self.within: list[float] = []

    async def drain(self, within: float) -> None:
        if self.fault:
            raise ConnectionResetError
        self.within.append(within)


@pytest.fixture
def watched() -> Any:
    """Makes connections that are watched until the end of the test."""
    made: list[Linked] = []

    def make(link: str, fault: bool = False) -> Linked:
        connection = Linked(link, fault)
        connection.heard_at = connection.beat_at = 0.0
        made.append(connection)
        presence()._watched[link] = connection
        return connection

    return make


async def test_every_agent_is_told_even_when_one_is_gone(watched: Any) -> None:
    one, gone, two = watched("a"), watched("b", fault=True), watched("c")
    assert await agents_drain() == 3
    assert len(one.within) == len(two.within) == 1
    assert gone.within == []


async def test_many_agents_come_back_over_a_longer_time(watched: Any) -> None:
    connections = [watched(str(number)) for number in range(1000)]
    await agents_drain()
    assert connections[0].within == [3.0]


async def test_a_node_without_agents_ends_at_once() -> None:
    assert await agents_drain() == 0
