"""Networks: how a container joins them, and how they are made. Pure. [Engine API, EndpointSettings, NetworkCreate]"""

from collections.abc import Mapping

from gallery.compose.types import Network, Project, Service, ServiceNetwork
from hosts.body_words import Body, container_name, put


def endpoint_body(project: Project, service: Service, network: ServiceNetwork, number: int) -> Body:
    """EndpointSettings: the container's and the service's names are always aliases; the engine adds the short id."""
    names = [container_name(project, service, number), service.name, *network.aliases]
    body: Body = {"Aliases": list(dict.fromkeys(names))}
    address: Body = {}
    put(address, "IPv4Address", network.ipv4_address)
    put(address, "IPv6Address", network.ipv6_address)
    put(address, "LinkLocalIPs", list(network.link_local))
    put(body, "IPAMConfig", address)
    put(body, "Links", links(project, service))
    put(body, "MacAddress", network.mac_address)
    put(body, "DriverOpts", dict(network.driver_opts))
    put(body, "GwPriority", network.gw_priority)
    return body


def links(project: Project, service: Service) -> list[str]:
    """CONTAINER:ALIAS of every container that is linked."""
    found = []
    for name, alias in service.links:
        other = project.service(name)
        found += [f"{container_name(project, other, one)}:{alias}" for one in range(1, max(other.replicas, 1) + 1)]
    return [*found, *(f"{name}:{alias}" for name, alias in service.external_links)]


def network_create(network: Network, labels: Mapping[str, str]) -> Body:
    """The body of POST /networks/create."""
    body: Body = {"Name": network.name, "CheckDuplicate": True, "Labels": dict(labels)}
    put(body, "Driver", network.driver)
    put(body, "Options", dict(network.driver_opts))
    put(body, "Internal", network.internal)
    put(body, "Attachable", network.attachable)
    put(body, "EnableIPv6", network.enable_ipv6)
    pools = []
    for pool in network.ipam:
        one: Body = {}
        put(one, "Subnet", pool.subnet)
        put(one, "Gateway", pool.gateway)
        put(one, "IPRange", pool.ip_range)
        put(one, "AuxiliaryAddresses", dict(pool.auxiliary))
        pools.append(one)
    if network.ipam_driver or network.ipam_options or pools:
        body["IPAM"] = {"Driver": network.ipam_driver or "default", "Config": pools}
        put(body["IPAM"], "Options", dict(network.ipam_options))
    return body
