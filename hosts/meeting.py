"""How services of one application find each other when they are on different hosts, outside a cluster. Pure.

No network of the engine joins two hosts. So a service that depends on one that runs elsewhere is told where: its name
in extra_hosts is the other host's address, and <NAME>_HOST and <NAME>_PORT in the environment name address and
published port, unless the service sets these variables itself. Without a fixed published port there is no way, and the
plan is refused. What depends on a job that has to complete needs no way to it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gallery.compose.types import Port, Project, Service
from hosts import ports
from hosts.observed import ObservedHost
from hosts.plan_types import PlannedMeeting, Refusal

COMPLETED = "service_completed_successfully"
ADDRESS_LABEL = "io.pierhead.address"

_LOOPBACK = re.compile(r"^(127\.|::1$|localhost$)")


@dataclass
class Meetings:
    """services: (service name, host id) -> the service as it must be there. found: each way, for the plan."""

    services: dict[tuple[str, str], Service] = field(default_factory=dict)
    found: list[PlannedMeeting] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def on(self, service: Service, host: ObservedHost) -> Service:
        """The service as it must be on that host."""
        return self.services.get((service.name, host.id), service)


def meet(project: Project, hosts_of: Mapping[str, Sequence[ObservedHost]]) -> Meetings:
    """Ways between services on different hosts. hosts_of: service name -> where its replicas run."""
    meetings = Meetings()
    by_name = {service.name: service for service in project.services}
    for service in project.services:
        for host in hosts_of.get(service.name, ()):
            for needed in service.depends_on:
                other, there = by_name[needed.service], hosts_of.get(needed.service, ())
                if needed.condition == COMPLETED or not there or any(one.id == host.id for one in there):
                    continue
                _way(meetings, service, host, other, there)
    return meetings


def _way(
    meetings: Meetings, service: Service, host: ObservedHost, other: Service, there: Sequence[ObservedHost]
) -> None:
    target = min(there, key=lambda one: one.name)
    port = _open_port(other)
    if port is None:
        meetings.refusals.append(_closed(service, host, other, target))
    elif not target.address:
        meetings.refusals.append(_unknown(service, host, other, target))
    else:
        published = ports.numbers(port.published)[0]
        address = port.address if port.address and port.address not in ports.ALL else target.address
        given = meetings.on(service, host)
        meetings.services[service.name, host.id] = _told(given, other.name, address, published)
        detail = (
            f"{service.name} on {host.name} reaches {other.name} on {target.name} at {address}:{published}: no network "
            f"joins the two hosts, so the name {other.name} stands for that address there."
        )
        if published != port.target:
            detail += f" Its port is {published} there, not {port.target}; {_variable(other.name)}_PORT tells it."
        meetings.found.append(
            PlannedMeeting(service.name, host.name, other.name, target.name, address, published, detail)
        )


def _told(service: Service, name: str, address: str, port: int) -> Service:
    variable = _variable(name)
    given = {f"{variable}_HOST": address, f"{variable}_PORT": str(port)}
    known = [entry for entry in service.hosts if entry.partition(":")[0] == name]
    hosts = service.hosts if known else (*service.hosts, f"{name}:{address}")
    return replace(service, environment=given | dict(service.environment), hosts=hosts)


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _open_port(service: Service) -> Port | None:
    """A port that others reach: fixed, TCP rather than UDP, not bound to the loopback address."""
    fixed = [
        port for port in service.ports if len(ports.numbers(port.published)) == 1 and not _LOOPBACK.match(port.address)
    ]
    return min(fixed, key=lambda port: port.protocol != "tcp", default=None)


def _closed(service: Service, host: ObservedHost, other: Service, target: ObservedHost) -> Refusal:
    example = other.ports[0].target if other.ports else next(iter(other.expose), "5432").partition("/")[0]
    detail = (
        f"{service.name} runs on {host.name} and {other.name}, on which it depends, on {target.name}: no network joins "
        f"the two hosts, and {other.name} publishes no fixed port. Publish one (ports: “{example}:{example}”), choose "
        "hosts so that both run on one, or deploy to a cluster."
    )
    return Refusal("no-published-port", detail, service.name, host.name)


def _unknown(service: Service, host: ObservedHost, other: Service, target: ObservedHost) -> Refusal:
    detail = (
        f"{service.name} on {host.name} depends on {other.name} on {target.name}, and the address at which other hosts "
        f"reach {target.name} is not known. Give that host the label {ADDRESS_LABEL} with its address."
    )
    return Refusal("host-address-unknown", detail, service.name, host.name)
