"""Registries that hang, break off, lie, redirect to the wrong place or are not there."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gallery.registry.auth import Credentials
from gallery.registry.client import RegistryClient
from gallery.registry.errors import AccessDenied, BadAnswer, RateLimited, RegistryError, RepositoryUnknown, Unreachable
from tests.standins.servers import hanging_server, tls_server

SECRET = Credentials("anna", "secret")


def client_of(handler: Any, url: str = "https://registry.test", **more: Any) -> RegistryClient:
    return RegistryClient(url, transport=httpx.MockTransport(handler), **more)


def answering(*answers: httpx.Response) -> RegistryClient:
    return client_of(lambda request: answers[0])


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (httpx.Response(500), BadAnswer, "trouble of its own (status 500)"),
        (httpx.Response(502, content=b"<html>bad gateway"), BadAnswer, "status 502"),
        (httpx.Response(403), AccessDenied, "does not let us read a/b"),
        (httpx.Response(404, content=b"404 page not found"), RepositoryUnknown, "no repository a/b"),
        (httpx.Response(429, headers={"retry-after": "7"}), RateLimited, "asks us to wait"),
        (httpx.Response(400, json={"errors": [{"code": "X", "message": "no way"}]}), BadAnswer, "status 400: no way"),
        (httpx.Response(200, content=b"{"), BadAnswer, "no JSON, or it broke off"),
        (httpx.Response(200, content=b"<!doctype html>"), BadAnswer, "no JSON"),
        (httpx.Response(200, json=[1]), BadAnswer, "not what was asked for"),
        (httpx.Response(200, json={"name": "a/b"}), BadAnswer, "not what was asked for"),
    ],
)
def test_says_what_happened(answer: httpx.Response, expected: type[RegistryError], words: str) -> None:
    with pytest.raises(expected) as caught:
        answering(answer).tags("a/b")
    assert words in str(caught.value)


def test_the_pull_limit_is_told_in_docker_hubs_own_words() -> None:
    body = {"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}
    with pytest.raises(RateLimited, match="pull rate limit") as caught:
        answering(httpx.Response(429, json=body, headers={"retry-after": "60"})).tags("a/b")
    assert caught.value.retry_after == 60


def test_an_answer_that_is_too_large() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        def content() -> Iterator[bytes]:
            while True:
                yield b"x" * (1 << 20)

        return httpx.Response(200, content=content())

    with pytest.raises(BadAnswer, match="larger than"):
        client_of(endless).manifest("a/b", "sha256:" + "0" * 64)


def test_authorization_does_not_follow_to_another_host() -> None:
    seen: list[tuple[str, str]] = []

    def redirecting(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization", "")))
        if request.url.host == "storage.test":
            return httpx.Response(200, json={"tags": ["1"]})
        if not request.headers.get("authorization"):
            return httpx.Response(401, headers={"www-authenticate": "Basic realm=x"})
        return httpx.Response(307, headers={"location": "https://storage.test/blob?token=x"})

    assert client_of(redirecting, credentials=SECRET).tags("a/b").tags == ("1",)
    assert [host for host, _ in seen] == ["registry.test", "registry.test", "storage.test"]
    assert seen[1][1].startswith("Basic ")
    assert seen[2][1] == ""


def test_authorization_follows_within_the_host() -> None:
    def redirecting(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/elsewhere":
            assert request.headers["authorization"].startswith("Basic ")
            return httpx.Response(200, json={"tags": ["1"]})
        if not request.headers.get("authorization"):
            return httpx.Response(401, headers={"www-authenticate": "Basic realm=x"})
        return httpx.Response(307, headers={"location": "/elsewhere"})

    assert client_of(redirecting, credentials=SECRET).tags("a/b").tags == ("1",)


@pytest.mark.parametrize(
    "location",
    [
        "http://registry.test/v2/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:6379/",
        "https://localhost/",
        "file:///etc/passwd",
        "gopher://x/",
    ],
)
def test_redirects_that_must_not_be_followed(location: str) -> None:
    asked: list[str] = []

    def redirecting(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": location})

    with pytest.raises(RegistryError):
        client_of(redirecting).tags("a/b")
    assert asked == ["registry.test"]


def test_redirects_end() -> None:
    def around(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": str(request.url)})

    with pytest.raises(Unreachable, match="redirects more than 5 times"):
        client_of(around).tags("a/b")


@pytest.mark.parametrize("url", ["http://registry.test", "http://10.0.0.5:5000", "ftp://registry.test"])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(BadAnswer, match="must not be asked"):
        client_of(lambda request: httpx.Response(200, json={"tags": []}), url=url).tags("a/b")


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"])
def test_plain_http_on_this_machine(url: str) -> None:
    assert client_of(lambda request: httpx.Response(200, json={"tags": []}), url=url).tags("a/b").tags == ()


def test_nothing_listens_there() -> None:
    with pytest.raises(Unreachable, match="the connection was refused"):
        RegistryClient("http://127.0.0.1:9", seconds=3).tags("a/b")


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(Unreachable, match=r"registry\.invalid does not answer"):
        RegistryClient("https://registry.invalid", seconds=3).tags("a/b")


@pytest.mark.parametrize("drip", [b"", b"H", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"])
def test_a_registry_that_hangs(drip: bytes) -> None:
    with hanging_server(drip) as url:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer in time"):
            RegistryClient(url, seconds=0.5).tags("a/b")
        assert time.monotonic() - started < 3


def test_a_certificate_that_does_not_verify() -> None:
    with tls_server() as url, pytest.raises(Unreachable, match="certificate does not verify"):
        RegistryClient(url, seconds=5).tags("a/b")
