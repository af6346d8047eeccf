"""Where a machine of the stand-in is: its network, its name in there, and the loopback ports that it shares."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.network import Namespace
from tests.lab.parts import program
from tests.lab.processes import Server

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class NamedNamespace(Namespace):
    """A network whose programs see a host name of their own."""

    host_name: str = ""

    @property
    def prefix(self) -> list[str]:
        rename = 'hostname "$0" && exec "$@"'
        return [*super().prefix, program("unshare"), "--uts", "--", "/bin/sh", "-c", rename, self.host_name]


@dataclass(frozen=True)
class Place:
    """ports: of the test machine's loopback that are the same here, such as those of the portal and the registry."""

    network: Namespace
    ports: Sequence[int] = ()

    def named(self, name: str) -> NamedNamespace:
        """The network for the programs of the machine `name`."""
        return NamedNamespace(self.network.name, self.network.address, self.network.link, name)


def open_relay(place: Place, folder: Path) -> Server | None:
    """Offer the ports in the network, until the answer is ended. folder: of the machine, for the log."""
    if not place.ports:
        return None
    log = folder / "relay.log"
    words = [place.network.name, *(str(port) for port in place.ports)]
    relay = Server([sys.executable, "-m", "tests.lab.relay", *words], log=log, root=True, cwd=ROOT)
    relay.wait_ready(lambda: "relaying" in relay.tail(), seconds=30)
    return relay
