"""Favourites and collections over the API."""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from gallery.models import Collection, Favourite
from portal.people.models import Role, Team, User
from tests.people import ApiClient, make_token

pytestmark = pytest.mark.django_db


def read(answer: HttpResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.content)


@pytest.fixture
def api(deployer: User, team: Team) -> ApiClient:
    return ApiClient(make_token(deployer, team, Role.DEPLOYER))


def test_a_star_comes_and_goes(api: ApiClient) -> None:
    made = api.post("gallery/favourites", {"item": "grafana/grafana"})
    assert made.status_code == 201
    row = read(made)
    assert (row["team"], row["source"], row["namespace"], row["name"]) == ("harbour", "hub", "grafana", "grafana")
    assert read(api.post("gallery/favourites", {"item": "docker.io/grafana/grafana"}))["id"] == row["id"]
    assert [one["item"] for one in read(api.get("gallery/favourites?team=harbour"))["items"]] == ["grafana/grafana"]
    assert api.delete(f"gallery/favourites/{row['id']}").status_code == 204
    assert api.delete(f"gallery/favourites/{row['id']}").status_code == 404


def test_a_collection_with_its_items_at_once(api: ApiClient) -> None:
    items = [{"item": "template:hello", "note": "First."}, {"item": "ghcr.io/owner/name"}]
    made = api.post("gallery/collections", {"name": "Start here", "items": items})
    assert made.status_code == 201
    one = read(made)
    assert [(item["item"], item["note"], item["template"]) for item in one["items"]] == [
        ("template:hello", "First.", "hello"),
        ("ghcr.io/owner/name", "", None),
    ]
    path = f"gallery/collections/{one['id']}"
    changed = read(api.patch(path, {"summary": "For newcomers.", "items": items[::-1]}))
    assert [item["item"] for item in changed["items"]] == ["ghcr.io/owner/name", "template:hello"]
    assert (changed["name"], changed["summary"]) == ("Start here", "For newcomers.")
    assert [row["id"] for row in read(api.get("gallery/collections"))["items"]] == [one["id"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "A", "summary": "x" * 401}, "summary"),
        ({"name": "A", "items": [{"item": "UPPER"}]}, "items"),
        ({"name": "A", "items": [{"item": "nginx"}, {"item": "docker.io/nginx"}]}, "items"),
        ({"name": "A", "items": [{"item": "nginx", "note": "x" * 1001}]}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused_whole(api: ApiClient, body: dict[str, object], field: str) -> None:
    answer = api.post("gallery/collections", body)
    assert answer.status_code == 422
    assert field in read(answer)["errors"]
    assert not Collection.objects.exists()


def test_a_change_that_fails_changes_nothing(api: ApiClient) -> None:
    one = read(api.post("gallery/collections", {"name": "A", "items": [{"item": "nginx"}]}))
    twice = [{"item": "redis"}, {"item": "redis"}]
    assert api.patch(f"gallery/collections/{one['id']}", {"name": "B", "items": twice}).status_code == 422
    assert read(api.get(f"gallery/collections/{one['id']}")) == one


def test_a_team_has_so_many_favourites(api: ApiClient, team: Team) -> None:
    Favourite.objects.bulk_create(Favourite(team=team, source="hub", path=f"library/a{n}") for n in range(500))
    answer = api.post("gallery/favourites", {"item": "one-more"})
    assert answer.status_code == 409
    assert "at most 500" in read(answer)["detail"]
