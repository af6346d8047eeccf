"""Bridges of the test machine, and network namespaces that stand for hosts on one.

A lab network is a bridge `ph<N>` with the subnet 10.<N>.0.0/16, of which 10.<N>.0.0/24 is used for hosts or for the
default bridge of an engine. The name is the reservation: the kernel makes each link once.
"""

import ipaddress
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .folders import note_network
from .parts import LabError, as_root, program, run

SUBNETS = range(200, 250)


@dataclass(frozen=True)
class Bridge:
    """A bridge with the machine's own address on it."""

    name: str
    number: int

    @property
    def address(self) -> str:
        """The machine's address on the bridge."""
        return f"10.{self.number}.0.1"

    @property
    def pool(self) -> str:
        """Addresses for further networks of an engine on this bridge."""
        return f"10.{self.number}.128.0/17"


def make_bridge(folder: Path) -> Bridge:
    """A new bridge that belongs to `folder`, with forwarding allowed on it. Raises LabError when all are taken."""
    taken = _networks_in_use()
    for number in random.sample(SUBNETS, len(SUBNETS)):  # test runs beside each other seldom meet
        subnet = ipaddress.ip_network(f"10.{number}.0.0/16")
        name = f"ph{number}"
        if any(subnet.overlaps(network) for network in taken):
            continue
        try:
            _ip("link", "add", name, "type", "bridge")
        except LabError as error:
            if "File exists" in str(error):  # another test run was faster
                continue
            raise
        note_network(folder, f"link {name}")
        _ip("address", "add", f"10.{number}.0.1/24", "dev", name)
        _ip("link", "set", name, "up")
        rule = f"FORWARD -i {name} -o {name} -j ACCEPT"
        run(as_root([program("iptables"), "-w", "-I", *rule.split()]))
        note_network(folder, f"rule {rule}")
        return Bridge(name, number)
    raise LabError("No free subnet 10.200.0.0/16 to 10.249.0.0/16 for the lab; type: python -m tests.lab.folders")


@dataclass(frozen=True)
class Namespace:
    """A network namespace on a bridge: a machine of its own as far as addresses and ports go."""

    name: str
    address: str
    link: str

    @property
    def prefix(self) -> list[str]:
        """What starts a command inside; unlike `ip netns exec` it keeps /sys, and so the cgroups."""
        return [program("nsenter"), f"--net=/run/netns/{self.name}", "--"]

    def unplug(self) -> None:
        """Take the cable out: packets vanish, nobody is told."""
        _ip("link", "set", self.link, "down")

    def plug(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self.link, "up")

    def lose(self, port: int, share: float = 1.0) -> None:
        """Lose packets to and from a loopback port in here, all or a share of them: the line is half-open, or bad."""
        chance = ["-m", "statistic", "--mode", "random", "--probability", f"{share:g}"] if share < 1 else []
        for end in ("--dport", "--sport"):
            self._filter("-A", "INPUT", "-i", "lo", "-p", "tcp", end, str(port), *chance, "-j", "DROP")

    def lose_nothing(self) -> None:
        """End of `lose`."""
        self._filter("-F", "INPUT")

    def _filter(self, *words: str) -> None:
        run(as_root([*self.prefix, program("iptables"), "-w", *words]))


def make_namespace(folder: Path, bridge: Bridge, index: int) -> Namespace:
    """Host number `index` (1 to 200) on `bridge`, with the machine as its gateway."""
    name, link, address = f"{bridge.name}-{index}", f"{bridge.name}v{index}", f"10.{bridge.number}.0.{index + 10}"
    _ip("netns", "add", name)
    note_network(folder, f"netns {name}")
    _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
    note_network(folder, f"link {link}")
    _ip("link", "set", link, "master", bridge.name, "up")
    inside = ("-netns", name)
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{address}/24", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    _ip(*inside, "route", "add", "default", "via", bridge.address)
    return Namespace(name, address, link)


def make_silent_namespace(folder: Path, name: str) -> None:
    """A network namespace with a loopback, and a cable to nowhere: without one a browser calls itself offline."""
    _ip("netns", "add", name)
    note_network(folder, f"netns {name}")
    inside = ("-netns", name)
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "link", "add", "eth0", "type", "veth", "peer", "name", "end0")
    _ip(*inside, "address", "add", "192.0.2.2/24", "dev", "eth0")
    for link in ("eth0", "end0"):  # no address of its own making, which would come later and be a change
        _ip(*inside, "link", "set", link, "addrgenmode", "none")
        _ip(*inside, "link", "set", link, "up")


def _ip(*words: str) -> str:
    return run(as_root([program("ip"), *words]))


def _networks_in_use() -> list[ipaddress.IPv4Network]:
    routes: list[dict[str, Any]] = json.loads(_ip("-4", "-json", "route", "show", "table", "all") or "[]")
    return [
        ipaddress.IPv4Network(str(route["dst"]), strict=False)
        for route in routes
        if route.get("dst") not in {None, "default"}
    ]
