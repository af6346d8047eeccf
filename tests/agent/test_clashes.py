"""What two containers cannot both have at the same time."""

from typing import Any

import pytest

from engine_agent.clashes import Claims, HostPort, claims_of, clash
from tests.agent.wishes import container


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        (HostPort(80), HostPort(80), True),
        (HostPort(80), HostPort(81), False),
        (HostPort(53, "udp"), HostPort(53, "tcp"), False),
        (HostPort(80, address="127.0.0.1"), HostPort(80, address="127.0.0.2"), False),
        (HostPort(80, address="127.0.0.1"), HostPort(80, address="0.0.0.0"), True),
        (HostPort(80, address="::"), HostPort(80, address="10.0.0.1"), True),
    ],
)
def test_ports(first: HostPort, second: HostPort, meet: bool) -> None:
    assert first.meets(second) is meet
    assert second.meets(first) is meet


@pytest.mark.parametrize(
    ("host_config", "writes"),
    [
        ({"Binds": ["data:/data"]}, {"data"}),
        ({"Binds": ["data:/data:ro"]}, set()),
        ({"Binds": ["/srv/www:/www:ro,z"]}, set()),
        ({"Binds": ["/srv/www:/www:z"]}, {"/srv/www"}),
        ({"Binds": ["C:\\data:C:\\data"]}, {"C:\\data"}),
        ({"Binds": ["C:\\data:C:\\data:ro"]}, set()),
        ({"Mounts": [{"Type": "volume", "Source": "data", "Target": "/d"}]}, {"data"}),
        ({"Mounts": [{"Type": "volume", "Source": "data", "Target": "/d", "ReadOnly": True}]}, set()),
        ({"Mounts": [{"Type": "tmpfs", "Target": "/tmp"}]}, set()),
        ({"Mounts": [{"Type": "npipe", "Source": "\\\\.\\pipe\\x", "Target": "\\\\.\\pipe\\x"}]}, set()),
    ],
)
def test_what_a_container_writes_to(host_config: dict[str, Any], writes: set[str]) -> None:
    assert claims_of(container(host_config=host_config)).writes == writes


@pytest.mark.parametrize(
    ("bindings", "ports"),
    [
        ({"80/tcp": [{"HostPort": "8080"}]}, {HostPort(8080)}),
        ({"53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}]}, {HostPort(53, "udp", "127.0.0.1")}),
        ({"80/tcp": [{"HostPort": ""}]}, set()),
        ({"80/tcp": [{"HostPort": "0"}]}, set()),
        ({"80/tcp": [{"HostPort": "8000-8010"}]}, set()),
        ({"80/tcp": None}, set()),
    ],
)
def test_what_a_container_publishes(bindings: dict[str, Any], ports: set[HostPort]) -> None:
    assert claims_of(container(host_config={"PortBindings": bindings})).ports == ports


def test_a_fixed_address_is_a_claim() -> None:
    spec = container(networks={"other": {"IPAMConfig": {"IPv4Address": "172.30.0.9"}}})
    assert claims_of(spec).addresses == {"172.30.0.9"}


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (Claims(ports=frozenset({HostPort(80)})), Claims(ports=frozenset({HostPort(80)})), "port 80"),
        (Claims(writes=frozenset({"data"})), Claims(writes=frozenset({"data", "logs"})), "both write to data"),
        (Claims(host_network=True), Claims(host_network=True), "host's own network"),
        (Claims(addresses=frozenset({"10.0.0.9"})), Claims(addresses=frozenset({"10.0.0.9"})), "10.0.0.9"),
    ],
)
def test_the_reason_is_told(first: Claims, second: Claims, word: str) -> None:
    assert word in clash(first, second)
    assert clash(first, Claims()) == ""
