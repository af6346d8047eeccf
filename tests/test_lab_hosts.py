"""Two engines are two hosts: apart, within reach of each other, and gone afterwards."""

from collections.abc import Sequence

import pytest

from tests.lab.folders import root_folder
from tests.lab.hosts import LabHost, start_hosts
from tests.lab.images import BUSYBOX
from tests.lab.parts import LabError, run
from tests.lab.processes import wait_until
from tests.lab.registry import Registry


def serve(host: LabHost, text: str, port: int = 8080) -> None:
    command = f"while true; do echo {text} | nc -l -p 8080; done"
    host.engine.docker("run", "-d", "-p", f"{port}:8080", BUSYBOX, "sh", "-c", command)


def ask(host: LabHost, address: str, port: int = 8080) -> str:
    """What a container on `host` reads from address:port."""
    return host.engine.docker("run", "--rm", BUSYBOX, "nc", "-w", "3", address, str(port), check=False)


def test_hosts_have_ids_and_addresses_of_their_own(two_hosts: Sequence[LabHost]) -> None:
    left, right = two_hosts
    assert left.engine.id != right.engine.id
    assert left.address != right.address


def test_a_container_reaches_a_published_port_of_the_other_host(two_hosts: Sequence[LabHost]) -> None:
    left, right = two_hosts
    serve(right, "ahoy")
    wait_until(lambda: ask(left, right.address) == "ahoy\n", seconds=10, what="an answer from the other host")


def test_both_hosts_publish_the_same_port(two_hosts: Sequence[LabHost]) -> None:
    left, right = two_hosts
    serve(left, "port")
    serve(right, "starboard")
    wait_until(lambda: ask(right, left.address) == "port\n", seconds=10, what="an answer of the left host")
    wait_until(lambda: ask(left, right.address) == "starboard\n", seconds=10, what="an answer of the right host")


def test_an_unplugged_host_is_out_of_reach_until_plugged(two_hosts: Sequence[LabHost]) -> None:
    left, right = two_hosts
    serve(right, "ahoy")
    wait_until(lambda: ask(left, right.address) == "ahoy\n", seconds=10, what="an answer before the cut")
    right.unplug()
    assert ask(left, right.address) == ""
    right.plug()
    wait_until(lambda: ask(left, right.address) == "ahoy\n", seconds=10, what="an answer after the cut")


def test_a_host_pulls_from_the_registry_on_the_machines_loopback(
    two_hosts: Sequence[LabHost], registry: Registry
) -> None:
    left, right = two_hosts
    left.reach_loopback(registry.port)
    right.reach_loopback(registry.port)
    reference = registry.push(left.engine, BUSYBOX, "hosts/busybox:1")
    right.engine.docker("pull", reference)
    assert right.engine.docker("run", "--rm", reference, "echo", "pulled") == "pulled\n"


def test_hosts_leave_no_network_behind() -> None:
    with start_hosts(1) as (host,):
        name, folder = host.namespace.name, host.engine.folder
        assert name in run(["ip", "netns"])
    bridge = name.split("-")[0]
    assert name not in run(["ip", "netns"]).split()
    assert bridge not in run(["ip", "-o", "link"])
    assert f" {bridge} " not in run(["iptables", "-w", "-S"])
    assert not folder.exists()
    assert not [left for left in root_folder().glob("h-*") if left == host.folder]


def test_a_host_without_a_registry_relay_cannot_reach_it(registry: Registry) -> None:
    with start_hosts(1) as (host,):
        host.engine.image_from_busybox(BUSYBOX)
        with pytest.raises(LabError, match="connection refused"):
            registry.push(host.engine, BUSYBOX, "hosts/unreachable:1")
