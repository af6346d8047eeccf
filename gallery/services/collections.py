"""A team's collections are made, filled, ordered and removed here, and only here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gallery.models import Collection, CollectionItem
from gallery.picks import Pick
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, NotFound

MOST_COLLECTIONS = 50  # of a team
MOST_ITEMS = 200  # of a collection
MOST_NAME, MOST_SUMMARY, MOST_NOTE = 80, 400, 1000

Step = Literal["up", "down"]
Row = TypeVar("Row", Collection, CollectionItem)


@dataclass(frozen=True)
class Noted:
    """One item as it is wanted, with its note."""

    pick: Pick
    note: str = ""


def collection_add(*, team: Team, name: str, summary: str = "", actor: Actor) -> Collection:
    """A new shelf, after the others. Raises Invalid (fields), Conflict, NotAllowed."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="collection.add")
    name, summary = _checked(name, summary)
    try:
        with transaction.atomic():
            places = [row.place for row in Collection.objects.select_for_update().filter(team=team)]
            if len(places) >= MOST_COLLECTIONS:
                raise Conflict(
                    _("A team has at most %(count)s collections. Remove one first.") % {"count": MOST_COLLECTIONS}
                )
            row = Collection.objects.create(team=team, name=name, summary=summary, place=max(places, default=-1) + 1)
            audit_record(actor=actor, action="collection.add", team=team, target=row)
    except IntegrityError as error:
        raise _taken() from error
    return row


def collection_change(*, collection: Collection, name: str, summary: str, actor: Actor) -> None:
    """Another name and summary. Raises Invalid (fields), Conflict, NotAllowed."""
    _may(collection, actor)
    collection.name, collection.summary = _checked(name, summary)
    try:
        with transaction.atomic():
            collection.save(update_fields=["name", "summary"])
            _tell(collection, actor, "changed")
    except IntegrityError as error:
        raise _taken() from error


def collection_move(*, collection: Collection, step: Step, actor: Actor) -> None:
    """One place up or down among the team's; at the end it stays. Raises NotAllowed."""
    _may(collection, actor)
    with transaction.atomic():
        rows = list(Collection.objects.select_for_update().filter(team_id=collection.team_id))
        for place, row in enumerate(_moved(rows, collection.pk, step)):
            row.place = place
        Collection.objects.bulk_update(rows, ["place"])
        _tell(collection, actor, f"moved {step}")


def collection_remove(*, collection: Collection, actor: Actor) -> None:
    """Take the shelf away; what is on it stays in the gallery. Raises NotAllowed."""
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=collection.team, action="collection.remove", target=collection
    )
    with transaction.atomic():
        audit_record(actor=actor, action="collection.remove", team=collection.team, target=collection)
        collection.delete()


def item_add(*, collection: Collection, pick: Pick, note: str = "", actor: Actor) -> CollectionItem:
    """Put something on the shelf, last; what is there already gets the new note. Raises Invalid, Conflict."""
    _may(collection, actor)
    note = _note(note)
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        rows = CollectionItem.objects.filter(collection=collection)
        row = rows.filter(source=pick.source, path=pick.path).first()
        if row is not None:
            row.note = note or row.note
            row.save(update_fields=["note"])
            return row
        places = [one.place for one in rows]
        if len(places) >= MOST_ITEMS:
            raise _full()
        row = CollectionItem.objects.create(
            collection=collection, source=pick.source, path=pick.path, note=note, place=max(places, default=-1) + 1
        )
        _tell(collection, actor, f"with {pick}"[:200])
    return row


def item_note(*, collection: Collection, item: int, note: str, actor: Actor) -> None:
    """Another note. Raises NotFound, Invalid, NotAllowed."""
    _may(collection, actor)
    with transaction.atomic():
        if not CollectionItem.objects.filter(collection=collection, pk=item).update(note=_note(note)):
            raise _gone()
        _tell(collection, actor, "a note")


def item_move(*, collection: Collection, item: int, step: Step, actor: Actor) -> None:
    """One place up or down; at the end it stays. Raises NotFound, NotAllowed."""
    _may(collection, actor)
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        rows = list(CollectionItem.objects.filter(collection=collection))
        if all(row.pk != item for row in rows):
            raise _gone()
        for place, row in enumerate(_moved(rows, item, step)):
            row.place = place
        CollectionItem.objects.bulk_update(rows, ["place"])
        _tell(collection, actor, "the order")


def item_remove(*, collection: Collection, item: int, actor: Actor) -> None:
    """Take it off the shelf; what is gone already is fine. Raises NotAllowed."""
    _may(collection, actor)
    with transaction.atomic():
        CollectionItem.objects.filter(collection=collection, pk=item).delete()
        _tell(collection, actor, "an item removed")


def items_set(*, collection: Collection, wanted: Sequence[Noted], actor: Actor) -> None:
    """The whole shelf at once, in this order. Raises Invalid when something is there twice, Conflict, NotAllowed."""
    _may(collection, actor)
    if len(wanted) > MOST_ITEMS:
        raise _full()
    counts = Counter(one.pick for one in wanted)
    twice = [str(pick) for pick, count in counts.items() if count > 1]
    if twice:
        message = _("%(item)s is there twice. Name it once.") % {"item": twice[0]}
        raise Invalid(message, fields={"items": [message]})
    rows = [
        CollectionItem(
            collection=collection, source=one.pick.source, path=one.pick.path, note=_note(one.note), place=at
        )
        for at, one in enumerate(wanted)
    ]
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        CollectionItem.objects.filter(collection=collection).delete()
        CollectionItem.objects.bulk_create(rows)
        _tell(collection, actor, f"{len(rows)} items")


def _moved(rows: list[Row], key: object, step: Step) -> list[Row]:
    found = list(rows)
    at = next((place for place, row in enumerate(found) if row.pk == key), None)
    to = at if at is None else at + (-1 if step == "up" else 1)
    if at is not None and to is not None and 0 <= to < len(found):
        found[at], found[to] = found[to], found[at]
    return found


def _may(collection: Collection, actor: Actor) -> None:
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=collection.team, action="collection.change", target=collection
    )


def _tell(collection: Collection, actor: Actor, change: str) -> None:
    audit_record(
        actor=actor, action="collection.change", team=collection.team, target=collection, detail={"change": change}
    )


def _checked(name: str, summary: str) -> tuple[str, str]:
    name, summary = " ".join(name.split()), " ".join(summary.split())
    fields: dict[str, list[str]] = {}
    if not name:
        fields["name"] = [_("Give it a name.")]
    elif len(name) > MOST_NAME:
        fields["name"] = [_("A name has at most %(most)s characters.") % {"most": MOST_NAME}]
    if len(summary) > MOST_SUMMARY:
        fields["summary"] = [_("A summary has at most %(most)s characters.") % {"most": MOST_SUMMARY}]
    if "\x00" in name + summary:
        fields["name"] = [_("There is a character in it that cannot be kept.")]
    if fields:
        raise Invalid(next(iter(fields.values()))[0], fields=fields)
    return name, summary


def _note(note: str) -> str:
    note = note.strip().replace("\x00", "")
    if len(note) > MOST_NOTE:
        message = _("A note has at most %(most)s characters.") % {"most": MOST_NOTE}
        raise Invalid(message, fields={"note": [message]})
    return note


def _taken() -> Conflict:
    message = _("The team has a collection of this name. Choose another.")
    return Conflict(message, fields={"name": [message]})


def _full() -> Conflict:
    message = _("A collection holds at most %(count)s items. Make a second one.") % {"count": MOST_ITEMS}
    return Conflict(message, fields={"items": [message]})


def _gone() -> NotFound:
    return NotFound(_("It is not in this collection any more."))
