"""Revisions made from others: the same wish with one thing changed."""

from typing import Any

from django.db.models import Max

from hosts.models import Application, Revision
from portal.people.models import User


def revision_like(*, base: Revision, created_by: User | None, **changes: Any) -> Revision:
    """A revision that is not stored yet: everything of `base` but `changes`, with the next number."""
    kept = ("compose", "files", "values", "targets", "template", "scale", "pins", "origin")
    fields = {name: getattr(base, name) for name in kept} | changes
    number = revision_number(application=base.application)
    return Revision(application=base.application, number=number, created_by=created_by, **fields)


def revision_store(*, revision: Revision) -> None:
    """Store it under the number that is next now, which may have been taken since it was made. In a transaction."""
    application = Application.objects.select_for_update().get(pk=revision.application_id)
    revision.number = revision_number(application=application)
    revision.save(force_insert=True)


def revision_number(*, application: Application) -> int:
    """The next one."""
    return (application.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
