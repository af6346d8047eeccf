"""Reading what reconciling needs of a project from the engine."""

import asyncio
import re
from collections.abc import Mapping

from ..clashes import Claims, HostPort
from ..engine import Engine, NotFound
from ..engine.containers import containers_list
from ..engine.images import image_inspect
from ..engine.resources import networks_list, volumes_list
from ..engine.types import Image, ListedContainer
from ..inherit import Anonymous, is_anonymous
from ..mirror.reading import row_name
from ..protocol.bodies import Deploy
from ..reconcile import COMMAND_LABEL, HASH_LABEL, ONEOFF_LABEL, PROJECT_LABEL, Observed, Seen

SWARM_TASK = "com.docker.swarm.task.id"
_EXIT = re.compile(r"^Exited \((-?\d+)\)")


async def observe(engine: Engine, deploy: Deploy) -> Observed:
    """The project's containers, images, networks and volumes as they are now. Raises EngineError."""
    references = tuple(dict.fromkeys(image.reference for image in deploy.images))
    containers, networks, volumes, images = await asyncio.gather(
        project_containers(engine, deploy.project),
        _networks(engine, deploy),
        _volumes(engine, deploy),
        asyncio.gather(*(image_or_none(engine, reference) for reference in references)),
    )
    found = {reference: image for reference, image in zip(references, images, strict=True) if image is not None}
    ids = {reference: image.id for reference, image in found.items()}
    declared = {reference: _declared(image) for reference, image in found.items()}
    return Observed(containers, ids, networks, volumes, declared)


def _declared(image: Image) -> frozenset[str]:
    return frozenset((image.config.volumes if image.config else None) or {})


async def project_containers(engine: Engine, project: str) -> tuple[Seen, ...]:
    """Every container of a project, but for one-off ones that a person started. Raises EngineError."""
    rows = await containers_list(engine, labels=(f"{PROJECT_LABEL}={project}",))
    return tuple(seen_of(row) for row in rows if _ours(row.labels or {}))


def _ours(labels: Mapping[str, str]) -> bool:
    """Neither a one-off run of a person nor a task of a swarm, which its manager looks after."""
    return labels.get(ONEOFF_LABEL, "False").lower() != "true" and SWARM_TASK not in labels


def seen_of(row: ListedContainer) -> Seen:
    """A listed container as reconciling sees it."""
    labels = row.labels or {}
    code = _EXIT.match(row.status)
    networks = (row.network_settings.networks if row.network_settings else None) or {}
    return Seen(
        cid=row.id,
        name=row_name(row),
        image_id=row.image_id,
        state=row.state,
        config_hash=labels.get(HASH_LABEL, ""),
        command=labels.get(COMMAND_LABEL, ""),
        exit_code=int(code[1]) if code else None,
        claims=Claims(
            ports=frozenset(HostPort(p.public_port, p.type, p.ip) for p in row.ports or () if p.public_port),
            writes=frozenset(m.name or m.source for m in row.mounts or () if m.rw and (m.name or m.source)),
            host_network="host" in networks,
            addresses=frozenset(_fixed(networks)),
        ),
        anonymous=tuple(
            Anonymous(m.name, m.destination, m.rw)
            for m in row.mounts or ()
            if m.type == "volume" and is_anonymous(m.name)
        ),
    )


def _fixed(networks: dict[str, object]) -> list[str]:
    found: list[str] = []
    for endpoint in networks.values():
        fixed = endpoint.get("IPAMConfig") if isinstance(endpoint, dict) else None
        if isinstance(fixed, dict):
            found += [str(fixed[name]) for name in ("IPv4Address", "IPv6Address") if fixed.get(name)]
    return found


async def image_or_none(engine: Engine, reference: str) -> Image | None:
    """The image on the host, None when it is not there. Raises EngineError."""
    try:
        return await image_inspect(engine, reference)
    except NotFound:
        return None


async def _networks(engine: Engine, deploy: Deploy) -> dict[str, str]:
    if not deploy.networks:
        return {}
    wanted = {spec.name for spec in deploy.networks}
    found = await networks_list(engine)
    return {network.name: (network.labels or {}).get(COMMAND_LABEL, "") for network in found if network.name in wanted}


async def _volumes(engine: Engine, deploy: Deploy) -> dict[str, str]:
    if not deploy.volumes:
        return {}
    wanted = {spec.name for spec in deploy.volumes}
    found = await volumes_list(engine)
    return {volume.name: (volume.labels or {}).get(COMMAND_LABEL, "") for volume in found if volume.name in wanted}
