"""Which team a body of the API names."""

from portal.people.access import Actor
from portal.people.models import Team
from portal.people.selectors.teams import team_get, teams_visible
from portal.problems import Invalid


def team_named(actor: Actor, slug: str) -> Team:
    """The team of that slug; without one the only team of the actor. Raises NotFound, Invalid under "team"."""
    if slug:
        return team_get(actor, slug)
    found = list(teams_visible(actor)[:2])
    if len(found) != 1:
        message = "Say which team."
        raise Invalid(message, fields={"team": [message]})
    return found[0]
