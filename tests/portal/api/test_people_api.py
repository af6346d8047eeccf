"""Teams, members, tokens and the audit over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from portal.people.access import actor_for_user, portal_actor
from portal.people.models import ApiToken, AuditEntry, Membership, Role, Team, User
from portal.people.services.audit import audit_record
from portal.people.services.tokens import token_create
from tests.people import ApiClient, make_token, make_user

ApiOf = Callable[[User | None], ApiClient]


def body_of(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return json.loads(answer.content) if answer.content else None


def walk(client: ApiClient, path: str, limit: int) -> list[Any]:
    """Every item of a list, page by page."""
    items: list[Any] = []
    cursor = ""
    for _ in range(50):
        page = body_of(client.get(f"{path}?limit={limit}&cursor={cursor}"))
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = page["next"]
    raise AssertionError("the list does not end")


def test_a_token_sees_its_team_with_its_role_and_size(viewer: User, admin: User, api_of: ApiOf) -> None:
    (team,) = body_of(api_of(viewer).get("teams"))["items"]
    assert (team["slug"], team["role"], team["members"]) == ("harbour", "viewer", 2)
    assert body_of(api_of(viewer).get("teams/harbour")) == team


def test_an_administrators_token_makes_a_team(superuser: User, team: Team) -> None:
    secret = token_create(user=superuser, team=team, role=Role.ADMIN, name="ci", actor=portal_actor())[1]
    made = body_of(ApiClient(secret).post("teams", {"name": "Night shift"}), 201)
    assert made["slug"] == "night-shift"
    taken = ApiClient(secret).post("teams", {"name": "Harbour"})
    assert body_of(taken, 409)["errors"].keys() == {"name"}


def test_members_are_added_changed_and_removed(admin: User, api_of: ApiOf) -> None:
    client = api_of(admin)
    members = "teams/harbour/members"
    added = body_of(client.post(members, {"username": "mara", "name": "Mara Holm", "role": "viewer"}), 201)
    assert (added["username"], added["name"], added["role"]) == ("mara", "Mara Holm", "viewer")
    assert body_of(client.patch(f"{members}/mara", {"role": "deployer"}))["role"] == "deployer"
    assert [row["username"] for row in body_of(client.get(members))["items"]] == ["admin", "mara"]
    assert client.delete(f"{members}/mara").status_code == 204
    assert client.delete(f"{members}/mara").status_code == 404
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"user.create", "member.add", "member.role-change", "member.remove"} <= actions


def test_the_last_admin_stays(admin: User, api_of: ApiOf) -> None:
    assert body_of(api_of(admin).delete("teams/harbour/members/admin"), 409)["code"] == "last-admin"


def test_a_user_who_is_in_no_team_of_mine_is_not_told_from_nobody(admin: User, stranger: User, api_of: ApiOf) -> None:
    answers = [
        body_of(api_of(admin).patch(f"teams/harbour/members/{name}", {"role": "viewer"}), 404)["code"]
        for name in ("stranger", "nobody")
    ]
    assert answers == ["not-found", "not-found"]


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_lists_come_in_pages_without_gaps_or_repeats(admin: User, team: Team, api_of: ApiOf, limit: int) -> None:
    for number in range(7):
        make_user(f"user-{number}", team, Role.VIEWER)
    names = [row["username"] for row in walk(api_of(admin), "teams/harbour/members", limit)]
    assert names == ["admin", *(f"user-{number}" for number in range(7))]


def test_tokens_are_listed_without_their_secrets_and_revoked(
    viewer: User, admin: User, team: Team, api_of: ApiOf
) -> None:
    make_token(viewer, team, Role.VIEWER)
    client = api_of(admin)
    mine = body_of(client.get("tokens"))["items"]
    assert [row["user"] for row in mine] == ["admin"]
    assert "digest" not in str(mine)
    theirs = [row for row in body_of(client.get("tokens?team=harbour"))["items"] if row["user"] == "viewer"]
    assert client.delete(f"tokens/{theirs[0]['id']}").status_code == 204
    assert ApiToken.objects.get(pk=theirs[0]["id"]).revoked_at is not None


def test_a_token_can_end_itself(viewer: User, api_of: ApiOf) -> None:
    client = api_of(viewer)
    (own,) = body_of(client.get("tokens"))["items"]
    assert client.delete(f"tokens/{own['id']}").status_code == 204
    assert client.get("me").status_code == 401


def test_a_token_list_of_another_team_does_not_exist(viewer: User, other_team: Team, api_of: ApiOf) -> None:
    assert api_of(viewer).get("tokens?team=lighthouse").status_code == 404


def test_the_audit_is_filtered_and_in_pages(admin: User, viewer: User, team: Team, api_of: ApiOf) -> None:
    for number in range(5):
        audit_record(actor=actor_for_user(viewer), action=f"host.act-{number}", team=team, target=team)
    client = api_of(admin)
    rows = walk(client, "audit", 2)
    assert [row["action"] for row in rows] == [f"host.act-{number}" for number in range(4, -1, -1)]
    assert (rows[0]["actor"], rows[0]["team"], rows[0]["target"]) == ("viewer", "harbour", "Harbour")
    one = body_of(client.get("audit?action=host.act-3&since=2001-01-01T00:00:00&until=2100-01-01T00:00:00Z"))
    assert len(one["items"]) == 1


@pytest.mark.parametrize("query", ["since=soon", "until=2001-13-01T00:00:00Z"])
def test_a_time_that_makes_no_sense_is_named(admin: User, api_of: ApiOf, query: str) -> None:
    body = body_of(api_of(admin).get(f"audit?{query}"), 422)
    assert list(body["errors"]) == [query.split("=")[0]]


def test_a_token_that_was_weakened_is_refused_what_it_could_do(admin: User, team: Team, api_of: ApiOf) -> None:
    client = api_of(admin)
    make_user("second", team, Role.ADMIN)
    Membership.objects.filter(user=admin).update(role=Role.VIEWER)
    assert client.post("teams/harbour/members", {"username": "mara", "role": "viewer"}).status_code == 403
