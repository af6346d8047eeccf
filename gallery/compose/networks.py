"""Networks and volumes: what a service joins, and the top level. [Compose Specification, networks, volumes]"""

import re
from ipaddress import ip_address, ip_network

from .network_types import AddressPool, Network, ServiceNetwork, Volume
from .nodes import Entry, Items, Map, Node, Scalar
from .reader import LARGEST, Reader

DEFAULT = "default"
MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}\Z")
KEY = re.compile(r"[a-zA-Z0-9._-]+\Z")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}\Z")

_MEMBER = (
    "aliases", "ipv4_address", "ipv6_address", "link_local_ips", "mac_address", "driver_opts", "priority",
    "gw_priority", "interface_name",
)  # fmt: skip
INTERFACE = "com.docker.network.endpoint.ifname"
_NETWORK = ("name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels")
_NETWORK_IP = ("enable_ipv4", "enable_ipv6")


def _address(reader: Reader, node: Node | None, path: str, version: int) -> str:
    text = reader.text(node, path) if node is not None else None
    if not text:
        return ""
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != version:
        reader.refuse(path, node, f"“{text}” is not an IPv{version} address.")
        return ""
    return str(address)


def read_service_networks(reader: Reader, node: Node | None, path: str) -> tuple[ServiceNetwork, ...]:
    """The networks a service joins, in the order of the text; the network "default" when it names none."""
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return (ServiceNetwork(DEFAULT),)
    if isinstance(node, Items):
        found = tuple(ServiceNetwork(key) for key in reader.texts(node, path))
        return found or (ServiceNetwork(DEFAULT),)
    joined = [_member(reader, entry, f"{path}.{entry.key}") for entry in reader.entries(node, path)]
    joined.sort(key=lambda one: -one.priority)  # the sort keeps the order of the text
    return tuple(joined) or (ServiceNetwork(DEFAULT),)


def _member(reader: Reader, entry: Entry, where: str) -> ServiceNetwork:
    known = reader.checked(entry.value, where, _MEMBER)
    options = reader.labels(known.get("driver_opts"), f"{where}.driver_opts")
    if (interface := known.get("interface_name")) is not None:
        options = {**options, INTERFACE: reader.text(interface, f"{where}.interface_name") or ""}
        reader.note(
            f"{where}.interface_name", interface, "Docker Engine 28 or newer is needed; an older one ignores it."
        )
    gateway = reader.integer(known.get("gw_priority"), f"{where}.gw_priority", -LARGEST)
    if (node := known.get("gw_priority")) is not None:
        reader.note(f"{where}.gw_priority", node, "Docker Engine 28 or newer is needed; an older one ignores it.")
    mac = reader.text(known.get("mac_address"), f"{where}.mac_address") or ""
    if mac and not MAC.match(mac):
        reader.refuse(f"{where}.mac_address", known.get("mac_address"), f"“{mac}” is not a MAC address.")
    return ServiceNetwork(
        entry.key,
        reader.texts(known.get("aliases"), f"{where}.aliases"),
        _address(reader, known.get("ipv4_address"), f"{where}.ipv4_address", 4),
        _address(reader, known.get("ipv6_address"), f"{where}.ipv6_address", 6),
        mac,
        reader.texts(known.get("link_local_ips"), f"{where}.link_local_ips"),
        options,
        reader.integer(known.get("priority"), f"{where}.priority", -LARGEST) or 0,
        gateway or 0,
    )


def _external(reader: Reader, known: Map, path: str) -> tuple[bool, str]:
    """(external, name given inside it); `external: {name: x}` is the older form."""
    node = known.get("external")
    if isinstance(node, Map):
        inner = reader.checked(node, f"{path}.external", ("name",))
        return True, reader.text(inner.get("name"), f"{path}.external.name") or ""
    return bool(reader.flag(node, f"{path}.external")) if node is not None else False, ""


def _named(reader: Reader, entry: Entry, known: Map, path: str, project: str) -> tuple[str, bool]:
    """(name on the engine, external) of a network or volume."""
    external, inner = _external(reader, known, path)
    given = reader.text(known.get("name"), f"{path}.name") if known.get("name") is not None else None
    name = given or inner or (entry.key if external else f"{project}_{entry.key}")
    if not _NAME.match(name):
        reader.refuse(f"{path}.name", known.get("name") or entry, f"“{name}” cannot be a name on the engine.")
    if external:
        for other in sorted(set(known.entries) - {"external", "name"}):
            place = known.entries[other]
            reader.refuse(f"{path}.{other}", place, f"“{other}” does not go with “external”.", "Remove one of them.")
    return name, external


def _pool(reader: Reader, node: Node, path: str) -> AddressPool:
    known = reader.checked(node, path, ("subnet", "gateway", "ip_range", "aux_addresses"))
    for name in ("subnet", "ip_range"):
        text = reader.text(known.get(name), f"{path}.{name}")
        try:
            if text is not None:
                ip_network(text, strict=False)
        except ValueError:
            reader.refuse(
                f"{path}.{name}", known.get(name), f"“{text}” is not a subnet.", "Write it like 172.28.0.0/16."
            )
    return AddressPool(
        reader.text(known.get("subnet"), f"{path}.subnet") or "",
        reader.text(known.get("gateway"), f"{path}.gateway") or "",
        reader.text(known.get("ip_range"), f"{path}.ip_range") or "",
        reader.labels(known.get("aux_addresses"), f"{path}.aux_addresses"),
    )


def _ipam(reader: Reader, node: Node | None, path: str) -> tuple[str, dict[str, str], tuple[AddressPool, ...]]:
    if node is None:
        return "", {}, ()
    known = reader.checked(node, path, ("driver", "config", "options"))
    config = known.get("config")
    pools: tuple[AddressPool, ...] = ()
    if isinstance(config, Items):
        pools = tuple(_pool(reader, item, f"{path}.config[{number}]") for number, item in enumerate(config.items))
    elif config is not None:
        reader.refuse(f"{path}.config", config, "This must be a list.")
    driver = reader.text(known.get("driver"), f"{path}.driver") or ""
    return driver, reader.labels(known.get("options"), f"{path}.options"), pools


def _network(reader: Reader, entry: Entry, path: str, project: str) -> Network:
    known = reader.checked(entry.value, path, (*_NETWORK, *_NETWORK_IP))
    name, external = _named(reader, entry, known, path, project)
    if reader.flag(known.get("enable_ipv4"), f"{path}.enable_ipv4") is False:
        remedy = "Leave it out; engines before 28 cannot do it."
        message = "A network without IPv4 is not applied."
        reader.refuse(f"{path}.enable_ipv4", known.get("enable_ipv4"), message, remedy)
    driver, options, pools = _ipam(reader, known.get("ipam"), f"{path}.ipam")
    return Network(
        entry.key,
        name,
        external=external,
        driver=reader.text(known.get("driver"), f"{path}.driver") or "",
        driver_opts=reader.labels(known.get("driver_opts"), f"{path}.driver_opts"),
        internal=reader.flag(known.get("internal"), f"{path}.internal") or False,
        attachable=reader.flag(known.get("attachable"), f"{path}.attachable") or False,
        enable_ipv6=reader.flag(known.get("enable_ipv6"), f"{path}.enable_ipv6") or False,
        ipam_driver=driver,
        ipam_options=options,
        ipam=pools,
        labels=reader.labels(known.get("labels"), f"{path}.labels"),
    )


def read_networks(reader: Reader, node: Node | None, project: str) -> dict[str, Network]:
    """The top-level networks by key; "default" is always there."""
    found: dict[str, Network] = {}
    for entry in reader.entries(node, "networks") if node is not None else []:
        if not KEY.match(entry.key):
            reader.refuse(f"networks.{entry.key}", entry, f"“{entry.key}” is not a name; use letters, digits, . _ -")
            continue
        found[entry.key] = _network(reader, entry, f"networks.{entry.key}", project)
    found.setdefault(DEFAULT, Network(DEFAULT, f"{project}_{DEFAULT}"))
    return found


def read_volumes(reader: Reader, node: Node | None, project: str) -> dict[str, Volume]:
    """The top-level volumes by key."""
    found: dict[str, Volume] = {}
    for entry in reader.entries(node, "volumes") if node is not None else []:
        path = f"volumes.{entry.key}"
        if not KEY.match(entry.key):
            reader.refuse(path, entry, f"“{entry.key}” is not a name; use letters, digits, . _ -")
            continue
        known = reader.checked(entry.value, path, ("name", "driver", "driver_opts", "external", "labels"))
        name, external = _named(reader, entry, known, path, project)
        found[entry.key] = Volume(
            entry.key,
            name,
            external=external,
            driver=reader.text(known.get("driver"), f"{path}.driver") or "",
            driver_opts=reader.labels(known.get("driver_opts"), f"{path}.driver_opts"),
            labels=reader.labels(known.get("labels"), f"{path}.labels"),
        )
    return found
