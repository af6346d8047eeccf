"""From the mirror to what planning needs to know."""

from collections.abc import Iterable
from ipaddress import ip_address
from uuid import UUID

from django.db.models import Q

from hosts import dispatch
from hosts.host_policy import policy_of
from hosts.meeting import ADDRESS_LABEL
from hosts.models import Container, Host, Image, Network, Volume
from hosts.models.hosts import HostState
from hosts.observed import (
    HOLDING_PORTS,
    HeldPort,
    ObservedContainer,
    ObservedHost,
    ObservedImage,
    ObservedVolume,
    digest_form,
)

NUMBER = "com.docker.compose.container-number"
HASH = "com.docker.compose.config-hash"
SWARM_TASK = "com.docker.swarm.task.id"
ONEOFF = "com.docker.compose.oneoff"


def observe(
    *, hosts: Iterable[Host], project: str, references: Iterable[str], volumes: Iterable[str] = ()
) -> list[ObservedHost]:
    """The hosts as last seen, in a fixed number of queries.

    Of containers only those of `project` and those that hold ports; of images only those that carry one of
    `references`, of volumes only the named ones: a host with thousands of each is planned for as quickly as an empty
    one.
    """
    rows = list(hosts)
    ids = [host.pk for host in rows]
    containers = _containers(ids, project)
    images = _images(ids, {digest_form(reference) for reference in references})
    networks = _networks(ids)
    present = volumes_observe(ids, volumes)
    return [
        ObservedHost(
            id=str(host.pk),
            name=host.name,
            os=host.os,
            architecture=host.architecture,
            os_version=host.os_version,
            os_name=host.os_name,
            address=address_of(host),
            isolation=host.isolation,
            cpus=host.cpus,
            memory_bytes=host.memory_bytes,
            state=str(host.state.value),
            away="" if host.state == HostState.ONLINE else dispatch.host_away(host).detail,
            engine_error=host.engine_error,
            labels=host.labels,
            containers=tuple(containers.get(host.pk, ())),
            images=tuple(images.get(host.pk, ())),
            networks=networks.get(host.pk, ()),
            volumes=present.get(host.pk, {}),
            policy=policy_of(host.facts),
        )
        for host in rows
    ]


def address_of(host: Host) -> str:
    """Where other hosts reach it: what its label says, else where its agent connects from; "" when only itself."""
    told = str(host.labels.get(ADDRESS_LABEL, "")).strip()
    if told or not host.address:
        return told
    try:
        return "" if ip_address(host.address).is_loopback else host.address
    except ValueError:
        return ""


def _containers(ids: list[UUID], project: str) -> dict[UUID, list[ObservedContainer]]:
    found: dict[UUID, list[ObservedContainer]] = {}
    fields = ("host_id", "name", "image", "image_id", "state", "project", "service", "labels", "ports")
    rows = Container.objects.filter(Q(project=project) | Q(state__in=HOLDING_PORTS), host_id__in=ids)
    for row in rows.values(*fields):
        labels = row["labels"]
        if row["project"] == project and SWARM_TASK in labels:  # its manager looks after it
            continue
        number = str(labels.get(NUMBER, ""))
        found.setdefault(row["host_id"], []).append(
            ObservedContainer(
                name=row["name"],
                image=row["image"],
                image_id=row["image_id"],
                state=row["state"],
                project=row["project"],
                service=row["service"],
                number=int(number) if number.isdigit() else 0,
                config_hash=labels.get(HASH, ""),
                oneoff=labels.get(ONEOFF, "").lower() == "true",
                ports=tuple(
                    HeldPort(port["published"], port["protocol"], port["address"])
                    for port in row["ports"]
                    if port.get("published")
                ),
            )
        )
    return found


def _images(ids: list[UUID], references: set[str]) -> dict[UUID, list[ObservedImage]]:
    found: dict[UUID, list[ObservedImage]] = {}
    rows = Image.objects.filter(host_id__in=ids).values_list("host_id", "image_id", "tags", "digests")
    for host_id, image_id, tags, digests in rows:
        if references.intersection(tags) or references.intersection(digests):
            found.setdefault(host_id, []).append(ObservedImage(image_id, tuple(tags), tuple(digests)))
    return found


def _networks(ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, list[str]] = {}
    for host_id, name in Network.objects.filter(host_id__in=ids).order_by().values_list("host_id", "name"):
        found.setdefault(host_id, []).append(name)
    return {host_id: tuple(names) for host_id, names in found.items()}


def volumes_observe(ids: Iterable[UUID], names: Iterable[str]) -> dict[UUID, dict[str, ObservedVolume]]:
    """The volumes of these names, host by host."""
    found: dict[UUID, dict[str, ObservedVolume]] = {}
    rows = Volume.objects.filter(host_id__in=list(ids), name__in=sorted(set(names))).order_by()
    for host_id, name, driver, options, labels in rows.values_list("host_id", "name", "driver", "options", "labels"):
        found.setdefault(host_id, {})[name] = ObservedVolume(driver, options, labels)
    return found
