"""What a team's policy says against a project, before anything is planned. Pure.

The same engine as for the Docker client (hosts/policy/), asked about the bodies that the portal would send. What was
interpolated, included or extended is in the project already.
"""

from collections.abc import Iterable, Iterator

from gallery.compose.types import Project, Service
from hosts import engine_body
from hosts.observed import ObservedHost, ObservedVolume
from hosts.plan_types import Refusal
from hosts.policy import (
    Finding,
    Options,
    Policy,
    Resource,
    network_refusals,
    present_volume_refusals,
    refusals_of,
    volume_refusals,
)
from hosts.volume_checks import volumes_used

CODE = "team-policy"


def team_refusals(project: Project, options: Options) -> list[Refusal]:
    """Every reason why the team's policy does not allow a deployer to deploy the project."""
    return [*_of_networks(project, options), *_of_volumes(project, options), *_of_services(project, options)]


def present_refusals(
    project: Project, services: Iterable[Service], host: ObservedHost, policy: Policy
) -> Iterator[Refusal]:
    """The same for volumes that the host has already: whatever made them, their options are what is mounted."""
    for volume in volumes_used(project, services):
        there = host.volumes.get(volume.name)
        for finding in present_findings(volume.name, there, policy) if there is not None else ():
            yield _refusal(finding, f"The volume {volume.name} on {host.name}", "", host.name)


def present_findings(name: str, there: ObservedVolume, policy: Policy) -> tuple[Finding, ...]:
    """What the policy says against mounting a volume that exists."""
    if there.options is None:
        message = (
            "its agent is too old to tell the options of volumes, and a path of the host may hide in them; update it"
        )
        return (Finding("volume-unknown", f"{message} (rule volume-unknown)."),)
    document = {"Driver": there.driver, "Options": dict(there.options)}
    known = Resource(ours=policy.ownership.owns(there.labels), document=document)
    return present_volume_refusals(name, known, options=policy.team)


def _of_networks(project: Project, options: Options) -> Iterator[Refusal]:
    for network in project.networks.values():
        body = engine_body.network_body(project, network)
        if body is not None:
            for finding in network_refusals(body, options=options):
                yield _refusal(finding, f"Network {network.key}", "")


def _of_volumes(project: Project, options: Options) -> Iterator[Refusal]:
    for volume in project.volumes.values():
        body = engine_body.volume_body(project, volume)
        if body is not None:
            for finding in volume_refusals(body, options=options):
                yield _refusal(finding, f"Volume {volume.key}", "")


def _of_services(project: Project, options: Options) -> Iterator[Refusal]:
    own = {
        ("container", engine_body.container_name(project, service, number)): Resource(document={})
        for service in project.services
        for number in range(1, max(1, service.replicas) + 1)
    }
    networks = frozenset(network.name for network in project.networks.values())
    volumes = frozenset(volume.name for volume in project.volumes.values())
    for service in project.services:
        body = engine_body.container_body(project, service, 1)
        for finding in refusals_of(body, options=options, resources=own, networks=networks, volumes=volumes):
            yield _refusal(finding, f"Service {service.name}", service.name)


def _refusal(finding: Finding, what: str, service: str, host: str = "") -> Refusal:
    text = finding.message.removeprefix("container.").removeprefix("network.").removeprefix("volume.")
    detail = f"{what}: {text} An admin of the team can deploy it, or change the policy."
    return Refusal(CODE, detail, service, host, finding.rule)
