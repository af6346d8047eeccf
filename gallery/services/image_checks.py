"""Once a week: are the images of templates still there, and what do they run on. By HEAD and the web API, no pull."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from gallery.docker_hub import hub_tag_runs_on
from gallery.images import is_built, repository_digest, resolve_image
from gallery.models import CheckedImage, ListedTemplate, TeamTemplate
from gallery.registry.errors import NotAReference
from gallery.registry.reference import HUB_NAMES, Reference, parse_reference
from gallery.registry.types import Platform
from gallery.selectors.registries import accesses_for_images
from gallery.sources import ANONYMOUS, Access, default_registry_is_hub
from portal.problems import NotFound, Problem, TooMany, Unavailable

EVERY = timedelta(days=7)
AFTER_TROUBLE = timedelta(hours=1)
MOST_AT_ONCE = 40


def platforms_of(reference: Reference, digest: str, access: Access) -> tuple[Platform, ...]:
    """What a tag runs on; at Docker Hub from the web API, since reading a manifest there counts as a pull."""
    if (not reference.host and default_registry_is_hub()) or reference.host in HUB_NAMES:
        return hub_tag_runs_on(reference, digest, access)
    return tuple(one.platform for one in resolve_image(str(reference), access).platforms)


@dataclass(frozen=True)
class Ask:
    """The questions to registries; tests pass others. Each raises a Problem."""

    digest: Callable[[Reference, Access], str] = repository_digest
    platforms: Callable[[Reference, str, Access], tuple[Platform, ...]] = platforms_of


def images_check(*, now: datetime | None = None, ask: Ask | None = None, most: int = MOST_AT_ONCE) -> int:
    """Ask about what is due; how many questions that took. A registry that refuses is asked no more in this turn."""
    now, ask = now or timezone.now(), ask or Ask()
    _known(now)
    stopped: set[str] = set()
    asked = 0
    for row in CheckedImage.objects.filter(next_at__lte=now).order_by("next_at")[: most * 2]:
        host = _parsed(row.reference)
        if asked >= most or host is None or host.host in stopped:
            continue
        asked += 1
        if not _check(row, host, now, ask):
            stopped.add(host.host)
    return asked


def _known(now: datetime) -> None:
    """A row for each image of a template, due at once when it is new; what no template has is forgotten."""
    wanted = {(row.team_id, image) for row in TeamTemplate.objects.only("team_id", "images") for image in row.images}
    rows: Iterable[tuple[int, list[str]]] = ListedTemplate.objects.values_list("list__team_id", "entry__images")
    wanted |= {(team, image) for team, images in rows for image in images}
    there = {(row.team_id, row.reference): row.pk for row in CheckedImage.objects.only("team_id", "reference")}
    CheckedImage.objects.filter(pk__in=[pk for key, pk in there.items() if key not in wanted]).delete()
    fresh = [one for one in sorted(wanted - set(there)) if len(one[1]) <= 400 and _parsed(one[1]) is not None]
    CheckedImage.objects.bulk_create(
        (CheckedImage(team_id=team, reference=image, next_at=now) for team, image in fresh), ignore_conflicts=True
    )


def _parsed(image: str) -> Reference | None:
    """None for what is no tag of a registry."""
    try:
        return None if is_built(image) else parse_reference(image)
    except (NotAReference, Problem):
        return None


def _check(row: CheckedImage, reference: Reference, now: datetime, ask: Ask) -> bool:
    """Ask about one image; whether its registry may be asked further."""
    access = accesses_for_images(row.team_id, [row.reference]).get(row.reference, ANONYMOUS)
    try:
        digest = reference.digest or ask.digest(reference, access)
        row.gone, row.problem = False, ""
    except NotFound:
        digest, row.gone, row.problem = "", True, ""
    except (TooMany, Unavailable) as problem:
        row.problem = problem.detail[:600]
        row.next_at = now + max(timedelta(seconds=problem.retry_after or 0), AFTER_TROUBLE)
        row.save(update_fields=["problem", "next_at"])
        return False
    except Problem as problem:  # it wants an account
        digest, row.problem = "", problem.detail[:600]
    if digest:
        row.platforms = _platforms(row, reference, digest, access, ask)
    row.checked_at, row.next_at = now, now + EVERY
    row.save()
    return True


def _platforms(row: CheckedImage, reference: Reference, digest: str, access: Access, ask: Ask) -> list[str] | None:
    """What it runs on; what was known before where that is not told."""
    try:
        found = ask.platforms(reference, digest, access)
    except Problem:
        known: list[str] | None = row.platforms
        return known
    return sorted({f"{one.os}/{one.architecture}" for one in found})
