"""One exchange with the outside: what may be asked, and how an answer is told."""

import httpx
import pytest

from gallery.fetch import (
    Answer,
    NoAnswer,
    NotAllowedUrl,
    TooLarge,
    check_url,
    fetch,
    is_loopback,
    make_client,
    same_origin,
)

FAR = httpx.URL("https://far.test/")
HERE = httpx.URL("http://127.0.0.1:5000/")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("LOCALHOST", True), ("a.localhost", True), ("127.0.0.1", True), ("127.9.9.9", True),
        ("[::1]", True), ("::1", True), ("10.0.0.1", False), ("example.test", False), ("127.0.0.1.example.test", False),
        ("", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "near", "allowed"),
    [
        ("https://a.test/", None, True),
        ("http://127.0.0.1/", None, True),
        ("http://a.test/", None, False),
        ("ftp://a.test/", None, False),
        ("https://", None, False),
        ("https://b.test/", FAR, True),
        ("http://127.0.0.1/", FAR, False),
        ("https://127.0.0.1/", FAR, False),
        ("https://localhost/", FAR, False),
        ("http://127.0.0.1:1/", HERE, True),
        ("https://a.test/", HERE, True),
        ("http://a.test/", HERE, False),
    ],
)
def test_which_addresses_may_be_asked(url: str, near: httpx.URL | None, allowed: bool) -> None:
    if allowed:
        check_url(httpx.URL(url), near=near)
    else:
        with pytest.raises(NotAllowedUrl):
            check_url(httpx.URL(url), near=near)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("https://a.test/x", "https://a.test:443/y", True),
        ("http://a.test/", "http://a.test:80/", True),
        ("https://a.test/", "http://a.test/", False),
        ("https://a.test/", "https://b.test/", False),
        ("https://a.test/", "https://a.test:8443/", False),
    ],
)
def test_origins(one: str, other: str, expected: bool) -> None:
    assert same_origin(httpx.URL(one), httpx.URL(other)) is expected


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"<!DOCTYPE html>", "", True), (b"  <html>", "", True), (b"{}", "text/html; charset=utf-8", True),
        (b"{}", "application/json", False), (b"", "", False),
    ],
)  # fmt: skip
def test_pages_for_people(body: bytes, content_type: str, expected: bool) -> None:
    assert Answer("https://a.test/", 200, {"content-type": content_type}, body).is_html is expected


def test_json_that_is_nested_too_deep_is_no_json() -> None:
    with pytest.raises(ValueError, match=r".+"):
        Answer("https://a.test/", 200, {}, b"[" * 200_000).json()


def client_of(handler: object) -> httpx.Client:
    return make_client(FAR, transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def test_limits_the_bytes() -> None:
    client = client_of(lambda request: httpx.Response(200, content=b"x" * 101))
    with pytest.raises(TooLarge, match="larger than 100 bytes"):
        fetch(client, client.build_request("GET", FAR), limit=100, seconds=5)


def test_limits_what_a_compressed_answer_becomes() -> None:
    import gzip

    bomb = gzip.compress(b"\x00" * (8 << 20))
    client = client_of(lambda request: httpx.Response(200, content=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(TooLarge):
        fetch(client, client.build_request("GET", FAR), limit=1 << 20, seconds=5)


def test_no_time_left_is_no_answer() -> None:
    client = client_of(lambda request: httpx.Response(200))
    with pytest.raises(NoAnswer, match="in time"):
        fetch(client, client.build_request("GET", FAR), limit=10, seconds=0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("[Errno -3] Temporary failure in name resolution"), "name cannot be found"),
        (httpx.ConnectError("[Errno 101] Network is unreachable"), "network cannot be reached"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "connection was refused"),
        (httpx.ConnectError("certificate verify failed"), "certificate does not verify"),
        (httpx.RemoteProtocolError("peer closed connection"), "broke off"),
        (httpx.ReadTimeout("slow"), "in time"),
        (httpx.ConnectError("something else"), "connection failed"),
    ],
)
def test_reasons_in_words(error: httpx.HTTPError, words: str) -> None:
    def failing(request: httpx.Request) -> httpx.Response:
        raise error

    client = client_of(failing)
    with pytest.raises(NoAnswer, match=words):
        fetch(client, client.build_request("GET", FAR), limit=10, seconds=5)


def test_cookies_do_not_leave_the_origin() -> None:
    seen: list[httpx.Headers] = []

    def redirecting(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        if request.url.host == "far.test":
            return httpx.Response(302, headers={"location": "https://other.test/"})
        return httpx.Response(200)

    client = client_of(redirecting)
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "Accept": "text/plain"}
    fetch(client, client.build_request("GET", FAR, headers=headers), limit=10, seconds=5)
    assert "authorization" in seen[0]
    assert "authorization" not in seen[1]
    assert "cookie" not in seen[1]
    assert seen[1]["accept"] == "text/plain"
