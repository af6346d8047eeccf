"""Top-level networks and volumes, and how services join them."""

from gallery.compose.parse import parse_project
from gallery.compose.types import AddressPool, Network, Project, ServiceNetwork, Volume


def project(text: str) -> Project:
    return parse_project(text, {}, "demo")


def test_a_service_joins_the_default_network() -> None:
    found = project("services: {web: {image: x}}")
    assert found.services[0].networks == (ServiceNetwork("default"),)
    assert found.networks == {"default": Network("default", "demo_default")}


def test_no_default_network_when_nobody_uses_it() -> None:
    found = project("services: {web: {image: x, networks: [front]}}\nnetworks: {front: }")
    assert found.networks == {"front": Network("front", "demo_front")}
    assert project("services: {web: {image: x, network_mode: host}}").networks == {}


def test_the_default_network_can_be_described() -> None:
    found = project("services: {web: {image: x}}\nnetworks: {default: {driver: nat}}")
    assert found.networks["default"] == Network("default", "demo_default", driver="nat")


def test_aliases_and_addresses() -> None:
    text = """
services:
  web: {image: x, networks: {front: {aliases: [www, site], ipv4_address: 172.28.0.5, ipv6_address: "fd00::5"}, back: }}
networks: {front: {}, back: {}}
"""
    assert project(text).services[0].networks == (
        ServiceNetwork("front", ("www", "site"), "172.28.0.5", "fd00::5"),
        ServiceNetwork("back"),
    )


def test_a_whole_network() -> None:
    text = """
services: {web: {image: x, networks: [front]}}
networks:
  front:
    name: shared-front
    driver: bridge
    driver_opts: {com.docker.network.bridge.name: br7}
    internal: true
    attachable: true
    enable_ipv4: true
    enable_ipv6: true
    labels: [a=b]
    ipam:
      driver: default
      options: {k: v}
      config: [{subnet: 172.28.0.0/16, gateway: 172.28.0.1, ip_range: 172.28.5.0/24, aux_addresses: {nas: 172.28.1.5}}]
"""
    assert project(text).networks["front"] == Network(
        "front",
        "shared-front",
        driver="bridge",
        driver_opts={"com.docker.network.bridge.name": "br7"},
        internal=True,
        attachable=True,
        enable_ipv6=True,
        ipam_driver="default",
        ipam_options={"k": "v"},
        ipam=(AddressPool("172.28.0.0/16", "172.28.0.1", "172.28.5.0/24", {"nas": "172.28.1.5"}),),
        labels={"a": "b"},
    )


def test_external_ones_keep_their_name() -> None:
    text = """
services: {web: {image: x, networks: [a, b, c], volumes: ['vol:/v']}}
networks: {a: {external: true}, b: {external: true, name: other}, c: {external: {name: older}}}
volumes: {vol: {external: true}}
"""
    found = project(text)
    assert [(one.name, one.external) for one in found.networks.values()] == [
        ("a", True),
        ("other", True),
        ("older", True),
    ]
    assert found.volumes["vol"] == Volume("vol", "vol", external=True)


def test_volumes_are_named_after_the_project() -> None:
    text = """
services: {web: {image: x, volumes: ['data:/d', 'named:/n']}}
volumes: {data: , named: {name: mine, driver: local, driver_opts: {type: nfs}, labels: {a: b}}, unused: {}}
"""
    assert project(text).volumes == {
        "data": Volume("data", "demo_data"),
        "named": Volume("named", "mine", driver="local", driver_opts={"type": "nfs"}, labels={"a": "b"}),
    }
