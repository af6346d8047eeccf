"""Published ports: who holds which, and whether two of them collide. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from gallery.compose.types import Port
from hosts.observed import HOLDING_PORTS, HeldPort, ObservedContainer, ObservedHost

ALL = {"", "0.0.0.0", "::"}  # noqa: S104 - how an engine writes "every address"


@dataclass(frozen=True)
class Taken:
    """A port that cannot be had. holder: the name of the container that holds it."""

    port: str
    protocol: str
    holder: str


def numbers(published: str) -> range:
    """The host ports that a published text stands for; empty when the engine chooses."""
    first, _, last = published.partition("-")
    if not first.isdigit():
        return range(0)
    return range(int(first), int(last if last.isdigit() else first) + 1)


def overlap(one: str, other: str) -> bool:
    """Whether two host addresses take the same port from each other."""
    return one in ALL or other in ALL or one == other


def taken(port: Port, containers: Iterable[ObservedContainer]) -> Taken | None:
    """What stands in the way of publishing `port` beside these containers; of a range one free port is enough."""
    wanted = numbers(port.published)
    if not wanted:
        return None
    holder = ""
    for number in wanted:
        found = _holder(number, port.protocol, port.address, containers)
        if not found:
            return None
        holder = holder or found
    return Taken(port.published, port.protocol, holder)


def holders(host: ObservedHost, *, project: str) -> list[ObservedContainer]:
    """The containers of the host that hold ports and will still be there when the project has been deployed."""
    return [one for one in host.containers if one.state in HOLDING_PORTS and one.project != project]


def collide(one: Port, other: Port) -> bool:
    """Whether two ports of the same project cannot be on the same host."""
    first, second = numbers(one.published), numbers(other.published)
    if len(first) != 1 or len(second) != 1 or one.protocol != other.protocol:
        return False
    return first[0] == second[0] and overlap(one.address, other.address)


def _holder(number: int, protocol: str, address: str, containers: Iterable[ObservedContainer]) -> str:
    for container in containers:
        for held in container.ports:
            if _same(held, number, protocol) and overlap(held.address, address):
                return container.name
    return ""


def _same(held: HeldPort, number: int, protocol: str) -> bool:
    return held.published == number and held.protocol == protocol
