"""Teams and members, as far as the actor may see them."""

from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.utils.translation import gettext as _

from portal.problems import Invalid, NotFound

from ..access import Actor, Permission
from ..models import Membership, Team

R = TypeVar("R", bound=Model)


def teams_visible(actor: Actor, permission: Permission = Permission.READ) -> QuerySet[Team]:
    """The teams in which `permission` is given, by name, each with `members` (a count)."""
    rows = Team.objects.annotate(members=Count("memberships"))
    ids = actor.team_ids(permission)
    return rows if ids is None else rows.filter(pk__in=ids)


def rows_of_teams(
    rows: "QuerySet[R]", actor: Actor, team: Team | None = None, *, permission: Permission = Permission.READ
) -> "QuerySet[R]":
    """Of rows with a team, those of the actor's teams, or of one of them. Raises NotFound for another people's team."""
    if team is not None:
        actor.require(permission, team)
        return rows.filter(team=team)
    ids = actor.team_ids(permission)
    return rows if ids is None else rows.filter(team_id__in=ids)


def team_get(actor: Actor, slug: str) -> Team:
    """The team with this address name. Raises NotFound for an absent one and for another people's alike."""
    team = teams_visible(actor).filter(slug=slug).first()
    if team is None:
        raise NotFound(_("There is no team “%(slug)s” here, or you are not in it.") % {"slug": slug})
    return team


def team_named(actor: Actor, named: str | int | None) -> Team:
    """The team that a request names by slug, name or id; left out, the only one of the actor.

    Raises NotFound and Invalid under "team".
    """
    visible = teams_visible(actor)
    if named is None or named == "":
        found = list(visible[:2])
        if len(found) != 1:
            message = _("Say which team.")
            raise Invalid(message, fields={"team": [message]})
        return found[0]
    text = str(named)
    by_id = Q(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else Q(pk=None)
    team = visible.filter(slug=text).first() or visible.filter(Q(name__iexact=text) | by_id).first()
    if team is None:
        message = _("There is no team “%(team)s”, or you are not in it.") % {"team": text[:80]}
        raise NotFound(message, fields={"team": [message]})
    return team


def members_of(actor: Actor, team: Team) -> QuerySet[Membership]:
    """The members of a team, by name. Every member may see the others. Raises NotFound."""
    actor.require(Permission.READ, team)
    return Membership.objects.filter(team=team).select_related("user", "team").order_by("user__username")


def member_get(actor: Actor, team: Team, username: str) -> Membership:
    """One member by user name. Raises NotFound."""
    row = members_of(actor, team).filter(user__username=username).first()
    if row is None:
        raise NotFound(_("%(user)s is not a member of this team.") % {"user": username})
    return row
