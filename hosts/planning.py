"""From a project, its resolved images and the observed hosts to a plan, or to every reason against it. Pure.

    plan = make(Wanted(project, images, revision=3), hosts)

Which host a replica goes to is decided in `hosts.choosing`, how services on different hosts find each other in
`hosts.meeting`, the order in `hosts.batches`; here the differences are written out, host by host.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.compose.types import Project, Service
from hosts import engine_body
from hosts.batches import batches_of
from hosts.choosing import Choice, choose
from hosts.meeting import Meetings, meet
from hosts.observed import ONLINE, ObservedContainer, ObservedHost
from hosts.plan_types import (
    BUILD,
    CREATE,
    KEEP,
    LOCAL_ONLY,
    PRESENT,
    PULL,
    RECREATE,
    REMOVE,
    Plan,
    PlannedContainer,
    PlannedHost,
    PlannedImage,
    PlannedPort,
    PlanRefused,
)
from hosts.volume_checks import volume_conflicts, volume_warnings, volumes_used
from hosts.wanted import Wanted, WantedImage


@dataclass(frozen=True)
class Replica:
    """A container that a host shall have: the service as it must be there, and the number of the replica."""

    service: Service
    number: int


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made of. shares: host id -> its containers, in the order of the text."""

    plan: Plan
    shares: Mapping[str, tuple[Replica, ...]]


@dataclass(frozen=True)
class _Made:
    """A container that a host shall have, with its name and configuration."""

    service: Service
    number: int
    name: str
    config_hash: str


def make(wanted: Wanted, hosts: Sequence[ObservedHost], *, others: Sequence[ObservedHost] = ()) -> Plan:
    """The plan. hosts: where it may run; others: hosts that run something of the project and are no target any more.

    Raises PlanRefused with every refusal.
    """
    return make_whole(wanted, hosts, others=others).plan


def make_whole(wanted: Wanted, hosts: Sequence[ObservedHost], *, others: Sequence[ObservedHost] = ()) -> Planned:
    """The same, with each host's share for whoever carries it out."""
    choice = choose(wanted, hosts)
    if choice.refusals:
        raise PlanRefused(choice.refusals)
    meetings = meet(
        wanted.project, {service.name: choice.hosts_of(service.name) for service in wanted.project.services}
    )
    if meetings.refusals:
        raise PlanRefused(meetings.refusals)
    shares = {host.id: _share(wanted.project, choice, meetings, host) for host in hosts}
    shares = {host_id: share for host_id, share in shares.items() if share}
    warnings = [*choice.warnings, *_check_volumes(wanted.project, hosts, shares)]
    planned = [_host_plan(wanted, host, shares[host.id]) for host in hosts if host.id in shares]
    for host in [*hosts, *others]:
        if host.id in shares or not _of_project(host, wanted.project.name):
            continue
        if host.state == ONLINE:
            planned.append(_removal(host, wanted.project.name))
        else:
            warnings.append(f"{host.name} is {host.state} and keeps its containers of {wanted.project.name} for now.")
    warnings += [*_update_warnings(wanted.project), *(way.detail for way in meetings.found)]
    plan = Plan(
        wanted.project.name,
        wanted.revision,
        tuple(planned),
        tuple(dict.fromkeys(warnings)),
        tuple(meetings.found),
        batches_of(wanted.project, planned),
    )
    return Planned(plan, shares)


def _check_volumes(
    project: Project, hosts: Sequence[ObservedHost], shares: Mapping[str, Sequence[Replica]]
) -> list[str]:
    """What to say of volumes that exist; raises PlanRefused when one is not what the text says."""
    used = [(host, _services(shares[host.id])) for host in hosts if host.id in shares]
    refusals = [one for host, services in used for one in volume_conflicts(project, services, host)]
    if refusals:
        raise PlanRefused(refusals)
    return [one for host, services in used for one in volume_warnings(project, services, host)]


def _services(share: Sequence[Replica]) -> list[Service]:
    return list({replica.service.name: replica.service for replica in share}.values())


def _share(project: Project, choice: Choice, meetings: Meetings, host: ObservedHost) -> tuple[Replica, ...]:
    order = {service.name: index for index, service in enumerate(project.services)}
    found = sorted(choice.replicas_on(host.id), key=lambda one: (order[one[0].name], one[1]))
    return tuple(Replica(meetings.on(service, host), number) for service, number in found)


def _of_project(host: ObservedHost, project: str) -> list[ObservedContainer]:
    return [one for one in host.containers if one.project == project and not one.oneoff]


def _host_plan(wanted: Wanted, host: ObservedHost, share: Sequence[Replica]) -> PlannedHost:
    project = wanted.project
    services = _services(share)
    volumes = [volume.name for volume in volumes_used(project, services)]
    made = [_made(wanted, host, replica.service, replica.number) for replica in share]
    there = {one.name: one for one in _of_project(host, project.name)}
    containers = [_difference(wanted, host, one, there.get(one.name)) for one in made]
    names = {one.name for one in made}
    containers += [_gone(wanted.project, one, services) for one in there.values() if one.name not in names]
    images = {service.image: _image_plan(wanted.images[service.image], host, service) for service in services}
    return PlannedHost(
        host_id=host.id,
        host=host.name,
        platform=host.platform,
        containers=tuple(containers),
        images=tuple(images.values()),
        networks=tuple(_new_networks(project, services, host)),
        volumes=tuple(name for name in volumes if name not in host.volumes),
        kept_volumes=tuple(name for name in volumes if name in host.volumes),
    )


def _made(wanted: Wanted, host: ObservedHost, service: Service, number: int) -> _Made:
    pin = image_pin(wanted.images[service.image], host)
    body = engine_body.container_body(wanted.project, service, number, pin)
    name = engine_body.container_name(wanted.project, service, number)
    return _Made(service, number, name, engine_body.config_hash(body))


def image_pin(image: WantedImage, host: ObservedHost) -> str:
    """What the reference stands for on this host: the registry's digest, the context of a build, or, of an image that
    only the host has, the digest it was once pulled by or its id."""
    if image.build_sha256:
        return f"build:{image.build_sha256}"
    if image.digest:
        return image.digest
    local = host.image(image.reference)
    if local is None:
        return ""
    return next((digest.partition("@")[2] for digest in local.digests), local.image_id)


def _difference(wanted: Wanted, host: ObservedHost, made: _Made, there: ObservedContainer | None) -> PlannedContainer:
    action, reason = CREATE, "It does not exist yet."
    if there is not None:
        action, reason = _change(wanted, host, made, there)
    starts = action == KEEP and there is not None and there.state != "running"
    return PlannedContainer(
        name=made.name,
        service=made.service.name,
        number=made.number,
        action=action,
        reason=reason,
        image=made.service.image,
        config_hash=made.config_hash,
        starts=starts,
        ports=tuple(
            PlannedPort(port.target, _first(port.published), port.protocol, port.address) for port in made.service.ports
        ),
    )


def _change(wanted: Wanted, host: ObservedHost, made: _Made, there: ObservedContainer) -> tuple[str, str]:
    if there.config_hash == made.config_hash:
        if there.state == "running":
            return KEEP, "Unchanged."
        return KEEP, f"Unchanged; it is {there.state} and will be started."
    local = host.image(made.service.image)
    image = wanted.images[made.service.image]
    newer = image.digest and not (local and any(one.endswith("@" + image.digest) for one in local.digests))
    if there.image != made.service.image:
        return RECREATE, f"The image changes from {there.image} to {made.service.image}."
    if newer or (local is not None and local.image_id != there.image_id):
        return RECREATE, f"There is a newer {made.service.image}."
    return RECREATE, "Its configuration has changed." if there.config_hash else "It was made in another way."


def _gone(project: Project, there: ObservedContainer, services: Sequence[Service]) -> PlannedContainer:
    reason = "Its service is no longer part of this host's share."
    if any(service.name == there.service for service in services):
        moved = there.number <= project.service(there.service).replicas
        reason = "This replica runs on another host now." if moved else "There are fewer replicas now."
    return PlannedContainer(there.name, there.service, there.number, REMOVE, reason, there.image)


def _removal(host: ObservedHost, project: str) -> PlannedHost:
    reason = "The application no longer runs on this host."
    gone = tuple(
        PlannedContainer(one.name, one.service, one.number, REMOVE, reason, one.image)
        for one in _of_project(host, project)
    )
    return PlannedHost(host.id, host.name, host.platform, gone)


def _image_plan(image: WantedImage, host: ObservedHost, service: Service) -> PlannedImage:
    local = host.image(image.reference)
    platform = service.platform
    if image.build_sha256:
        note = f"It is built on {host.name}; nothing is pulled."
        return PlannedImage(
            image.reference, PRESENT if local else BUILD, platform=platform, note=note if not local else ""
        )
    if image.problem_detail:
        note = f"{image.problem_detail} The copy on {host.name} is used as it is."
        return PlannedImage(image.reference, LOCAL_ONLY, platform=platform, note=note)
    same = local is not None and (
        not image.digest or any(digest.endswith("@" + image.digest) for digest in local.digests)
    )
    if local is not None and (same or service.pull_policy == "never"):
        note = "" if same else f"The registry has a newer one; {host.name} keeps its own, as pull_policy says."
        return PlannedImage(image.reference, PRESENT, image.digest if same else "", platform, note=note)
    size = image.size_for(host, service)
    return PlannedImage(image.reference, PULL, image.digest, platform, size)


def _new_networks(project: Project, services: Sequence[Service], host: ObservedHost) -> list[str]:
    keys = dict.fromkeys(network.key for service in services for network in service.networks)
    names = [project.networks[key].name for key in keys if not project.networks[key].external]
    return [name for name in names if name not in host.networks]


def _first(published: str) -> int:
    return int(published) if published.isdigit() else 0


def _update_warnings(project: Project) -> list[str]:
    """Start-first where it cannot be had: two containers never hold one port of a host at the same time."""
    warnings = []
    for service in project.services:
        fixed = [port.published for port in service.ports if _first(port.published)]
        if service.update and service.update.order == "start-first" and fixed:
            warnings.append(
                f"{service.name} asks for start-first and publishes the fixed port {fixed[0]}: old and new cannot hold "
                "it at once, so the old one is stopped just before the new one is started."
            )
    return warnings
