"""Who may ask for what of people: teams, members, tokens, the audit, the account."""

from typing import Any

from portal.people.models import Role
from tests.people import make_token, make_user

from . import Row, World, api, page

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
MEMBER = "/team/{team}/members/{newcomer}"


def form(path: str, viewer: int, **others: Any) -> Row:
    """A posted form: 302 to sign-in for anonymous, 404 for a stranger."""
    usual: dict[str, Any] = {"anonymous": 302, "deployer": viewer, "admin": viewer, "stranger": 404}
    return Row("POST", path, viewer=viewer, **(usual | others))


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
    Row("GET", "/sign-in/", 200, 302, 302, 302, 302),
    Row("POST", "/sign-in/", 422, 302, 302, 302, 302, body={"username": "nobody", "password": "wrong"}),
    Row("GET", "/sign-in/link/unknown/", 404, 404, 404, 404, 404),
    Row("POST", "/sign-in/link/unknown/", 404, 404, 404, 404, 404),
    Row("POST", "/sign-out/", 302, 302, 302, 302, 302),
    page("/account/", stranger=200),
    form("/account/password/", 422, stranger=422),
    form("/account/tokens/", 302, stranger=422, body={"name": "script", "team": "{team}", "role": "viewer"}),
    form("/account/tokens/{team_token}/revoke/", 404, admin=302),
    form("/account/tokens/{viewer_token}/revoke/", 302, deployer=404),
    form("/account/sessions/end/", 302, stranger=302),
    page("/teams/", stranger=200),
    form("/teams/", 403, stranger=403, body={"name": "New team"}),
    page("/team/{team}/"),
    form("/team/{team}/members/", 403, admin=302, body={"username": "somebody", "role": "viewer"}),
    form(MEMBER + "/role/", 403, admin=302, body={"role": "deployer"}),
    form(MEMBER + "/remove/", 403, admin=302),
    form(MEMBER + "/link/", 403, admin=403),  # the newcomer of this world has a password: only the portal's own may
    page("/activity/", stranger=200),
    page("/activity/export.csv", stranger=200),
]
