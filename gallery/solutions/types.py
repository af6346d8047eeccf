"""What a solution is: kinds of machines, an application for them, and what it asks."""

from dataclasses import dataclass, field

from gallery.catalogue.types import Parameter


@dataclass(frozen=True)
class MachineKind:
    """Machines of one kind. role: the label `role` of their hosts, by which services are placed.

    image: a system of hosts.azure (ubuntu-24.04, windows-2022, …). open: TCP ports that are reached from outside, each
    a number or the name of a port parameter.
    """

    role: str
    title: str
    image: str
    size: str
    count: int = 1
    open: tuple[str, ...] = ()
    disk_gib: int = 64

    @property
    def windows(self) -> bool:
        return self.image.startswith("windows")

    def ports(self, values: dict[str, str]) -> tuple[int, ...]:
        """The open ports, with parameters replaced by their values."""
        return tuple(sorted({int(values.get(one, one)) for one in self.open}))


@dataclass(frozen=True)
class Solution:
    """slug: in addresses. logo: name of an icon. description: markdown. compose: text with ${NAME} for each parameter.

    cluster: the machines are joined in a Docker Swarm, and the application is deployed to that. makes, needs: a
    sentence each, what a person gets and what has to be there before.
    """

    slug: str
    title: str
    summary: str
    makes: str
    needs: str
    description: str
    logo: str
    machines: tuple[MachineKind, ...]
    parameters: tuple[Parameter, ...]
    compose: str
    images: tuple[str, ...]
    cluster: bool = False
    order: int = 100
    systems: tuple[str, ...] = field(default=())

    @property
    def machine_count(self) -> int:
        """How many machines it has in all."""
        return sum(kind.count for kind in self.machines)
