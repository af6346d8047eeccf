"""All machines of one stand-in that run for real, on a network of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.lab.hosts import LabNetwork

from .linux import LinuxMachine
from .machines import Machine
from .places import Place
from .windows import WindowsMachine


class Fleet(LabNetwork):
    """A maker of machines for `World.maker`. ports: loopback ports of the test machine that the machines share.

    mirror: a registry (host:port) that stands for Docker Hub; its port has to be among `ports`.
    """

    def __init__(self, *, ports: Sequence[int] = (), mirror: str = "") -> None:
        super().__init__()
        self.ports = tuple(ports)
        self.mirror = mirror
        self.machines: list[LinuxMachine | WindowsMachine] = []

    def __call__(self, name: str, resource: Mapping[str, Any]) -> Machine:
        """A machine for a virtualMachines resource; it is off."""
        place = Place(self.namespace(), self.ports)
        machine: LinuxMachine | WindowsMachine
        if "windowsConfiguration" in resource["properties"]["osProfile"]:
            machine = WindowsMachine(resource, place, mirror=self.mirror)
        else:
            mirror = f"http://{self.mirror}" if self.mirror else ""
            machine = LinuxMachine(resource, place, mirror=mirror, baked=self.baked)
        self.machines.append(machine)
        return machine

    @property
    def baked(self) -> Path:
        """What Linux machines of this fleet have below /opt from the second one on."""
        return self.folder / "baked"

    def named(self, name: str) -> LinuxMachine | WindowsMachine:
        """The machine of that name that was made last."""
        return next(machine for machine in reversed(self.machines) if machine.name == name)

    def stop(self) -> None:
        """End every machine, then the network."""
        for machine in self.machines:
            machine.stop()
        super().stop()
