"""From a compose project to a stack on a Docker Swarm: networks, secrets, configs and services. Pure.

The Engine API's own bodies [Engine API 1.41, ServiceSpec]. A mixed cluster needs no hand-written constraints: each
service gets the platforms of its image, and where Windows builds differ the label of the build that runs it. What a
swarm service cannot have is refused by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine_agent.protocol.swarm import StackDeploy, SwarmFile, SwarmObject
from gallery.compose.parts import CONFIG, SECRET, File
from gallery.compose.types import Network, Port, Project, Service, Update
from hosts import ports
from hosts.constraints import WINBUILD
from hosts.engine_body import SECOND, digest_of
from hosts.placement import architecture_of, build_of
from hosts.stack_checks import DNSRR, Findings, check
from hosts.stack_container import NAMESPACE, Body, container_spec, file_name
from hosts.wanted import Wanted, WantedImage

IMAGE_LABEL = "com.docker.stack.image"
SPEC_LABEL, TASK_LABEL = "io.pierhead.spec", "io.pierhead.task"
_CONDITIONS = {"no": "none", "on-failure": "on-failure", "always": "any", "unless-stopped": "any"}


@dataclass(frozen=True)
class Node:
    """A node as placement sees it. builds: of Windows nodes, from their label."""

    id: str
    hostname: str
    os: str = "linux"
    architecture: str = "amd64"
    ready: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def build(self) -> int | None:
        """The Windows build that the node's label tells."""
        text = self.labels.get(WINBUILD, "")
        return int(text) if text.isdigit() else None


@dataclass(frozen=True)
class Stack:
    """What a manager is told, and what a person is told of it."""

    body: StackDeploy
    warnings: tuple[str, ...]


def stack_of(wanted: Wanted, nodes: Sequence[Node]) -> tuple[Stack | None, Findings]:
    """The stack, or None and every reason against it."""
    findings = check(wanted, nodes)
    if findings.refusals:
        return None, findings
    project = wanted.project
    files = [file for service in project.services for file in service.files]
    body = StackDeploy(
        project=project.name,
        networks=tuple(_network(project, one) for one in project.networks.values()),
        secrets=_files(project, files, SECRET),
        configs=_files(project, files, CONFIG),
        services=tuple(_service(wanted, service, nodes) for service in project.services),
    )
    return Stack(body, tuple(findings.warnings)), findings


def _network(project: Project, network: Network) -> SwarmObject:
    if network.external:
        return SwarmObject(network.name, None)
    body: Body = {
        "Name": network.name,
        "CheckDuplicate": True,
        "Driver": network.driver or "overlay",
        "Attachable": True,
        "Labels": {**network.labels, NAMESPACE: project.name},
    }
    if network.driver_opts:
        body["Options"] = dict(network.driver_opts)
    if network.internal:
        body["Internal"] = True
    pools = [{"Subnet": pool.subnet} for pool in network.ipam if pool.subnet]
    if pools:
        body["IPAM"] = {"Driver": "default", "Config": pools}
    return SwarmObject(network.name, body)


def _files(project: Project, files: Sequence[File], kind: str) -> tuple[SwarmFile, ...]:
    named = {file_name(project, file): file for file in files if file.kind == kind}
    return tuple(SwarmFile(name, file.content, {NAMESPACE: project.name}) for name, file in named.items())


def _service(wanted: Wanted, service: Service, nodes: Sequence[Node]) -> SwarmObject:
    project, image = wanted.project, wanted.images[service.image]
    container = container_spec(project, service, image)
    template: Body = {
        "ContainerSpec": container,
        "Resources": _resources(service),
        "RestartPolicy": _restart(service),
        "Placement": _placement(service, image, nodes),
        "Networks": [
            {"Target": project.networks[one.key].name, "Aliases": list(dict.fromkeys([service.name, *one.aliases]))}
            for one in service.networks
        ],
    }
    if service.logging is not None:
        template["LogDriver"] = {"Name": service.logging.driver, "Options": dict(service.logging.options)}
    container["Labels"] = {**container["Labels"], TASK_LABEL: digest_of(template)}
    spec: Body = {
        "Name": f"{project.name}_{service.name}",
        "TaskTemplate": template,
        "Mode": {"Global": {}} if service.mode == "global" else {"Replicated": {"Replicas": service.replicas}},
        "EndpointSpec": _endpoint(service, image),
    }
    if service.update is not None:
        spec["UpdateConfig"] = _update(service.update)
    # Without a rollback_config the swarm's own way back is used; a failed update goes back unless the text differs.
    spec.setdefault("UpdateConfig", _update(Update(parallelism=1, failure_action="rollback")))
    if service.rollback is not None:
        spec["RollbackConfig"] = _update(service.rollback, rollback=True)
    spec["Labels"] = {
        **service.deploy_labels,
        NAMESPACE: project.name,
        IMAGE_LABEL: service.image,
        SPEC_LABEL: digest_of(spec),
    }
    return SwarmObject(spec["Name"], spec)


def _resources(service: Service) -> Body:
    limits = service.resources
    given: Body = {
        "Limits": {"NanoCPUs": _nano(limits.cpus), "MemoryBytes": limits.memory, "Pids": limits.pids},
        "Reservations": {"NanoCPUs": _nano(limits.reserved_cpus), "MemoryBytes": limits.memory_reservation},
    }
    return {
        kind: found
        for kind, values in given.items()
        if (found := {name: value for name, value in values.items() if value})
    }


def _nano(cpus: float | None) -> int:
    return round((cpus or 0) * 1_000_000_000)


def _restart(service: Service) -> Body:
    body: Body = {"Condition": _CONDITIONS.get(service.restart.name, "any")}
    if service.restart.max_retries:
        body["MaxAttempts"] = service.restart.max_retries
    if service.restart_delay is not None:
        body["Delay"] = round(service.restart_delay * SECOND)
    if service.restart_window is not None:
        body["Window"] = round(service.restart_window * SECOND)
    return body


def _placement(service: Service, image: WantedImage, nodes: Sequence[Node]) -> Body:
    body: Body = {}
    constraints = [*service.placement.constraints, *own_constraints(service, image, nodes)]
    if constraints:
        body["Constraints"] = list(dict.fromkeys(constraints))
    if service.placement.spread:
        body["Preferences"] = [{"Spread": {"SpreadDescriptor": key}} for key in service.placement.spread]
    if service.placement.max_per_host:
        body["MaxReplicas"] = service.placement.max_per_host
    platforms = dict.fromkeys(
        (one.platform.os, architecture_of(one.platform.architecture)) for one in image.for_service(service)
    )
    if platforms:
        body["Platforms"] = [{"OS": os, "Architecture": architecture} for os, architecture in platforms]
    return body


def own_constraints(service: Service, image: WantedImage, nodes: Sequence[Node]) -> list[str]:
    """What a mixed cluster needs: the system of the image, and the Windows build where the nodes differ."""
    systems = {one.platform.os for one in image.for_service(service)}
    found = []
    if len(systems) == 1 and len({node.os for node in nodes}) > 1:
        found.append(f"node.platform.os=={next(iter(systems))}")
    builds = {node.build for node in nodes if node.os == "windows" and node.build}
    made_for = {build[0] for one in image.for_service(service) if (build := build_of(one.platform.os_version))}
    if systems == {"windows"} and len(builds) > 1 and made_for:
        fitting = [build for build in builds if build in made_for]
        if fitting:
            found.append(f"node.labels.{WINBUILD}=={max(fitting)}")
    return found


def _endpoint(service: Service, image: WantedImage) -> Body:
    windows = {one.platform.os for one in image.for_service(service)} == {"windows"}
    mode = service.endpoint_mode or (DNSRR if windows else "vip")
    body: Body = {"Mode": mode}
    if service.ports:
        body["Ports"] = [_port(port, host_mode=mode == DNSRR) for port in service.ports]
    return body


def _port(port: Port, *, host_mode: bool) -> Body:
    body: Body = {
        "Protocol": port.protocol,
        "TargetPort": port.target,
        "PublishMode": "host" if host_mode else (port.mode or "ingress"),
    }
    published = ports.numbers(port.published)
    return {**body, "PublishedPort": published[0]} if published else body


def _update(update: Update, *, rollback: bool = False) -> Body:
    action = "continue" if rollback and update.failure_action == "rollback" else update.failure_action
    body: Body = {
        "Parallelism": update.parallelism,
        "FailureAction": action,
        "MaxFailureRatio": update.max_failure_ratio,
        "Order": update.order,
    }
    if update.delay:
        body["Delay"] = round(update.delay * SECOND)
    if update.monitor is not None:
        body["Monitor"] = round(update.monitor * SECOND)
    return body
