"""The engine's objects as facts of the wire. Pure. Environment values are never read: they hold secrets."""

import re
import shlex
from datetime import UTC, datetime

from ..engine.types import Container, ListedContainer, ListedImage, MountPoint, Network, Volume
from ..protocol.facts import ContainerFact, ImageFact, MountFact, NetworkFact, PortFact, VolumeFact
from ..protocol.volume_options import blanked

MAX_COMMAND = 1000
_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)")
_EXIT = re.compile(r"^Exited \((-?\d+)\)")
_FRACTION = re.compile(r"\.(\d{1,9})")


def moment(text: str) -> datetime | None:
    """A time of the Engine API in UTC; None for "" and for its zero time (0001-01-01)."""
    if not text or text.startswith("0001-"):
        return None
    exact = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text.replace("Z", "+00:00"), count=1)
    try:
        return datetime.fromisoformat(exact).astimezone(UTC)
    except ValueError:
        return None


def _since_epoch(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None


def container_fact(container: Container) -> ContainerFact:
    """A container as inspected."""
    state = container.state
    ended = state.status in {"exited", "dead"}
    return ContainerFact(
        cid=container.id,
        name=container.plain_name,
        image=container.config.image or container.image,
        image_id=container.image,
        state=state.status,
        command=shlex.join((container.path, *(container.args or ())))[:MAX_COMMAND] if container.path else "",
        health=container.health if state.running else "",
        exit_code=state.exit_code if ended else None,
        restarts=container.restart_count,
        ports=_inspected_ports(container),
        mounts=_mounts(container.mounts),
        networks=tuple(sorted(container.network_settings.networks or ())),
        labels=container.labels,
        created=moment(container.created),
        started=moment(state.started_at),
        finished=moment(state.finished_at),
    )


def row_fact(row: ListedContainer) -> ContainerFact:
    """A container as listed: everything but restarts, start and finish, which only an inspection tells."""
    health = _HEALTH.search(row.status)
    code = _EXIT.match(row.status)
    networks = row.network_settings.networks if row.network_settings else None
    return ContainerFact(
        cid=row.id,
        name=row_name(row),
        image=row.image,
        image_id=row.image_id,
        state=row.state,
        command=row.command[:MAX_COMMAND],
        health=health[1] if health else "",
        exit_code=int(code[1]) if code else None,
        ports=tuple(
            sorted(
                (PortFact(port.private_port, port.type, port.public_port, port.ip) for port in row.ports or ()),
                key=_port_order,
            )
        ),
        mounts=_mounts(row.mounts),
        networks=tuple(sorted(networks or ())),
        labels=row.labels or {},
        created=_since_epoch(row.created),
    )


def row_name(row: ListedContainer) -> str:
    """The container's own name; links give it more names, which have a slash inside."""
    names = [name.removeprefix("/") for name in row.names or ()]
    return next((name for name in names if "/" not in name), names[0] if names else "")


def same_row(fact: ContainerFact, row: ListedContainer) -> bool:
    """Whether a listed row says nothing new about a known container."""
    listed = row_fact(row)
    return (fact.name, fact.state, fact.health, fact.exit_code, fact.networks) == (
        listed.name,
        listed.state,
        listed.health,
        listed.exit_code,
        listed.networks,
    )


def _inspected_ports(container: Container) -> tuple[PortFact, ...]:
    ports: list[PortFact] = []
    for word, bindings in (container.network_settings.ports or {}).items():
        target, _, protocol = word.partition("/")
        if not target.isdigit():
            continue
        where = [(int(b.host_port), b.host_ip) for b in bindings or () if b.host_port.isdigit()] or [(0, "")]
        ports.extend(PortFact(int(target), protocol or "tcp", published, address) for published, address in where)
    return tuple(sorted(ports, key=_port_order))


def _port_order(port: PortFact) -> tuple[int, str, int, str]:
    return port.target, port.protocol, port.published, port.address


def _mounts(mounts: tuple[MountPoint, ...] | None) -> tuple[MountFact, ...]:
    return tuple(
        MountFact(type=m.type, target=m.destination, source=m.source, name=m.name, read_only=not m.rw)
        for m in sorted(mounts or (), key=lambda mount: mount.destination)
    )


def image_fact(image: ListedImage) -> ImageFact:
    """An image as listed; the API's "<none>" references are left out."""
    return ImageFact(
        image_id=image.id,
        tags=tuple(tag for tag in image.repo_tags or () if "<none>" not in tag),
        digests=tuple(digest for digest in image.repo_digests or () if "<none>" not in digest),
        size=image.size,
        created=_since_epoch(image.created),
    )


def network_fact(network: Network) -> NetworkFact:
    """A network as listed."""
    pools = (network.ipam.config if network.ipam else None) or ()
    return NetworkFact(
        network_id=network.id,
        name=network.name,
        driver=network.driver,
        scope=network.scope,
        subnets=tuple(pool.subnet for pool in pools if pool.subnet),
        labels=network.labels or {},
    )


def volume_fact(volume: Volume) -> VolumeFact:
    """A volume as listed."""
    return VolumeFact(
        name=volume.name,
        driver=volume.driver,
        labels=volume.labels or {},
        created=moment(volume.created_at),
        options=blanked(volume.options or {}),
    )
