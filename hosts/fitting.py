"""Why a service cannot run on a host. Pure; the rules are in docs/placement.md."""

from collections.abc import Sequence

from gallery.compose.types import Port, Service
from hosts import constraints, placement, ports
from hosts.host_policy import policy_against
from hosts.observed import ObservedHost
from hosts.plan_types import Refusal
from hosts.wanted import Wanted, WantedImage
from hosts.windows.services import service_findings


def against(wanted: Wanted, service: Service, host: ObservedHost) -> Refusal | None:
    """Why the service cannot run on the host; None when it can."""
    image = wanted.images[service.image]
    out = constraints.against(service.placement.constraints, host)
    refusal = Refusal("constraint-unmet", out, service.name, host.name) if out else None
    refusal = refusal or _image_against(image, service, host)
    if refusal is None:
        limits = placement.resources_fit(host, memory=service.resources.memory, cpus=service.resources.cpus)
        refusal = None if limits.ok else Refusal(limits.code, limits.reason, service.name, host.name)
    if refusal is None:
        refusal = _port_against(wanted, service, host)
    return refusal or _windows_against(wanted, service, host) or policy_against(wanted, service, host)


def _windows_against(wanted: Wanted, service: Service, host: ObservedHost) -> Refusal | None:
    """What a Windows engine would refuse, all in one."""
    refused = [finding for finding in service_findings(wanted.project, service, host) if finding.refused]
    if not refused:
        return None
    return Refusal(refused[0].code, " ".join(finding.text for finding in refused), service.name, host.name)


def _image_against(image: WantedImage, service: Service, host: ObservedHost) -> Refusal | None:
    local = host.image(image.reference)
    if image.problem_detail:
        if local is not None:
            return None
        return Refusal(image.problem_code, f"{image.problem_detail} {host.name} has no copy.", service.name, host.name)
    if service.pull_policy == "never" and local is None and not image.build_sha256:
        detail = f"{host.name} does not have {image.reference}, and pull_policy says never to pull it."
        return Refusal("image-absent", detail, service.name, host.name)
    manifests = image.for_service(service)
    if not manifests and service.platform:
        detail = f"{image.reference} has no platform {service.platform}, which the service asks for."
        return Refusal("platform-mismatch", detail, service.name, host.name)
    fit = placement.image_fits(host, manifests, isolation=service.isolation)
    return None if fit.ok else Refusal(fit.code, fit.reason, service.name, host.name)


def _port_against(wanted: Wanted, service: Service, host: ObservedHost) -> Refusal | None:
    holding = ports.holders(host, project=wanted.project.name)
    for port in service.ports:
        taken = ports.taken(port, holding)
        if taken is not None:
            detail = (
                f"Port {taken.port}/{taken.protocol} on {host.name} is taken by the container {taken.holder}. Choose "
                "another port or stop that container."
            )
            return Refusal("port-taken", detail, service.name, host.name)
    return None


def collision(service: Service, others: Sequence[Service]) -> tuple[Port, str] | None:
    """A port of the service that collides on one host with itself or with what was put there before."""
    for port in service.ports:
        for other in others:
            if any(ports.collide(port, taken) for taken in other.ports):
                return port, other.name
    for index, port in enumerate(service.ports):
        if any(ports.collide(port, other) for other in service.ports[:index]):
            return port, service.name
    return None
