"""Docker Hub read well: search, namespaces, repositories, tags, categories, logos."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from gallery.hub.client import HubClient, picture_kind
from gallery.hub.documents import count, moment, split_name
from gallery.hub.errors import NothingThere
from gallery.hub.types import Category, RateLimit, SearchFilter
from gallery.registry.types import Platform
from tests.standins.hub import HubStandIn
from tests.standins.hub.content import picture


@pytest.fixture
def hub() -> HubStandIn:
    return HubStandIn()


@pytest.fixture
def client(hub: HubStandIn) -> HubClient:
    return HubClient("https://hub.test", transport=hub.transport())


def test_searches_with_platforms_and_counts(client: HubClient) -> None:
    page = client.search(SearchFilter("nginx"))
    assert page.generation == "v4"
    assert page.total == 2
    first = page.items[0]
    assert (first.namespace, first.name, first.official) == ("library", "nginx", True)
    assert (first.pulls, first.pulls_exact, first.stars) == (1_000_000_000, False, 21_268)
    assert first.architectures == ("amd64", "arm", "arm64")
    assert first.operating_systems == ("linux",)
    assert first.categories == (Category("web-servers", "Web servers"),)
    assert first.has_logo
    assert page.items[1].badge == "verified_publisher"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (SearchFilter("", os="windows"), {"postgres", "windows-app"}),
        (SearchFilter("", badge="official"), {"nginx", "postgres"}),
        (SearchFilter("", architecture="arm", badge="official"), {"nginx", "postgres"}),
        (SearchFilter("", category="databases-and-storage"), {"postgres"}),
        (SearchFilter("nothing like this"), set()),
    ],
)
def test_filters(client: HubClient, wanted: SearchFilter, names: set[str]) -> None:
    assert {item.name for item in client.search(replace(wanted, query=wanted.query or "n")).items} == names


def test_pages_through_a_search(client: HubClient) -> None:
    first = client.search(SearchFilter("a", size=2))
    assert first.more
    second = client.search(SearchFilter("a", page=2, size=2))
    assert {item.name for item in first.items}.isdisjoint(item.name for item in second.items)
    assert not client.search(SearchFilter("a", page=40, size=2)).more


def test_never_asks_past_the_window(client: HubClient, hub: HubStandIn) -> None:
    assert client.search(SearchFilter("a", page=25, size=100)).generation == "v4"
    assert "from=2400&size=100" in hub.asked[-1]


def test_lists_a_namespace_most_pulled_first(client: HubClient) -> None:
    page = client.namespace("library")
    assert [one.name for one in page.items] == ["nginx", "postgres"]
    assert page.next is None
    assert [one.name for one in client.namespace("acme", name="win").items] == ["windows-app"]


def test_reads_a_repository(client: HubClient) -> None:
    found = client.repository("library", "nginx")
    assert found.full_description.startswith("# What is nginx?")
    assert (found.official, found.archived, found.pulls) == (True, False, 12_981_954_060)
    assert found.last_updated == datetime(2026, 11, 1, 10, 0, 0, 500_000, UTC)
    assert client.repository("acme", "retired").archived
    with pytest.raises(NothingThere):
        client.repository("acme", "absent")


def test_reads_tags_without_attestations(client: HubClient) -> None:
    page = client.tags("library", "postgres")
    tag = next(one for one in page.tags if one.name == "17")
    assert Platform("windows", "amd64", "", "10.0.20348.2655") in [image.platform for image in tag.images]
    assert all(image.platform.os != "unknown" for image in tag.images)
    assert tag.digest.startswith("sha256:")
    assert all(image.size > 0 for image in tag.images)


def test_tags_without_digest_and_images(client: HubClient) -> None:
    tag = client.tag("acme", "windows-app", "old")
    assert (tag.digest, tag.images, tag.full_size) == ("", (), 0)


def test_tags_by_name_and_platform_and_page(client: HubClient) -> None:
    assert {one.name for one in client.tags("library", "nginx", contains="alpine").tags} == {
        "1.27-alpine",
        "stable-alpine",
    }
    assert client.tags("library", "nginx", os="windows").tags == ()
    first = client.tags("acme", "many", size=100)
    assert (len(first.tags), first.total) == (100, 130)
    assert first.next is not None
    assert len(client.tags("acme", "many", page=2, size=100).tags) == 30
    times = [one.last_updated for one in first.tags if one.last_updated]
    assert times == sorted(times, reverse=True)


def test_an_unknown_tag_says_so(client: HubClient) -> None:
    with pytest.raises(NothingThere, match="tag '9' not found"):
        client.tag("library", "nginx", "9")


def test_categories_are_a_bare_array(client: HubClient) -> None:
    assert Category("message-queues", "Message queues") in client.categories()


def test_logos(client: HubClient) -> None:
    logo = client.logo("library", "nginx")
    assert logo is not None
    assert logo.content_type == "image/png"
    assert client.logo("acme", "many") is None


def test_remembers_the_limit(client: HubClient) -> None:
    assert client.rate == RateLimit()
    client.categories()
    assert (client.rate.limit, client.rate.remaining) == (180, 170)
    assert client.rate.reset is not None


def test_names_itself(hub: HubStandIn) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    HubClient("https://hub.test", transport=httpx.MockTransport(handle)).categories()
    assert seen[0].headers["user-agent"].startswith("Pierhead/")
    assert seen[0].headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, (12, True)),
        ("1B+", (1_000_000_000, False)),
        ("10K+", (10_000, False)),
        ("500M+", (500_000_000, False)),
        ("275", (275, True)),
        ("1.5K", (1500, True)),
        ("many", (None, True)),
        (None, (None, True)),
        (True, (None, True)),
        (-5, (None, True)),
    ],
)
def test_counts(value: object, expected: tuple[int | None, bool]) -> None:
    assert count(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-12T09:08:21.390357865Z", datetime(2026, 1, 12, 9, 8, 21, 390_357, UTC)),
        ("2017-11-02T07:47:36Z", datetime(2017, 11, 2, 7, 47, 36, 0, UTC)),
        ("2026-11-01T10:00:00.5Z", datetime(2026, 11, 1, 10, 0, 0, 500_000, UTC)),
        ("2026-11-01T10:00:00+02:00", datetime(2026, 11, 1, 8, 0, 0, 0, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("2026-13-45T99:99:99Z", None),
        (None, None),
        (5, None),
    ],
)
def test_moments(value: object, expected: datetime | None) -> None:
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nginx", ("library", "nginx")),
        ("library/nginx", ("library", "nginx")),
        ("a/b", ("a", "b")),
        ("Python", ("library", "python")),
        ("../x", ("", "")),
        ("a b", ("", "")),
        ("", ("", "")),
        ("a/b/c", ("", "")),
    ],
)
def test_names(value: str, expected: tuple[str, str]) -> None:
    assert split_name(value) == expected


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture(1, 2, 3), "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg xmlns=", ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_pictures_are_known_by_their_bytes(content: bytes, kind: str) -> None:
    assert picture_kind(content) == kind
