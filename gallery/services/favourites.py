"""A team's stars are given and taken here."""

from django.db import transaction
from django.utils.translation import gettext as _

from gallery.models import Favourite
from gallery.picks import Pick
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

MOST_FAVOURITES = 500  # of a team


def favourite_add(*, team: Team, pick: Pick, actor: Actor) -> Favourite:
    """Give a star; a second one changes nothing. Raises Conflict when the team has too many, NotAllowed."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="favourite.add")
    rows = Favourite.objects.filter(team=team)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        row = rows.filter(source=pick.source, path=pick.path).first()
        if row is not None:
            return row
        if rows.count() >= MOST_FAVOURITES:
            raise Conflict(
                _("A team has at most %(count)s favourites. Take a star away first.") % {"count": MOST_FAVOURITES}
            )
        row = Favourite.objects.create(team=team, source=pick.source, path=pick.path, added_by=actor.user)
        audit_record(actor=actor, action="favourite.add", team=team, target=row, detail={"item": str(pick)})
    return row


def favourite_remove(*, team: Team, pick: Pick, actor: Actor) -> None:
    """Take a star away; one that is not there is fine. Raises NotAllowed."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="favourite.remove")
    with transaction.atomic():
        row = Favourite.objects.filter(team=team, source=pick.source, path=pick.path).first()
        if row is not None:
            audit_record(actor=actor, action="favourite.remove", team=team, target=row, detail={"item": str(pick)})
            row.delete()
