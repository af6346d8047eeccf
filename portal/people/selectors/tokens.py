"""API tokens; never their secrets."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.problems import NotFound

from ..access import Actor, Permission
from ..models import ApiToken, Team


def tokens_visible(actor: Actor, *, team: Team | None = None) -> QuerySet[ApiToken]:
    """The actor's own tokens, and with `team` every token of it where they manage the team. Revoked ones are left out.

    A token that asks sees the tokens of its own team only.
    """
    rows = ApiToken.objects.filter(revoked_at=None).select_related("user", "team")
    readable = actor.team_ids(Permission.READ)
    if readable is not None:
        rows = rows.filter(team_id__in=readable)
    if team is not None and actor.can(Permission.MANAGE_TEAM, team):
        return rows.filter(team=team)
    rows = rows.filter(user=actor.user)
    return rows.filter(team=team) if team is not None else rows


def token_get(actor: Actor, token_id: int) -> ApiToken:
    """A token that the actor owns, or of a team they manage. Raises NotFound."""
    managed = actor.team_ids(Permission.MANAGE_TEAM)
    rows = ApiToken.objects.filter(pk=token_id).select_related("user", "team")
    if managed is not None:
        rows = rows.filter(Q(user=actor.user, team_id__in=actor.team_ids() or []) | Q(team_id__in=managed))
    token = rows.first()
    if token is None:
        raise NotFound(_("There is no such token here. It may have been revoked, or it is not yours."))
    return token
