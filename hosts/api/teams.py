"""Which team a request means."""

from django.db.models import Q

from portal.people.access import Actor
from portal.people.models import Team
from portal.problems import Invalid, NotFound


def team_of(actor: Actor, named: str | int | None) -> Team:
    """By slug, name or id; left out, the only team of the actor. Raises NotFound, Invalid."""
    ids = actor.team_ids()
    visible = Team.objects.all() if ids is None else Team.objects.filter(pk__in=ids)
    if named is None or named == "":
        found = list(visible[:2])
        if len(found) != 1:
            message = "Say which team."
            raise Invalid(message, fields={"team": [message]})
        return found[0]
    text = str(named)
    by_id = Q(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else Q(pk=None)
    team = visible.filter(slug=text).first() or visible.filter(Q(name__iexact=text) | by_id).first()
    if team is None:
        message = f"There is no team “{text[:80]}”, or you are not in it."
        raise NotFound(message, fields={"team": [message]})
    return team
