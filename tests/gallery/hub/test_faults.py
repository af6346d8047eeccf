"""Docker Hub walled off, limited, slow, broken or hostile: each is told apart, and nothing is asked again and again."""

import time

import httpx
import pytest

from gallery.fetch import retry_after
from gallery.hub.client import HubClient
from gallery.hub.errors import (
    AccessDenied,
    BadAnswer,
    HubError,
    NothingThere,
    RateLimited,
    SearchUnavailable,
    Unreachable,
)
from gallery.hub.types import SearchFilter
from tests.standins.hub import HubStandIn
from tests.standins.servers import hanging_server


@pytest.fixture
def hub() -> HubStandIn:
    return HubStandIn()


@pytest.fixture
def client(hub: HubStandIn) -> HubClient:
    return HubClient("https://hub.test", transport=hub.transport())


def answering(answer: httpx.Response) -> HubClient:
    return HubClient("https://hub.test", transport=httpx.MockTransport(lambda request: answer))


def test_search_falls_back_to_the_older_one_behind_a_wall(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.wall = "search"
    page = client.search(SearchFilter("nginx"))
    assert page.generation == "v2"
    assert (page.items[0].name, page.items[0].pulls, page.items[0].pulls_exact) == ("nginx", 12_981_954_060, True)
    assert [path.partition("?")[0] for path in hub.asked] == ["/api/search/v4", "/v2/search/repositories/"]


def test_the_older_search_filters_what_it_can(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.wall = "search"
    assert {item.name for item in client.search(SearchFilter("nginx", badge="official")).items} == {"nginx"}
    assert client.search(SearchFilter("nginx", page=9)).items == ()


def test_search_behind_walls_is_unavailable(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.wall = "searches"
    with pytest.raises(SearchUnavailable):
        client.search(SearchFilter("nginx"))
    assert client.repository("library", "nginx").name == "nginx"
    hub.switches.wall = "all"
    with pytest.raises(SearchUnavailable, match="robot"):
        client.repository("library", "nginx")


@pytest.mark.parametrize("form", ["seconds", "date", "unix", "reset"])
def test_every_form_of_a_limit(client: HubClient, hub: HubStandIn, form: str) -> None:
    hub.switches.limit = form
    with pytest.raises(RateLimited) as caught:
        client.search(SearchFilter("nginx"))
    assert caught.value.retry_after in {38, 39, 40, 41}
    assert len(hub.asked) == 1  # a limited search does not try the next one


def test_the_limit_against_abuse(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.limit = "abuse"
    with pytest.raises(RateLimited) as caught:
        client.tags("library", "nginx")
    assert caught.value.retry_after is None


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_of_its_own(client: HubClient, hub: HubStandIn, status: int) -> None:
    hub.switches.status = status
    with pytest.raises(BadAnswer, match=f"status {status}"):
        client.repository("library", "nginx")
    with pytest.raises(SearchUnavailable):
        client.search(SearchFilter("nginx"))


def test_bodies_that_break_off(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.truncated = True
    with pytest.raises(BadAnswer, match="broke off"):
        client.repository("library", "nginx")
    with pytest.raises(BadAnswer, match="broke off"):
        client.tags("library", "nginx")


def test_a_hostile_next_is_not_followed(client: HubClient, hub: HubStandIn) -> None:
    hub.switches.hostile_next = True
    page = client.tags("acme", "many", size=50)
    assert (len(page.tags), page.next) == (50, None)


def test_next_of_the_same_origin(client: HubClient) -> None:
    page = client.tags("acme", "many", size=50)
    assert page.next is not None
    assert page.next.startswith("/v2/namespaces/acme/repositories/many/tags?")


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"])
def test_a_hub_that_hangs(first: bytes) -> None:
    with hanging_server(first) as url:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="in time"):
            HubClient(url, seconds=0.4).categories()
        assert time.monotonic() - started < 3


def test_a_hub_that_is_not_there() -> None:
    with pytest.raises(Unreachable, match="refused"):
        HubClient("http://127.0.0.1:9", seconds=2).search(SearchFilter("nginx"))


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (httpx.Response(404, json={"message": "httperror 404: tag 'x' not found"}), NothingThere, "tag 'x' not found"),
        (httpx.Response(404, json={"detail": "Not found."}), NothingThere, "Not found."),
        (httpx.Response(404, content=b"tag '0.1' not found"), NothingThere, "tag '0.1' not found"),
        (httpx.Response(404, content=b"<html>"), NothingThere, "no such thing"),
        (httpx.Response(401, json={"detail": "who"}), AccessDenied, "who"),
        (httpx.Response(403, json={"message": "no"}), AccessDenied, "no"),
        (httpx.Response(400, json={"fields": {"a": ["Invalid ordering value."]}, "text": ""}), BadAnswer, "Invalid o"),
        (httpx.Response(400, json={"text": "Invalid", "fields": {}}), BadAnswer, "Invalid"),
        (httpx.Response(418, content=b"teapot"), BadAnswer, "status 418: teapot"),
        (httpx.Response(200, content=b"<!doctype html><html>"), BadAnswer, "a page for people"),
        (httpx.Response(200, json={"unexpected": 1}), BadAnswer, "no repository"),
        (httpx.Response(200, content=b"null"), BadAnswer, "no repository"),
    ],
)
def test_every_form_of_an_error(answer: httpx.Response, expected: type[HubError], words: str) -> None:
    with pytest.raises(expected) as caught:
        answering(answer).repository("a", "b")
    assert words in str(caught.value)
    assert caught.value.retry is expected.retry


@pytest.mark.parametrize("body", [{"results": None}, {"results": {}}, [], "x", {"results": [1, None, {}, {"name": 5}]}])
def test_lists_of_any_shape(body: object) -> None:
    client = answering(httpx.Response(200, json=body))
    try:
        assert client.tags("a", "b").tags == ()
    except BadAnswer as error:
        words = str(error)
    else:
        words = "no list"
    assert "no list" in words


def test_a_logo_that_is_a_picture_in_name_only() -> None:
    svg = b"<svg onload=alert(1)>"
    assert answering(httpx.Response(200, content=svg, headers={"content-type": "image/png"})).logo("a", "b") is None
    with pytest.raises(BadAnswer, match="larger than"):
        answering(httpx.Response(200, content=b"\x89PNG\r\n\x1a\n" + b"x" * (300 << 10))).logo("a", "b")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "40"}, 40),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "1700000040"}, 40),
        ({"retry-after": "Tue, 14 Nov 2023 22:14:00 GMT"}, 40),
        ({"retry-after": "Tue, 14 Nov 2000 22:14:00 GMT"}, 1),
        ({"retry-after": "soon"}, 1),
        ({"x-retry-after": "1700000040"}, 40),
        ({"x-ratelimit-reset": "1700000040"}, 40),
        ({"retry-after": "99999999"}, 86_400),
        ({"x-retry-after": ""}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after(headers, 1_700_000_000) == expected
