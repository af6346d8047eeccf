"""Teams and members, as far as the actor may see them."""

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from portal.problems import NotFound

from ..access import Actor, Permission
from ..models import Membership, Team


def teams_visible(actor: Actor, permission: Permission = Permission.READ) -> QuerySet[Team]:
    """The teams in which `permission` is given, by name, each with `members` (a count)."""
    rows = Team.objects.annotate(members=Count("memberships"))
    ids = actor.team_ids(permission)
    return rows if ids is None else rows.filter(pk__in=ids)


def team_get(actor: Actor, slug: str) -> Team:
    """The team with this address name. Raises NotFound for an absent one and for another people's alike."""
    team = teams_visible(actor).filter(slug=slug).first()
    if team is None:
        raise NotFound(_("There is no team “%(slug)s” here, or you are not in it.") % {"slug": slug})
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
