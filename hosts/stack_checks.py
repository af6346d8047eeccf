"""What stands against a project on a Docker Swarm, and what deserves a word. Pure.

[Engine API 1.41, ServiceSpec; Windows in Swarm: Microsoft, and moby issues on its routing mesh and virtual addresses]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gallery.compose.types import Service
from hosts import ports
from hosts.constraints import NoConstraint, read
from hosts.plan_types import Refusal
from hosts.wanted import Wanted

DNSRR, VIP = "dnsrr", "vip"


class NodeLike(Protocol):
    """As much of a node as the checks need."""

    @property
    def os(self) -> str: ...
    @property
    def ready(self) -> bool: ...


@dataclass
class Findings:
    """refusals: nothing is deployed with one of them. warnings: sentences."""

    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


_NOT_IN_A_SWARM: tuple[tuple[str, Callable[[Service], object], str], ...] = (
    ("privileged", lambda service: service.privileged, "Run it on a host of its own."),
    ("devices", lambda service: service.devices or service.devices_wanted, "Run it on a host of its own."),
    ("container_name", lambda service: service.container_name, "Remove it: the swarm names its tasks."),
    ("network_mode", lambda service: service.network_mode not in {"", "host"}, "Name networks instead."),
    ("pid", lambda service: service.pid, "Remove it."),
    ("ipc", lambda service: service.ipc, "Remove it."),
    ("cgroup_parent", lambda service: service.cgroup_parent, "Remove it."),
    ("userns_mode", lambda service: service.userns_mode, "Set it on the engines."),
    ("runtime", lambda service: service.runtime, "Set the default runtime on the engines."),
    ("security_opt", lambda service: service.security_opt, "Set it on the engines."),
    ("shm_size", lambda service: service.shm_size, "Mount a tmpfs on /dev/shm."),
    (
        "links",
        lambda service: service.links or service.external_links,
        "Services of a network find each other by name.",
    ),
    ("volumes_from", lambda service: service.volumes_from, "Name the volumes under “volumes”."),
    ("mac_address", lambda service: service.mac_address, "Remove it."),
    ("post_start", lambda service: service.post_start, "Put the step into the image's entrypoint."),
    ("pre_stop", lambda service: service.pre_stop, "Let the program act on “stop_signal”."),
    ("ipv4_address", lambda service: any(one.ipv4_address for one in service.networks), "Use the service's name."),
)


def check(wanted: Wanted, nodes: Sequence[NodeLike]) -> Findings:
    """Everything there is to say."""
    findings = Findings()
    systems = {node.os for node in nodes if node.ready}
    if not systems:
        findings.refusals.append(Refusal("no-host", "The cluster has no node that is ready. Look at its nodes."))
        return findings
    for service in wanted.project.services:
        _applicable(service, findings)
        _placed(wanted, service, systems, findings)
        _endpoint(wanted, service, findings)
    _published_once(wanted.project.services, findings)
    if any(service.depends_on for service in wanted.project.services):
        findings.warnings.append("A swarm starts services in no order: depends_on is not waited for.")
    return findings


def _applicable(service: Service, findings: Findings) -> None:
    for name, used, remedy in _NOT_IN_A_SWARM:
        if used(service):
            detail = f"{service.name}: “{name}” is not applied to services of a cluster. {remedy}"
            findings.refusals.append(Refusal("not-in-a-cluster", detail, service.name))
    for text in service.placement.constraints:
        try:
            read(text)
        except NoConstraint as error:
            findings.refusals.append(Refusal("constraint-invalid", str(error), service.name))
    for mount in service.mounts:
        if mount.type == "volume" and mount.source:
            findings.warnings.append(
                f"{service.name} uses the volume {mount.source}: each node has its own, so data does not follow a task "
                "that moves. Constrain it to one node, or use a volume driver that shares."
            )
        if mount.type == "bind":
            findings.warnings.append(
                f"{service.name} mounts {mount.source}, which must exist on every node it may use."
            )


def _placed(wanted: Wanted, service: Service, systems: set[str], findings: Findings) -> None:
    image = wanted.images[service.image]
    if image.problem_detail:
        findings.warnings.append(
            f"{image.problem_detail} Each node uses its own copy of {service.image}; a node without one cannot run it."
        )
        return
    if image.build_sha256:
        detail = f"{service.image} is built on a host, and a cluster's nodes cannot fetch it. Push it to a registry."
        findings.refusals.append(Refusal("not-in-a-cluster", detail, service.name))
        return
    for_systems = {one.platform.os for one in image.for_service(service)}
    if for_systems and not for_systems & systems:
        detail = f"{service.image} exists for {', '.join(sorted(for_systems))}; no node of the cluster runs that."
        findings.refusals.append(Refusal("platform-mismatch", detail, service.name))


def _endpoint(wanted: Wanted, service: Service, findings: Findings) -> None:
    """Virtual addresses and the routing mesh, and where they do not work."""
    windows = {one.platform.os for one in wanted.images[service.image].for_service(service)} == {"windows"}
    if windows and service.endpoint_mode == VIP:
        findings.warnings.append(
            f"{service.name} asks for a virtual address: on Windows nodes virtual addresses and the routing mesh often "
            "fail. endpoint_mode: dnsrr with ports in host mode works."
        )
    if (windows or service.endpoint_mode == DNSRR) and any(port.published for port in service.ports):
        findings.warnings.append(
            f"{service.name} publishes its ports in host mode: they are open on the nodes that run a task, not on all."
        )
    elif any(port.mode in {"", "ingress"} and not port.address for port in service.ports):
        findings.warnings.append(
            f"{service.name} publishes through the routing mesh: its ports answer on every node, at one "
            "virtual address for all its tasks."
        )
    for port in service.ports:
        if port.address:
            detail = (
                f"{service.name}: a cluster publishes port {port.published} on every address of a node, not on "
                f"{port.address} alone. Remove the address."
            )
            findings.refusals.append(Refusal("not-in-a-cluster", detail, service.name))


def _published_once(services: Sequence[Service], findings: Findings) -> None:
    holder: dict[tuple[int, str], str] = {}
    for service in services:
        for port in service.ports:
            for number in ports.numbers(port.published):
                other = holder.setdefault((number, port.protocol), service.name)
                if other != service.name:
                    detail = f"{other} and {service.name} both publish port {number}/{port.protocol} in the cluster."
                    findings.refusals.append(Refusal("port-twice", detail, service.name))
