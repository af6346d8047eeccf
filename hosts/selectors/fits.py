"""The gallery's questions: which hosts can run an image, and what lies on them already."""

from collections.abc import Sequence

from django.db.models import TextField
from django.db.models.functions import Cast

from gallery.fits import Fit, HostDigests, HostImage
from gallery.registry.types import Platform, PlatformManifest
from hosts import placement
from hosts.labels import CARRIER_IMAGE
from hosts.models import Host, Image
from hosts.models.hosts import HostState
from hosts.observed import ObservedHost
from portal.people.access import Actor
from portal.people.selectors.teams import rows_of_teams

SCANNED = 5000  # images looked at for one answer


def host_fits(*, actor: Actor, platforms: Sequence[Platform]) -> list[Fit]:
    """Every host of the actor's teams with whether one of `platforms` runs on it."""
    manifests = [PlatformManifest(platform, "") for platform in platforms]
    fits = []
    for host in _hosts(actor):
        fit = placement.image_fits(_observed(host), manifests)
        reason = fit.reason
        if fit.ok and host.state != HostState.ONLINE:
            reason = f"{host.name} is {host.state.label.lower()}."
        fits.append(Fit(str(host.pk), host.name, fit.ok and not reason, reason))
    return fits


def host_images(*, actor: Actor, query: str = "", limit: int = 50) -> list[HostImage]:
    """Tagged images on the actor's hosts, those that came last first."""
    hosts = {host.pk: host for host in _hosts(actor)}
    rows = Image.objects.filter(host_id__in=list(hosts)).exclude(tags=[])
    if query:
        rows = rows.annotate(tags_text=Cast("tags", TextField())).filter(tags_text__icontains=query)
    found: dict[str, HostImage] = {}
    for image in rows.order_by("-observed_at", "-id")[:SCANNED]:
        host = hosts[image.host_id]
        for tag in image.tags:
            if query.lower() not in tag.lower() or tag.startswith(f"{CARRIER_IMAGE}:"):
                continue
            known = found.get(tag)
            if known is None and len(found) >= limit:
                continue
            on = (*(known.hosts if known else ()), (str(host.pk), host.name))
            seen = max(filter(None, (image.observed_at, host.observed_at)))
            found[tag] = HostImage(tag, image.size, on, seen)
    return list(found.values())


def host_digests(*, actor: Actor) -> list[HostDigests]:
    """Every host of the actor with the digests of its images."""
    hosts = _hosts(actor)
    found: dict[object, list[str]] = {host.pk: [] for host in hosts}
    rows = Image.objects.filter(host_id__in=list(found)).order_by("-id").values_list("host_id", "digests")
    for host_id, digests in rows[:SCANNED]:
        found[host_id] += digests
    return [
        HostDigests(str(host.pk), host.name, f"{host.os}/{host.architecture}", tuple(found[host.pk])) for host in hosts
    ]


def _hosts(actor: Actor) -> list[Host]:
    return list(rows_of_teams(Host.objects.filter(revoked_at=None), actor))


def _observed(host: Host) -> ObservedHost:
    return ObservedHost(
        id=str(host.pk),
        name=host.name,
        os=host.os,
        architecture=host.architecture,
        os_version=host.os_version,
        isolation=host.isolation,
    )
