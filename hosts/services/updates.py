"""Update checks: what runs against what the registries say, in jobs, by HEAD alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from gallery.images import repository_digest_anew
from gallery.models import TagDigest, WatchedTag
from gallery.sources import default_registry_host, default_registry_is_hub
from gallery.updates import Ask, Wish, fact_of, platforms_learn, tags_check, watch
from gallery.verdicts import Running, Verdict, needs_platforms, verdict
from hosts import live
from hosts.models import Container, Host, Image, ImageUpdate
from hosts.models.mirror import ContainerState
from hosts.selectors.application_images import application_references
from hosts.selectors.update_policies import applications_kept_current
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record
from portal.problems import NotAllowed

MOST_LOOKS = 40  # indexes looked into in one run
RUNNING_STATES = (ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING)


@dataclass(frozen=True)
class _Seen:
    """One image under one name on one host."""

    host_id: UUID
    team: int
    image_id: str
    running: Running

    @property
    def wish(self) -> Wish:
        return Wish(self.running.reference, self.team)


def updates_check(*, now: datetime | None = None, ask: Ask | None = None) -> int:
    """Ask registries about what is due, judge everything that runs, and keep the verdicts; how many have changed."""
    seen = _running()
    tags_check([*_kept_current(), *(one.wish for one in seen)], now=now, ask=ask)
    return updates_judge(seen=seen, ask=ask)


def updates_judge(*, seen: "Iterable[_Seen] | None" = None, ask: Ask | None = None) -> int:
    """Judge what runs by what is known; asks for no digest of a tag. Returns how many verdicts have changed."""
    found = list(_running() if seen is None else seen)
    watched = watch(one.wish for one in found)
    history = _history(watched.values())
    mirror = "" if default_registry_is_hub() else default_registry_host()
    looks = MOST_LOOKS
    rows: list[ImageUpdate] = []
    for one in found:
        tag = watched.get(one.running.reference)
        row = tag or WatchedTag()
        fact = fact_of(row)
        if looks and tag is not None and needs_platforms(one.running, fact, mirror=mirror):
            looks -= 1
            fact = platforms_learn(tag, one.wish, ask=ask)
        state = verdict(one.running, fact, mirror=mirror)
        newer = row.newer if state not in {Verdict.PINNED, Verdict.LOCAL} else ""
        rows.append(
            ImageUpdate(
                host_id=one.host_id,
                image_id=one.image_id,
                reference=one.running.reference,
                state=state.value,
                digest=row.digest,
                newer=newer,
                detail=row.problem,
                since=history.get((row.pk, row.digest)),
                checked_at=row.checked_at,
            )
        )
    return _keep(rows)


def updates_again(*, actor: Actor) -> int:
    """Make what runs on hosts where the actor deploys due at once; how many tags. The job asks, within its budget."""
    teams = actor.team_ids(Permission.DEPLOY)
    if teams == []:
        raise NotAllowed("This needs the role Deployer in a team.")
    mine = [one for one in _running() if teams is None or one.team in teams]
    tags = watch(one.wish for one in mine)
    rows = WatchedTag.objects.filter(pk__in=[row.pk for row in tags.values()])
    count = rows.update(next_at=timezone.now(), newer_at=None)
    audit_record(actor=actor, action="updates.ask", detail={"tags": count})
    return count


def references_check(
    *, references: Sequence[str], team: int, now: datetime | None = None, ask: Ask | None = None
) -> list[str]:
    """Ask about these now, whenever they were asked before, and judge what runs; why there was no answer, sentences."""
    ask = ask or Ask(digest=repository_digest_anew)
    wishes = [Wish(one, team) for one in references]
    pks = [row.pk for row in watch(wishes).values()]
    WatchedTag.objects.filter(pk__in=pks).update(next_at=now or timezone.now())
    tags_check(wishes, now=now, ask=ask)
    updates_judge(ask=ask)
    rows = WatchedTag.objects.filter(pk__in=pks)
    gone = [f"There is no {row} any more." for row in rows if row.gone]
    return gone + [row.problem for row in rows if row.problem and not row.gone]


def _kept_current() -> list[Wish]:
    """Images of applications that update themselves: a cluster runs them by digest, so the mirror names no tag."""
    found = []
    for application in applications_kept_current():
        found += [Wish(one, application.team_id) for one in application_references(application=application)]
    return found


def _running() -> list[_Seen]:
    """Every image that a container runs, once per host and name."""
    containers = Container.objects.filter(state__in=RUNNING_STATES, host__revoked_at=None)
    pairs = set(containers.values_list("host_id", "host__team_id", "image_id", "image"))
    images: dict[object, dict[str, Image]] = defaultdict(dict)
    by_tag: dict[object, dict[str, Image]] = defaultdict(dict)
    for image in Image.objects.filter(host_id__in={pair[0] for pair in pairs}):
        images[image.host_id][image.image_id] = image
        for tag in image.tags:
            by_tag[image.host_id][tag] = image
    found = []
    for host_id, team, image_id, reference in sorted(pairs, key=str):
        mine = images[host_id].get(image_id)
        if mine is None or len(reference) > 400:
            continue
        tagged = by_tag[host_id].get(reference)
        newer = tuple(tagged.digests) if tagged is not None and tagged.image_id != image_id else ()
        found.append(_Seen(host_id, team, image_id, Running(reference, tuple(mine.digests), newer)))
    return found


def _history(tags: Iterable[WatchedTag]) -> dict[tuple[int | None, str], datetime]:
    """(tag, digest) -> when the tag was first seen to name it; nothing of the first digest that was ever seen."""
    rows = TagDigest.objects.filter(watched__in=[tag.pk for tag in tags])
    first = dict(rows.values("watched_id").annotate(at=Min("first_seen")).values_list("watched_id", "at"))
    last = rows.values("watched_id", "digest").annotate(at=Max("first_seen")).values_list("watched_id", "digest", "at")
    return {(tag, digest): at for tag, digest, at in last if at != first[tag]}


def _keep(rows: list[ImageUpdate]) -> int:
    """Replace what was kept; pages of hosts whose verdicts have changed are told."""
    old = {(row.host_id, row.image_id, row.reference): row for row in ImageUpdate.objects.all()}
    fields = ("state", "digest", "newer", "detail", "since", "checked_at")
    changed: set[object] = set()
    fresh: list[ImageUpdate] = []
    renewed: list[ImageUpdate] = []
    for row in rows:
        before = old.pop((row.host_id, row.image_id, row.reference), None)
        if before is None:
            fresh.append(row)
        elif any(getattr(before, name) != getattr(row, name) for name in fields):
            row.pk = before.pk
            renewed.append(row)
        if before is None or (before.state, before.newer) != (row.state, row.newer):
            changed.add(row.host_id)
    alive = set(Host.objects.values_list("pk", flat=True))
    with transaction.atomic():
        ImageUpdate.objects.filter(pk__in=[row.pk for row in old.values()]).delete()
        ImageUpdate.objects.bulk_create([row for row in fresh if row.host_id in alive], ignore_conflicts=True)
        ImageUpdate.objects.bulk_update(renewed, fields, batch_size=500)
        if changed or old:
            live.publish(["home", "applications", *(f"host:{pk}" for pk in changed)])
    return len(changed) + len(old)
