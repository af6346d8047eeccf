"""From a plan to what each host's agent is told to do."""

from dataclasses import dataclass
from uuid import UUID

from engine_agent.protocol.bodies import (
    BuildContext,
    ContainerSpec,
    Deploy,
    ImageSpec,
    NetworkSpec,
    RemoveProject,
    VolumeSpec,
)
from engine_agent.protocol.swarm import StackDeploy
from gallery.compose.types import Project, Service
from hosts import engine_body
from hosts.observed import ObservedHost
from hosts.plan_types import LOCAL_ONLY, PRESENT, PlannedHost, PlannedImage
from hosts.planning import Replica, image_pin
from hosts.services.plans import Prepared
from hosts.wanted import Wanted, WantedImage

CONTEXTS = "/api/v1/agent/contexts/"


@dataclass(frozen=True)
class Order:
    """What one host's agent is to come to; of a cluster, what its manager is told."""

    host_id: UUID
    body: Deploy | RemoveProject | StackDeploy


def orders(prepared: Prepared) -> list[Order]:
    """One order per host of the plan."""
    if prepared.stack is not None:
        return [Order(UUID(planned.host_id), prepared.stack) for planned in prepared.plan.hosts]
    observed = {host.id: host for host in prepared.hosts}
    return [
        _order(prepared.wanted, planned, observed[planned.host_id], prepared.shares.get(planned.host_id, ()))
        for planned in prepared.plan.hosts
    ]


def _order(wanted: Wanted, planned: PlannedHost, host: ObservedHost, share: tuple[Replica, ...]) -> Order:
    project = wanted.project
    services = list({replica.service.name: replica.service for replica in share}.values())
    if not services:
        body: Deploy | RemoveProject = RemoveProject(project=project.name)
        return Order(UUID(host.id), body)
    body = Deploy(
        project=project.name,
        images=tuple(_image(wanted.images[one.reference], one, services) for one in planned.images),
        networks=_networks(project, services),
        volumes=_volumes(project, services),
        containers=tuple(_container(wanted, host, replica, share) for replica in share),
    )
    return Order(UUID(host.id), body)


def _image(image: WantedImage, planned: PlannedImage, services: list[Service]) -> ImageSpec:
    build = None
    if image.build_sha256:
        build = BuildContext(f"{CONTEXTS}{image.build_sha256}.tar", image.build_sha256, image.build_size)
    policies = {service.pull_policy for service in services if service.image == image.reference}
    pull = "always" if "always" in policies else "missing"
    if planned.action in {LOCAL_ONLY, PRESENT}:
        pull = "never" if not image.build_sha256 else "missing"
    return ImageSpec(
        reference=image.reference,
        pull=pull,
        platform=planned.platform,
        digest=planned.digest,
        source=image.source,
        build=build,
    )


def _networks(project: Project, services: list[Service]) -> tuple[NetworkSpec, ...]:
    keys = dict.fromkeys(one.key for service in services for one in service.networks)
    networks = [project.networks[key] for key in keys]
    return tuple(NetworkSpec(one.name, engine_body.network_body(project, one)) for one in networks)


def _volumes(project: Project, services: list[Service]) -> tuple[VolumeSpec, ...]:
    mounts = (mount for service in services for mount in service.mounts)
    keys = dict.fromkeys(mount.source for mount in mounts if mount.type == "volume" and mount.source)
    volumes = [project.volumes[key] for key in keys]
    return tuple(VolumeSpec(one.name, engine_body.volume_body(project, one)) for one in volumes)


def _container(wanted: Wanted, host: ObservedHost, replica: Replica, share: tuple[Replica, ...]) -> ContainerSpec:
    project, service, number = wanted.project, replica.service, replica.number
    body = engine_body.container_body(project, service, number, image_pin(wanted.images[service.image], host))
    grace = service.stop_grace_period
    return ContainerSpec(
        name=engine_body.container_name(project, service, number),
        service=service.name,
        number=number,
        image=service.image,
        config_hash=engine_body.config_hash(body),
        create=body,
        networks=engine_body.extra_networks(project, service, number),
        depends_on=_depends_on(project, service, share),
        platform=service.platform,
        stop_timeout=None if grace is None else round(grace),
        order=service.update.order if service.update else "",
        files=engine_body.files(service),
        post_start=engine_body.hooks(service.post_start),
    )


def _depends_on(project: Project, service: Service, share: tuple[Replica, ...]) -> dict[str, str]:
    """Container names of this host that come first; for services on other hosts the rollout waits."""
    wanted: dict[str, str] = {}
    for one in service.depends_on:
        for other in share:
            if other.service.name == one.service:
                name = engine_body.container_name(project, other.service, other.number)
                wanted[name] = engine_body.CONDITIONS[one.condition]
    return wanted
