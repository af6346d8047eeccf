"""Who may ask for what of people: teams, members, tokens, the audit, the account."""

from portal.people.models import Role
from tests.people import make_token, make_user

from . import Row, World, api

NAMES = {"newcomer": "newcomer", "viewer_token": "1", "team_token": "1"}


def prepare(world: World) -> dict[str, str]:
    """A fourth member to act on, and tokens of the viewer and of that member."""
    newcomer = make_user("newcomer", world.team, Role.VIEWER)
    make_token(newcomer, world.team, Role.VIEWER)
    make_token(world.people["viewer"], world.team, Role.VIEWER)
    return {
        "newcomer": newcomer.username,
        "viewer_token": str(world.people["viewer"].api_tokens.get().pk),
        "team_token": str(newcomer.api_tokens.get().pk),
    }


MEMBERS = "/teams/{team}/members"

ROWS = [
    Row("GET", "/api/v1/openapi.json", 200, 200, 200, 200, 200),
    Row("GET", "/api/v1/", 404, 404, 404, 404, 404),
    api("GET", "/me", stranger=200),
    api("GET", "/teams", stranger=200),
    api("POST", "/teams", 403, stranger=403, body={"name": "New team"}),
    api("GET", "/teams/{team}"),
    api("GET", MEMBERS),
    api("POST", MEMBERS, 403, admin=201, body={"username": "somebody", "role": "viewer"}),
    api("PATCH", MEMBERS + "/{newcomer}", 403, admin=200, body={"role": "deployer"}),
    api("DELETE", MEMBERS + "/{newcomer}", 403, admin=204),
    api("GET", "/tokens", stranger=200),
    api("DELETE", "/tokens/{team_token}", 404, admin=204),
    api("DELETE", "/tokens/{viewer_token}", 403, deployer=404, admin=204),  # a token ends itself, not its siblings
    api("GET", "/audit", stranger=200),
]
