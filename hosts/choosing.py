"""Which service goes to which host. Pure; the rules are in docs/placement.md.

Targets are candidates: each service runs on one of them. A service stays where it runs, services of one application
keep together where they can, and an image that is there already attracts. Ties go by name, so that the same world
gives the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gallery.compose.types import Port, Service
from hosts import placement, ports
from hosts.observed import ONLINE, ObservedHost
from hosts.plan_types import Refusal
from hosts.wanted import Wanted, WantedImage


@dataclass
class Choice:
    """service name -> host; refusals and warnings that came up."""

    hosts: dict[str, ObservedHost] = field(default_factory=dict)
    services: dict[str, list[Service]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def services_on(self, host_id: str) -> list[Service]:
        return self.services.get(host_id, [])

    def host_of(self, service: str) -> ObservedHost | None:
        return self.hosts.get(service)

    def put(self, service: Service, host: ObservedHost) -> None:
        self.hosts[service.name] = host
        self.services.setdefault(host.id, []).append(service)


def choose(wanted: Wanted, hosts: Sequence[ObservedHost]) -> Choice:
    """A host for every service, or why there is none."""
    choice = Choice()
    ready = _ready(wanted, hosts, choice)
    _absent_images(wanted, hosts, choice)
    if choice.refusals:
        return choice
    fits = {service.name: [host for host in ready if not _against(wanted, service, host)] for service in _all(wanted)}
    popular = {host.id: sum(host in found for found in fits.values()) for host in ready}
    for service in _all(wanted):
        free = [host for host in fits[service.name] if not _collision(service, choice.services_on(host.id))]
        if free:
            choice.put(service, min(free, key=lambda host: _liking(wanted, service, host, choice, popular)))
        else:
            choice.refusals += _why_none(wanted, service, ready, choice)
    _memory_warnings(choice)
    return choice


def _all(wanted: Wanted) -> tuple[Service, ...]:
    return wanted.project.services


def _ready(wanted: Wanted, hosts: Sequence[ObservedHost], choice: Choice) -> list[ObservedHost]:
    """The hosts that can start something now. Of hosts named one by one each must; of others one is enough."""
    ready, away = [], []
    for host in hosts:
        fit = placement.host_ready(host)
        if fit.ok:
            ready.append(host)
        else:
            away.append(Refusal(fit.code, fit.reason, host=host.name))
    if not hosts:
        choice.refusals.append(
            Refusal("no-host", "There is no host to run it on. Add a host, or choose other targets.")
        )
    elif away and (wanted.named or not ready):
        choice.refusals += away
    elif away:
        choice.warnings += [refusal.detail for refusal in away]
    return ready


def _absent_images(wanted: Wanted, hosts: Sequence[ObservedHost], choice: Choice) -> None:
    """An image that no registry has and no host holds."""
    for service in _all(wanted):
        image = wanted.images[service.image]
        if image.problem_detail and not any(host.image(image.reference) for host in hosts):
            choice.refusals.append(Refusal(image.problem_code, image.problem_detail, service.name))


def _against(wanted: Wanted, service: Service, host: ObservedHost) -> Refusal | None:
    """Why the service cannot run on the host; None when it can."""
    image = wanted.images[service.image]
    refusal = _image_against(image, service, host)
    if refusal is None:
        limits = placement.resources_fit(host, memory=service.resources.memory, cpus=service.resources.cpus)
        refusal = None if limits.ok else Refusal(limits.code, limits.reason, service.name, host.name)
    if refusal is None:
        refusal = _port_against(wanted, service, host)
    return refusal


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


def _collision(service: Service, others: Sequence[Service]) -> tuple[Port, str] | None:
    """A port of the service that collides on one host with itself (replicas) or with another service."""
    for port in service.ports:
        if service.replicas > 1 and len(ports.numbers(port.published)) == 1:
            return port, service.name
        for other in others:
            if any(ports.collide(port, taken) for taken in other.ports):
                return port, other.name
    for index, port in enumerate(service.ports):
        if any(ports.collide(port, other) for other in service.ports[:index]):
            return port, service.name
    return None


def _liking(
    wanted: Wanted, service: Service, host: ObservedHost, choice: Choice, popular: dict[str, int]
) -> tuple[bool, bool, bool, int, bool, int, str, str]:
    """Sorts hosts from best to worst."""
    own = [one for one in host.containers if one.project == wanted.project.name and not one.oneoff]
    return (
        not any(one.service == service.name for one in own),
        not choice.services_on(host.id),
        not own,
        -popular[host.id],
        host.image(service.image) is None,
        sum(one.state == "running" for one in host.containers),
        host.name,
        host.id,
    )


def _why_none(wanted: Wanted, service: Service, ready: Sequence[ObservedHost], choice: Choice) -> list[Refusal]:
    """Every host's reason; with many hosts one for each distinct code."""
    reasons: list[Refusal] = []
    for host in ready:
        refusal = _against(wanted, service, host)
        if refusal is None:
            found = _collision(service, choice.services_on(host.id))
            if found is None:
                continue
            port, other = found
            detail = f"{service.name} and {other} both publish port {port.published}/{port.protocol} on {host.name}."
            if other == service.name:
                detail = (
                    f"{service.name} would publish port {port.published}/{port.protocol} more than once on {host.name}."
                )
            refusal = Refusal("port-twice", detail, service.name, host.name)
        reasons.append(refusal)
    if len(ready) <= 3:
        return reasons
    return [refusal for index, refusal in enumerate(reasons) if refusal.code not in {r.code for r in reasons[:index]}]


def _memory_warnings(choice: Choice) -> None:
    """Limits that are each fine and together more than the machine has."""
    for services in choice.services.values():
        host = choice.hosts[services[0].name]
        total = sum((service.resources.memory or 0) * service.replicas for service in services)
        if host.memory_bytes and total > host.memory_bytes and host.state == ONLINE:
            choice.warnings.append(
                f"Together these services may use {total / 2**30:.1f} GiB on {host.name}, which has "
                f"{host.memory_bytes / 2**30:.1f} GiB."
            )
