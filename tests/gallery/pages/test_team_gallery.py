"""Stars, collections and the team's own gallery page, used as a browser without JavaScript uses them."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.index.store import index_put
from gallery.index.words import Entry
from gallery.models import Collection, Favourite
from portal.people.models import AuditEntry, Membership, Role, Team, User

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/team/harbour/gallery/"


@pytest.fixture
def client(deployer: User, client_of: ClientOf) -> Client:
    return client_of(deployer)


@pytest.fixture
def shelf(team: Team) -> Collection:
    """A collection of three."""
    made = Collection.objects.create(team=team, name="Databases", summary="What we support.")
    for place, path in enumerate(("library/postgres", "library/redis", "library/mysql")):
        made.items.create(source="hub", path=path, place=place)
    return made


def address(shelf: Collection) -> str:
    return f"{PAGE}collections/{shelf.pk}/"


def paths(shelf: Collection) -> list[str]:
    return [item.path for item in shelf.items.all()]


def test_a_star_is_given_and_taken_on_the_page_it_stands_on(client: Client, team: Team) -> None:
    page = client.get("/gallery/templates/hello/").content.decode()
    assert 'action="/team/harbour/gallery/star/"' in page
    assert "Add to favourites" in page
    form = {"item": "template:hello", "on": "1", "back": "/gallery/templates/hello/"}
    answer = client.post(f"{PAGE}star/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/gallery/templates/hello/")
    assert Favourite.objects.get(team=team).path == "hello"
    assert 'aria-pressed="true"' in client.get("/gallery/templates/hello/").content.decode()
    assert "/gallery/templates/hello/" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}star/", form | {"on": "0"})
    assert not Favourite.objects.exists()
    assert [row.action for row in AuditEntry.objects.order_by("pk")] == ["favourite.add", "favourite.remove"]


def test_two_stars_are_one(client: Client) -> None:
    for _again in range(2):
        client.post(f"{PAGE}star/", {"item": "nginx", "on": "1"})
    assert Favourite.objects.get().path == "library/nginx"


def test_htmx_gets_the_star_alone(client: Client) -> None:
    answer = client.post(
        f"{PAGE}star/", {"item": "nginx", "on": "1", "back": "/gallery/"}, headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert 'aria-pressed="true"' in text
    assert "<html" not in text


def test_nobody_is_sent_elsewhere_by_a_star(client: Client) -> None:
    for back in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        answer = client.post(f"{PAGE}star/", {"item": "nginx", "on": "1", "back": back})
        assert answer["Location"] == PAGE


@pytest.mark.parametrize(
    ("item", "word"),
    [
        ("", "empty"),
        ("https://hub.docker.com/_/nginx", "web address"),
        ("Nginx", "lower case"),
        ("nginx:1.27", "Name the repository alone"),
        ("template:../x", "address name"),
        (f"nginx@sha256:{'0' * 64}", "Name the repository alone"),
    ],
)
def test_what_is_no_item_is_said_beside_the_field(client: Client, shelf: Collection, item: str, word: str) -> None:
    answer = client.post(f"{address(shelf)}items/", {"item": item, "note": "kept"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert word in text or (not item and "required" in text)
    assert "kept" in text
    assert len(paths(shelf)) == 3


def test_a_collection_is_made_filled_ordered_and_noted(client: Client, team: Team) -> None:
    made = client.post(PAGE, {"name": " Web  servers ", "summary": "Fronts."})
    shelf = Collection.objects.get(team=team)
    assert (shelf.name, made["Location"]) == ("Web servers", address(shelf))
    for item in ("nginx", "template:hello", "127.0.0.1:5000/team/app"):
        client.post(f"{address(shelf)}items/", {"item": item, "note": f"about {item}"})
    first, second, third = shelf.items.all()
    client.post(f"{address(shelf)}items/{third.pk}/", {"act": "up"})
    client.post(f"{address(shelf)}items/{first.pk}/", {"act": "up"})
    assert paths(shelf) == ["library/nginx", "team/app", "hello"]
    client.post(f"{address(shelf)}items/{second.pk}/", {"act": "note", "note": "Take this first.\n<b>"})
    text = client.get(PAGE).content.decode()
    assert text.index("about nginx") < text.index("127.0.0.1:5000/team/app") < text.index("Take this first.")
    assert "&lt;b&gt;" in text
    assert "Fronts." in text
    client.post(f"{address(shelf)}items/{first.pk}/", {"act": "remove"})
    assert paths(shelf) == ["team/app", "hello"]


def test_adding_twice_keeps_one_with_the_newer_note(client: Client, shelf: Collection) -> None:
    client.post(f"{address(shelf)}items/", {"item": "redis", "note": "8 only"})
    assert [(item.path, item.note) for item in shelf.items.all()][1] == ("library/redis", "8 only")
    assert len(paths(shelf)) == 3


def test_collections_change_places_and_go(client: Client, team: Team, shelf: Collection) -> None:
    client.post(PAGE, {"name": "Second"})
    second = Collection.objects.get(name="Second")
    client.post(f"{address(second)}act/", {"act": "up"})
    assert [row.name for row in Collection.objects.all()] == ["Second", "Databases"]
    client.post(f"{address(second)}act/", {"act": "remove"})
    assert [row.name for row in Collection.objects.all()] == ["Databases"]
    assert client.post(f"{address(shelf)}act/", {"act": "explode"}).status_code == 422
    assert client.get(address(second)).status_code == 404


@pytest.mark.parametrize(("name", "word"), [("", "required"), ("x" * 81, "at most 80"), ("Databases", "of this name")])
def test_a_name_that_cannot_be(client: Client, shelf: Collection, name: str, word: str) -> None:
    answer = client.post(PAGE, {"name": name})
    assert answer.status_code in (409, 422)
    assert word in answer.content.decode()
    assert Collection.objects.count() == 1


def test_a_template_that_is_gone_is_shown_as_gone(client: Client, shelf: Collection) -> None:
    shelf.items.create(source="templates", path="went-away", note="It was good.", place=9)
    assert "no longer in the gallery" in client.get(PAGE).content.decode()
    assert "It was good." in client.get(PAGE).content.decode()


def test_a_card_shows_what_the_index_knows(client: Client, shelf: Collection) -> None:
    index_put([Entry("hub", "library/redis", "An in-memory store.", badge="official", facets=("os.linux",))])
    text = client.get(PAGE).content.decode()
    assert "An in-memory store." in text
    assert "Docker official image" in text


def test_a_viewer_sees_and_does_not_edit(client_of: ClientOf, viewer: User, stranger: User, shelf: Collection) -> None:
    text = client_of(viewer).get(PAGE).content.decode()
    assert "What we support." in text
    assert "Add a collection" not in text
    assert client_of(viewer).get(address(shelf)).status_code == 403
    assert client_of(stranger).get(PAGE).status_code == 404
    assert client_of(stranger).get(f"/team/lighthouse/gallery/collections/{shelf.pk}/").status_code == 404


def test_the_gallery_begins_with_the_teams_first_shelf(client: Client, shelf: Collection) -> None:
    text = client.get("/gallery/").content.decode()
    assert "The gallery of Harbour" in text
    assert text.index("Databases") < text.index('id="templates-head"')
    assert "The gallery of Harbour" not in client.get("/gallery/?q=hello").content.decode()


def test_favourites_stand_in_for_a_shelf(client: Client) -> None:
    client.post(f"{PAGE}star/", {"item": "template:hello", "on": "1"})
    assert "Favourites" in client.get("/gallery/").content.decode()


def test_who_is_in_two_teams_chooses(client: Client, deployer: User, other_team: Team) -> None:
    Membership.objects.create(user=deployer, team=other_team, role=Role.DEPLOYER)
    text = client.get("/gallery/templates/hello/").content.decode()
    assert 'action="/team/harbour/gallery/star/"' in text
    assert 'action="/team/lighthouse/gallery/star/"' in text


def test_a_page_offers_the_shelves(client: Client, shelf: Collection) -> None:
    text = client.get("/gallery/templates/hello/").content.decode()
    assert f"{address(shelf)}?item=template%3Ahello#adding" in text
    assert 'value="template:hello"' in client.get(f"{address(shelf)}?item=template:hello").content.decode()
