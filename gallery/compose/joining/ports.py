"""Host ports of several parts: what two of them want is given to the first, the next free one to the other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..interpolation import Unresolved, interpolate

_SHORT = re.compile(
    r"(?P<address>(?:\[[0-9A-Fa-f:.]+\]|[0-9.]+|\$\{[^{}]+\}):)?(?P<host>\$\{[^{}]+\}|\$[A-Za-z_]\w*|[0-9]+)"
    r":(?P<target>[0-9]+)(?:/(?P<protocol>tcp|udp|sctp))?\Z"
)
_VARIABLE = re.compile(r"\$\{?(?P<name>[A-Za-z_]\w*)(?P<default>:?-[0-9]+)?\}?\Z")
LAST = 65535


@dataclass
class PortTable:
    """Who has which port. defaults: usual answers of the joined text, changed where a port is.

    reserved: every port that any part asks for, so that nobody is moved onto another's.
    """

    defaults: dict[str, str]
    reserved: set[tuple[int, str]] = field(default_factory=set)
    owners: dict[tuple[int, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def reserve(self, services: Mapping[str, Any]) -> None:
        """Look through what a part asks for."""
        for body in services.values():
            for _host, protocol, port in map(self._wish, _ports(body)):
                if port:
                    self.reserved.add((port, protocol))

    def settle(self, services: Mapping[str, Any], title: str) -> dict[str, Any]:
        """The part's services with host ports that nobody else has."""
        return {key: self._service(body, title) for key, body in services.items()}

    def _service(self, body: Any, title: str) -> Any:
        if not _ports(body):
            return body
        return {**body, "ports": [self._port(one, title) for one in _ports(body)]}

    def _port(self, entry: Any, title: str) -> Any:
        host, protocol, port = self._wish(entry)
        if not port:
            return entry
        if (port, protocol) not in self.owners:
            self.owners[port, protocol] = title
            return entry
        free = self._free(port, protocol)
        if not free:
            return entry
        owner = self.owners[port, protocol]
        self.owners[free, protocol] = title
        self.reserved.add((free, protocol))
        self.notes.append(f"{title} has host port {free}: {port} is taken by {owner}.")
        return self._moved(entry, host, free)

    def _moved(self, entry: Any, host: str, free: int) -> Any:
        """The entry with another host port: in the answer to its variable, or in the text."""
        match = _VARIABLE.match(host)
        if match and match["name"] in self.defaults:
            self.defaults[match["name"]] = str(free)
            return entry
        new = f"${{{match['name']}:-{free}}}" if match else str(free)
        if isinstance(entry, dict):
            return {**entry, "published": new}
        text = str(entry)
        short = _SHORT.match(text)
        return text[: short.start("host")] + new + text[short.end("host") :] if short else text

    def _wish(self, entry: Any) -> tuple[str, str, int]:
        """(host port as written, protocol, the port with the usual answers); 0 where none is named or it is a range."""
        if isinstance(entry, dict):
            host, protocol = str(entry.get("published", "")), str(entry.get("protocol", "tcp"))
        else:
            match = _SHORT.match(str(entry))
            if match is None:
                return "", "tcp", 0
            host, protocol = match["host"], match["protocol"] or "tcp"
        try:
            text = interpolate(host, self.defaults)
        except Unresolved:
            text = ""
        fits = text.isascii() and text.isdigit() and len(text) < 6
        return host, protocol, int(text) if fits and int(text) <= LAST else 0

    def _free(self, port: int, protocol: str) -> int:
        taken = self.reserved | set(self.owners)
        return next((one for one in range(port + 1, LAST + 1) if (one, protocol) not in taken), 0)


def _ports(body: Any) -> list[Any]:
    ports = body.get("ports") if isinstance(body, dict) else None
    return ports if isinstance(ports, list) else []
