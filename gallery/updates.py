"""Tags that run somewhere, asked about by HEAD in jobs: what each names now, what it named before, what follows it.

A HEAD of a manifest is no pull for Docker Hub. Each tag is asked about every six hours, give or take an hour, its
repository's list of tags (which is free as well) once a day; a registry that is limited or away is left alone.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.problems import NotFound, Problem, TooMany, Unavailable

from .images import ResolvedImage, repository_digest, repository_tags, resolve_image
from .models import TagDigest, WatchedTag
from .registry.errors import NotAReference
from .registry.reference import Reference, parse_reference
from .selectors.registries import accesses_for_images
from .sources import ANONYMOUS, Access
from .verdicts import TagFact
from .versions import newer_tag, tag_version

EVERY = timedelta(hours=6)
SPREAD = timedelta(hours=1)
AFTER_TROUBLE = timedelta(minutes=30)
NEWER_EVERY = timedelta(hours=24)
MOST_AT_ONCE = 200  # questions in one run of the job
MOST_HISTORY = 50
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ask:
    """The questions to registries; tests pass others. Each raises a Problem."""

    digest: Callable[[Reference, Access], str] = repository_digest
    tags: Callable[[Reference, Access], tuple[str, ...]] = repository_tags
    resolve: Callable[[str, Access], ResolvedImage] = resolve_image


@dataclass(frozen=True)
class Wish:
    """A reference that runs somewhere, and a team whose account may be used to ask about it."""

    reference: str
    team: int


def watch(wishes: Iterable[Wish]) -> dict[str, WatchedTag]:
    """The watched tag of each reference; what names no tag, or a digest, is not watched. New ones are due at once."""
    wanted: dict[str, tuple[str, str, str]] = {}
    for wish in wishes:
        try:
            found = parse_reference(wish.reference)
        except NotAReference:
            continue
        if not found.digest and found.tag and not wish.reference.startswith("sha256:"):  # the id of an image
            wanted[wish.reference] = (found.host, found.repository, found.tag)
    known = {
        (row.host, row.repository, row.tag): row
        for row in WatchedTag.objects.filter(repository__in={key[1] for key in wanted.values()})
    }
    fresh = [
        WatchedTag(host=host, repository=repository, tag=tag, next_at=LONG_AGO)
        for host, repository, tag in {*wanted.values()}
        if (host, repository, tag) not in known
    ]
    WatchedTag.objects.bulk_create(fresh, ignore_conflicts=True)
    if fresh:
        names = {row.repository for row in fresh}
        rows = WatchedTag.objects.filter(repository__in=names)
        known |= {(row.host, row.repository, row.tag): row for row in rows}
    return {reference: known[key] for reference, key in wanted.items() if key in known}


def tags_check(
    wishes: Iterable[Wish], *, now: datetime | None = None, ask: Ask | None = None, most: int = MOST_AT_ONCE
) -> int:
    """Ask about what is due among these; how many questions that took. A registry that refuses is asked no more."""
    now = now or timezone.now()
    ask = ask or Ask()
    by_reference = {wish.reference: wish for wish in wishes}
    watched = watch(by_reference.values())
    due = sorted(
        ((row, by_reference[reference]) for reference, row in watched.items() if row.next_at <= now),
        key=lambda one: one[0].next_at,
    )
    stopped: set[str] = set()
    asked = 0
    for row, wish in due:
        if asked >= most:
            break
        if row.host in stopped:
            continue
        asked += 1
        if not _check(row, wish, now, ask):
            stopped.add(row.host)
    return asked


def _check(row: WatchedTag, wish: Wish, now: datetime, ask: Ask) -> bool:
    """Ask about one tag; whether its registry may be asked further."""
    reference = parse_reference(wish.reference)
    access = accesses_for_images(wish.team, [wish.reference]).get(wish.reference, ANONYMOUS)
    go_on = True
    try:
        digest = ask.digest(reference, access)
    except NotFound:
        row.gone, row.problem = True, ""
    except (TooMany, Unavailable) as problem:
        row.problem, go_on = problem.detail[:600], False
        wait = timedelta(seconds=problem.retry_after or 0)
        row.next_at = now + max(wait, AFTER_TROUBLE) + SPREAD * random.random()  # noqa: S311
        row.save(update_fields=["problem", "next_at"])
        return go_on
    except Problem as problem:  # it wants an account
        row.problem = problem.detail[:600]
    else:
        if digest != row.digest:
            row.platforms = None
        row.digest, row.gone, row.problem = digest, False, ""
        _remember(row, digest, now)
    row.checked_at = now
    row.next_at = now + EVERY + SPREAD * (2 * random.random() - 1)  # noqa: S311
    _look_for_newer(row, reference, access, now, ask)
    row.save()
    return go_on


def _look_for_newer(row: WatchedTag, reference: Reference, access: Access, now: datetime, ask: Ask) -> None:
    if row.problem or tag_version(row.tag) is None or (row.newer_at and now - row.newer_at < NEWER_EVERY):
        return
    try:
        row.newer = newer_tag(row.tag, ask.tags(reference, access))
    except Problem:
        return
    row.newer_at = now


def _remember(row: WatchedTag, digest: str, now: datetime) -> None:
    with transaction.atomic():
        last = row.digests.first()
        if last is not None and last.digest == digest:
            TagDigest.objects.filter(pk=last.pk).update(last_seen=now)
            return
        TagDigest.objects.create(watched=row, digest=digest, first_seen=now, last_seen=now)
        old = list(row.digests.values_list("pk", flat=True)[MOST_HISTORY:])
        TagDigest.objects.filter(pk__in=old).delete()


def fact_of(row: WatchedTag) -> TagFact:
    """What is known of a tag."""
    return TagFact(row.digest, None if row.platforms is None else frozenset(row.platforms), row.gone)


def platforms_learn(row: WatchedTag, wish: Wish, *, ask: Ask | None = None) -> TagFact:
    """The same with the platforms of its index. Where a pull is counted they are taken from Docker Hub's web API."""
    access = accesses_for_images(wish.team, [wish.reference]).get(wish.reference, ANONYMOUS)
    reference = parse_reference(wish.reference)
    try:
        found = index_platforms(reference, row.digest, access, ask or Ask())
    except Problem:
        return fact_of(row)
    if found is not None:
        row.platforms = sorted(found)
        row.save(update_fields=["platforms"])
    return fact_of(row)


def index_platforms(reference: Reference, digest: str, access: Access, ask: Ask) -> frozenset[str] | None:
    """Digests of the manifests in an index; None when it cannot be said."""
    from .docker_hub import hub_tag_platforms
    from .sources import default_registry_is_hub

    if not reference.host and default_registry_is_hub():
        return hub_tag_platforms(reference, digest, access)
    named = Reference(reference.host, reference.repository, "", digest)
    return frozenset(one.digest for one in ask.resolve(str(named), access).platforms)
