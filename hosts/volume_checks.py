"""Volumes that exist on a host before the project comes: are they what its text says? Pure.

An engine keeps a volume as it was made: a create with other options is answered as if it had been done. As
docker-compose does, a difference is refused, not passed over in silence; `external: true` takes a volume as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine_agent.protocol.volume_options import blanked
from gallery.compose.types import Project, Service, Volume
from hosts.observed import ObservedHost, ObservedVolume
from hosts.plan_types import Refusal

PROJECT_LABEL = "com.docker.compose.project"
OWN = "com.docker."  # options that the engine adds by itself


def volumes_used(project: Project, services: Iterable[Service]) -> list[Volume]:
    """The named volumes that these services mount, each once, in their order."""
    mounts = (mount for service in services for mount in service.mounts)
    keys = dict.fromkeys(mount.source for mount in mounts if mount.type == "volume" and mount.source)
    return [project.volumes[key] for key in keys]


def volume_conflicts(project: Project, services: Sequence[Service], host: ObservedHost) -> Iterator[Refusal]:
    """Why the volumes of the host cannot be those of the project."""
    for volume in volumes_used(project, services):
        there = host.volumes.get(volume.name)
        if there is None:
            if volume.external:
                yield _missing(volume, host)
            continue
        difference = "" if volume.external else _difference(volume, there)
        if difference:
            yield _differs(volume, host, difference)


def volume_warnings(project: Project, services: Sequence[Service], host: ObservedHost) -> Iterator[str]:
    """What is worth to be known of volumes that exist already and are used."""
    for volume in volumes_used(project, services):
        there = host.volumes.get(volume.name)
        maker = there.labels.get(PROJECT_LABEL) if there is not None and not volume.external else project.name
        if maker != project.name:
            made = f"was made for the project {maker}" if maker else "was made outside of any project"
            yield (
                f"The volume {volume.name} exists on {host.name} and {made}. It is used with the data it holds; "
                "external: true in the text says that this is meant."
            )


def _missing(volume: Volume, host: ObservedHost) -> Refusal:
    detail = (
        f"The volume {volume.name} is external, and {host.name} does not have it. "
        "Make it there first, or leave external away so that it is made."
    )
    return Refusal("volume-not-found", detail, host=host.name)


def _differs(volume: Volume, host: ObservedHost, difference: str) -> Refusal:
    detail = (
        f"The volume {volume.name} exists on {host.name} already, {difference}. A volume stays as it was made: "
        "remove it there if its data may go, give this one another name, or write external: true to use it as it is."
    )
    return Refusal("volume-differs", detail, host=host.name)


def _difference(volume: Volume, there: ObservedVolume) -> str:
    if volume.driver and there.driver and volume.driver != there.driver:
        return f"with the driver {there.driver} instead of {volume.driver}"
    if there.options is None:
        return ""
    wanted, found = blanked(dict(volume.driver_opts)), blanked(there.options)
    names = [name for name in sorted({*wanted, *found}) if not name.startswith(OWN)]
    changed = [name for name in names if wanted.get(name) != found.get(name)]
    if not changed:
        return ""
    return "with other options: " + "; ".join(_both(name, wanted, found) for name in changed[:4])


def _both(name: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    there = f"{name} is {found[name][:120]}" if name in found else f"{name} is not set"
    return f"{there}, the text says {wanted[name][:120]}" if name in wanted else f"{there}, the text does not say it"
