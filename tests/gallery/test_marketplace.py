"""Images of machines beside images of containers: found, shown, and on the way to a new host."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.marketplace.types import Plan, SkuFacts, Terms
from gallery.models import MarketplaceOffer, MarketplacePublisher
from gallery.services.marketplace import image_due, image_put, offer_due, offers_put, publishers_put, skus_put
from portal.people.models import User
from tests.hosts.answers import Api, answer
from tests.people import ApiClient

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
UBUNTU = SkuFacts("server", ("24.04.2", "24.04.1"), "linux", "amd64", "V2")
WINDOWS = SkuFacts("2022-core", ("20348.1",), "windows", "amd64", "V2")
SOLD = SkuFacts(
    "cis",
    ("1.0.0",),
    "linux",
    "amd64",
    "V1",
    Plan("cis", "hardened-linux", "hardened-co"),
    Terms("https://example.org/licence", "javascript:alert(1)"),
)
ALL = {
    ("Canonical", "ubuntu-24_04-lts"): UBUNTU,
    ("MicrosoftWindowsServer", "WindowsServer"): WINDOWS,
    ("hardened-co", "hardened-linux"): SOLD,
}


@pytest.fixture
def market(db: None) -> None:
    """What a walk has found."""
    publishers_put(publisher for publisher, _offer in ALL)
    for (publisher, offer), facts in ALL.items():
        offers_put(MarketplacePublisher.objects.get(name=publisher), [offer])
        row = MarketplaceOffer.objects.select_related("publisher").get(name=offer)
        skus_put(row, [facts.sku])
        image_put(row.images.get(), facts)


def found(api: ApiClient, query: str) -> list[str]:
    body = answer(api.get(f"gallery/search?{query}"))
    return [f"{one['namespace']}/{one['name']}" for one in body["items"] if one["source"] == "azure"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=ubuntu", ["Canonical/ubuntu-24_04-lts"]),
        ("q=UBUNTU+lts", ["Canonical/ubuntu-24_04-lts"]),
        ("q=server&source=azure", ["Canonical/ubuntu-24_04-lts", "MicrosoftWindowsServer/WindowsServer"]),
        ("source=azure&os=windows", ["MicrosoftWindowsServer/WindowsServer"]),
        ("source=azure&architecture=arm64", []),
        ("source=azure&official=true", []),
        ("q=ubuntu&source=hub", []),
        ("q=hardened&fits_host=any", []),
        ("q=nothing-like-it", []),
        ("", []),
    ],
)
def test_search_by_words_and_filters(market: None, viewer: User, api_of: Api, query: str, names: list[str]) -> None:
    assert found(api_of(viewer), query) == names


def test_an_item_says_what_it_is(market: None, viewer: User, api_of: Api) -> None:
    body = answer(api_of(viewer).get("gallery/search?source=azure&q=windows"))
    [item] = body["items"]
    assert (item["source"], item["reference"], item["fits"]) == ("azure", "", [])
    assert item["platforms"] == [{"os": "windows", "architecture": "amd64", "variant": "", "os_version": ""}]
    [source] = [one for one in body["sources"] if one["source"] == "azure"]
    assert (source["title"], source["state"], source["total"]) == ("Azure Marketplace", "online", 1)


def test_without_a_connection_it_says_so(viewer: User, client_of: ClientOf, api_of: Api) -> None:
    page = client_of(viewer).get("/gallery/?source=azure").content.decode()
    assert "Nothing of the Azure Marketplace is known" in page
    assert "/azure/" in page
    [source] = answer(api_of(viewer).get("gallery/search?source=azure"))["sources"]
    assert source["state"] == "offline"
    assert "Connect one" in source["detail"]
    assert answer(api_of(viewer).get("gallery/marketplace")) == {"items": [], "next": None, "fetched_at": None}


def test_offers_are_shown_beside_repositories(market: None, viewer: User, client_of: ClientOf) -> None:
    page = client_of(viewer).get("/gallery/?q=ubuntu").content.decode()
    assert "/gallery/azure/Canonical/ubuntu-24_04-lts/" in page
    assert 'value="azure"' in page


def test_the_page_of_an_offer_leads_to_the_form(market: None, admin: User, viewer: User, client_of: ClientOf) -> None:
    address = "/gallery/azure/Canonical/ubuntu-24_04-lts/"
    page = client_of(admin).get(address).content.decode()
    assert "/azure/machines/new/?image=linux%3ACanonical%3Aubuntu-24_04-lts%3Aserver%3Alatest" in page
    assert "24.04.2" in page
    assert "price alone" in page
    page = client_of(viewer).get(address).content.decode()
    assert "/azure/machines/new/" not in page
    assert client_of(viewer).get("/gallery/azure/Canonical/none/").status_code == 404


def test_what_is_sold_shows_its_plan_and_terms(market: None, admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).get("/gallery/azure/hardened-co/hardened-linux/").content.decode()
    assert "sold by a plan" in page
    assert 'href="https://example.org/licence"' in page
    assert "javascript:" not in page
    assert "/azure/terms/?publisher=hardened-co&amp;offer=hardened-linux&amp;plan=cis" in page
    assert "image=linux%3Ahardened-co%3Ahardened-linux%3Acis%3Alatest%3Acis" in page


def test_an_offer_whose_images_were_not_asked_for(db: None, admin: User, client_of: ClientOf) -> None:
    publishers_put(["Debian"])
    offers_put(MarketplacePublisher.objects.get(), ["debian-12"])
    page = client_of(admin).get("/gallery/azure/Debian/debian-12/").content.decode()
    assert "have not been asked for yet" in page
    row = offer_due()
    assert row is not None
    skus_put(row, ["12"])
    page = client_of(admin).get("/gallery/azure/Debian/debian-12/").content.decode()
    assert "unknown" in page
    assert "New host from this" not in page
    due = image_due()
    assert due is not None
    assert due.sku == "12"


def test_the_api_lists_images(market: None, viewer: User, api_of: Api) -> None:
    api = api_of(viewer)
    first = answer(api.get("gallery/marketplace?limit=2"))
    rest = answer(api.get(f"gallery/marketplace?limit=2&cursor={first['next']}"))
    names = [one["sku"] for one in [*first["items"], *rest["items"]]]
    assert names == ["server", "2022-core", "cis"]
    assert rest["next"] is None
    [sold] = answer(api.get("gallery/marketplace?plan=true"))["items"]
    assert sold["plan"] == {
        "name": "cis",
        "product": "hardened-linux",
        "publisher": "hardened-co",
        "licence": "https://example.org/licence",
        "privacy": "",
    }
    assert sold["image"] == "linux:hardened-co:hardened-linux:cis:latest:cis"
    [windows] = answer(api.get("gallery/marketplace?os=windows&publisher=microsoftwindowsserver"))["items"]
    assert (windows["offer"], windows["version"], windows["plan"]) == ("WindowsServer", "20348.1", None)


@pytest.mark.parametrize("query", ["os=beos", "architecture=vax", "plan=perhaps", f"q={'x' * 201}"])
def test_the_api_refuses_what_makes_no_sense(market: None, viewer: User, api_of: Api, query: str) -> None:
    answer = api_of(viewer).get(f"gallery/marketplace?{query}")
    assert answer.status_code == 422


def test_it_has_the_face_of_other_sources(market: None, viewer: User, api_of: Api) -> None:
    api = api_of(viewer)
    offer = answer(api.get("gallery/repositories/azure/Canonical/ubuntu-24_04-lts"))
    assert (offer["source"], offer["namespace"], offer["name"]) == ("azure", "Canonical", "ubuntu-24_04-lts")
    tags = answer(api.get("gallery/repositories/azure/Canonical/ubuntu-24_04-lts/tags"))
    [tag] = tags["items"]
    assert (tag["name"], tag["reference"]) == ("server", "linux:Canonical:ubuntu-24_04-lts:server:latest")
    assert tag["platforms"][0]["os"] == "linux"
    assert answer(api.get("gallery/repositories/azure/Canonical/ubuntu-24_04-lts/tags?os=windows"))["items"] == []
    assert api.get("gallery/repositories/azure/nobody/nothing").status_code == 404
