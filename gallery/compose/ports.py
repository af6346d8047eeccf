"""services.ports and services.expose: short and long form. [Compose Specification, services.ports]"""

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

from .nodes import Items, Map, Node, Scalar
from .reader import Reader
from .types import Port

PROTOCOLS = ("tcp", "udp", "sctp")
MAX_RANGE = 1000
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")


class _Bad(ValueError):
    """Why a text is no port; the message is a sentence."""


def _range(text: str, *, low: int = 1) -> tuple[int, int]:
    match = _RANGE.match(text)
    if match is None:
        raise _Bad(f"“{text}” is not a port number or a range like 8000-8010.")
    start = int(match.group(1))
    end = int(match.group(2) or start)
    if not low <= start <= end <= 65_535:
        raise _Bad(f"“{text}” is outside of {low} to 65535, or its end is before its start.")
    if end - start >= MAX_RANGE:
        raise _Bad(f"“{text}” is a range of more than {MAX_RANGE} ports.")
    return start, end


def _address(text: str) -> str:
    plain = text.removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(plain))
    except ValueError:
        raise _Bad(f"“{text}” is not an address of the host, like 127.0.0.1.") from None


def _split(text: str) -> tuple[str, str, str]:
    """(address, published, target) of the short form without its protocol."""
    if text.startswith("[") and "]:" in text:
        address, _, rest = text.partition("]:")
        published, _, target = rest.rpartition(":")
        return address + "]", published, target
    rest, _, target = text.rpartition(":")
    address, _, published = rest.rpartition(":")
    return address, published, target


def _expand(address: str, published: str, target: str, protocol: str) -> Iterator[Port]:
    if protocol not in PROTOCOLS:
        raise _Bad(f"“{protocol}” is not one of {', '.join(PROTOCOLS)}.")
    where = _address(address) if address else ""
    first, last = _range(target)
    if not published or published == "0":
        for port in range(first, last + 1):
            yield Port(port, "", where, protocol)
        return
    start, end = _range(published)
    if first == last:
        yield Port(first, str(start) if start == end else f"{start}-{end}", where, protocol)
        return
    if end - start != last - first:
        raise _Bad(f"The ranges {published} and {target} differ in length.")
    for offset in range(last - first + 1):
        yield Port(first + offset, str(start + offset), where, protocol)


def _short(text: str) -> list[Port]:
    body, slash, protocol = text.strip().partition("/")
    address, published, target = _split(body)
    return list(_expand(address, published, target, protocol.lower() if slash else "tcp"))


def _long(reader: Reader, node: Map, path: str) -> list[Port]:
    known = reader.checked(node, path, ("target", "published", "host_ip", "protocol", "mode", "name", "app_protocol"))
    mode = reader.choice(known.get("mode"), f"{path}.mode", ("host", "ingress")) or ""
    for name in ("name", "app_protocol"):
        if reader.text(known.get(name), f"{path}.{name}"):
            reader.note(f"{path}.{name}", known.entries[name], "It is for people; the engine has no place for it.")
    target = reader.text(known.get("target"), f"{path}.target")
    if target is None:
        reader.refuse(path, node, "“target”, the port in the container, is missing.")
        return []
    published = reader.text(known.get("published"), f"{path}.published") or ""
    address = reader.text(known.get("host_ip"), f"{path}.host_ip") or ""
    protocol = reader.text(known.get("protocol"), f"{path}.protocol") or "tcp"
    return [replace(port, mode=mode) for port in _expand(address, published, target, protocol.lower())]


def read_ports(reader: Reader, node: Node, path: str) -> tuple[Port, ...]:
    """Every port of the list, ranges expanded, doubles dropped."""
    if isinstance(node, Scalar):
        if node.kind != "null":
            reader.refuse(path, node, "Ports must be a list.", "Put “- ” before the port.")
        return ()
    if not isinstance(node, Items):
        reader.refuse(path, node, "Ports must be a list.")
        return ()
    found: list[Port] = []
    for number, item in enumerate(node.items):
        where = f"{path}[{number}]"
        try:
            if isinstance(item, Map):
                found += _long(reader, item, where)
            elif (text := reader.text(item, where)) is not None:
                found += _short(text)
        except _Bad as error:
            reader.refuse(where, item, str(error), "Write it like 8080:80, 127.0.0.1:8080:80/tcp or 80.")
    return tuple(dict.fromkeys(found))


def read_expose(reader: Reader, node: Node, path: str) -> tuple[str, ...]:
    """As ("80/tcp", ...), ranges expanded."""
    found: list[str] = []
    for text in reader.texts(node, path):
        body, slash, protocol = text.partition("/")
        try:
            found += [f"{port.target}/{port.protocol}" for port in _expand("", "", body, protocol if slash else "tcp")]
        except _Bad as error:
            reader.refuse(path, node, str(error), "Write it like 3000 or 3000/udp.")
    return tuple(dict.fromkeys(found))
