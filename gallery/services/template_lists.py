"""Lists of templates are added, refreshed, taken over and removed here, and only here."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from gallery.lists.fetching import Fetched, list_address, list_fetch
from gallery.lists.reading import Entry, differences, list_read
from gallery.models import ListedTemplate, TemplateList
from portal.people.access import Actor, Permission, portal_actor
from portal.people.models import Team
from portal.people.services.audit import FAILED, audit_record, permission_require
from portal.problems import Conflict, Invalid, Problem

MOST_LISTS = 20  # of a team
EVERY = timedelta(hours=24)
MOST_AT_ONCE = 8  # in one turn of the job: each may take its whole time
Fetch = Callable[[str, str], Fetched]


def list_add(*, team: Team, title: str, url: str, actor: Actor) -> TemplateList:
    """Keep the address of a list; nothing is fetched yet. Raises Invalid (fields), Conflict, NotAllowed."""
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="template-list.add")
    name = " ".join(title.split())
    if not name or len(name) > 100:
        message = _("Give it a title of at most 100 characters.")
        raise Invalid(message, fields={"title": [message]})
    address = url.strip()
    list_address(address)
    if TemplateList.objects.filter(team=team).count() >= MOST_LISTS:
        raise Conflict(_("A team has at most %(most)d lists. Remove one first.") % {"most": MOST_LISTS})
    try:
        with transaction.atomic():
            row = TemplateList.objects.create(team=team, key=_free_key(name), title=name, url=address)
            audit_record(actor=actor, action="template-list.add", team=team, target=row, detail={"url": address})
    except IntegrityError as error:
        message = _("The team has this list already.")
        raise Conflict(message, fields={"url": [message]}) from error
    return row


def list_refresh(*, row: TemplateList, actor: Actor, fetch: Fetch = list_fetch) -> TemplateList:
    """Fetch it if it has changed. What is new waits as `pending`; nothing is replaced.

    Raises Invalid, ListUnavailable when it cannot be had; that is remembered beside what was there before.
    """
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=row.team, action="template-list.refresh", target=row
    )
    now = timezone.now()
    try:
        found = fetch(row.url, row.etag)
        entries = None if found.text is None else list_read(found.text)
    except Problem as problem:
        row.problem, row.checked_at = problem.detail[:600], now
        with transaction.atomic():
            row.save(update_fields=["problem", "checked_at"])
            audit_record(
                actor=actor, action="template-list.refresh", team=row.team, target=row, result=FAILED,
                detail={"reason": row.problem},
            )  # fmt: skip
        raise
    row.problem, row.checked_at, row.fetched_at = "", now, now
    if entries is not None:
        row.etag = found.etag
        row.pending = entries if any(differences(entries_of(row), entries).values()) else None
    with transaction.atomic():
        row.save(update_fields=["problem", "checked_at", "fetched_at", "etag", "pending"])
        changed = row.pending is not None
        audit_record(
            actor=actor, action="template-list.refresh", team=row.team, target=row, detail={"changed": changed}
        )
    return row


def list_take_over(*, row: TemplateList, actor: Actor) -> dict[str, int]:
    """Put what waits in the place of what is there; how many were added, changed and removed. Raises Conflict."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=row.team, action="template-list.take-over", target=row
    )
    with transaction.atomic():
        locked = TemplateList.objects.select_for_update().get(pk=row.pk)
        entries: list[Entry] | None = locked.pending
        if entries is None:
            raise Conflict(_("Nothing new waits: it was taken over or left already."), code="nothing-waits")
        counts = {kind: len(found) for kind, found in differences(entries_of(locked), entries).items()}
        ListedTemplate.objects.filter(list=locked).delete()
        ListedTemplate.objects.bulk_create(
            ListedTemplate(
                list=locked,
                slug=f"{locked.key}__{entry['name']}",
                position=position,
                entry=entry,
                words=words_of(entry),
                admin_only=entry["admin_only"],
            )
            for position, entry in enumerate(entries)
        )
        locked.pending, locked.taken_at = None, timezone.now()
        locked.save(update_fields=["pending", "taken_at"])
        audit_record(actor=actor, action="template-list.take-over", team=locked.team, target=locked, detail=counts)
    row.refresh_from_db()
    return counts


def list_leave(*, row: TemplateList, actor: Actor) -> None:
    """Let what waits go; it is fetched again when the list next changes."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=row.team, action="template-list.leave", target=row
    )
    with transaction.atomic():
        row.pending = None
        row.save(update_fields=["pending"])
        audit_record(actor=actor, action="template-list.leave", team=row.team, target=row)


def list_remove(*, row: TemplateList, actor: Actor) -> None:
    """Forget it and its templates. Applications made from them stay."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=row.team, action="template-list.remove", target=row
    )
    with transaction.atomic():
        audit_record(actor=actor, action="template-list.remove", team=row.team, target=row, detail={"url": row.url})
        row.delete()


def lists_refresh_due(*, now: datetime | None = None, fetch: Fetch = list_fetch) -> int:
    """Refresh every list that was not asked for a day; how many. One that fails does not stop the others."""
    now = now or timezone.now()
    rows = TemplateList.objects.select_related("team").exclude(checked_at__gt=now - EVERY)[:MOST_AT_ONCE]
    for row in rows:
        try:
            list_refresh(row=row, actor=portal_actor("Template lists"), fetch=fetch)
        except Problem:
            continue
    return len(rows)


def entries_of(row: TemplateList) -> list[Entry]:
    """What was taken over, in the list's order."""
    return list(ListedTemplate.objects.filter(list=row).values_list("entry", flat=True))


def words_of(entry: Entry) -> str:
    """What a template is found by: its texts in small letters, and its categories between colons."""
    texts = (entry["name"], entry["title"], entry["summary"], *entry["images"])
    return " ".join(texts).lower() + "".join(f" :{slug}:" for slug in entry["categories"])


def _free_key(title: str) -> str:
    start = slugify(title)[:20].strip("-_") or "list"
    key, number = start, 1
    while TemplateList.objects.filter(key=key).exists():
        number += 1
        key = f"{start}-{number}"[:24]
    return key
