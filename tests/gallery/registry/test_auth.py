"""Signing in at registries: challenges in every form, tokens kept and renewed, secrets that stay where they belong."""

import base64

import httpx
import pytest

from gallery.registry.auth import Challenge, Credentials, parse_challenges
from gallery.registry.client import RegistryClient
from gallery.registry.errors import AccessDenied, BadAnswer, RateLimited, RegistryError, Unreachable

BEARER = 'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull"'


FULL = {"realm": "https://auth.test/token", "service": "registry.test", "scope": "repository:a/b:pull"}
SHORT = {"realm": "https://a/t"}
BASIC = ("basic", {"realm": "x"})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (BEARER, [("bearer", FULL)]),
        ('Basic realm="x"', [BASIC]),
        ('Bearer realm="https://a/t",service="s", Basic realm="x"', [("bearer", {**SHORT, "service": "s"}), BASIC]),
        ('Basic realm="x", Bearer realm="https://a/t"', [BASIC, ("bearer", SHORT)]),
        ("Bearer realm=https://a/t", [("bearer", SHORT)]),
        (r'Bearer realm="a\"b"', [("bearer", {"realm": 'a"b'})]),
        ("Negotiate", [("negotiate", {})]),
        ("", []),
        ("=,=", []),
    ],
)
def test_parses_challenges(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(header) == [Challenge(scheme, parameters) for scheme, parameters in expected]


class TokenRegistry:
    """A registry behind a token service."""

    def __init__(self, *, challenge: str = BEARER, token_answer: httpx.Response | None = None, life: int = 300) -> None:
        self.challenge = challenge
        self.token_answer = token_answer
        self.life = life
        self.token_requests: list[httpx.Request] = []
        self.requests: list[httpx.Request] = []
        self.accepted = "good"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            self.token_requests.append(request)
            return self.token_answer or httpx.Response(200, json={"token": "good", "expires_in": self.life})
        self.requests.append(request)
        if request.headers.get("authorization") != f"Bearer {self.accepted}":
            return httpx.Response(401, headers={"www-authenticate": self.challenge})
        return httpx.Response(200, json={"tags": ["1"]})


def client_of(
    fake: object, credentials: Credentials | None = None, url: str = "https://registry.test"
) -> RegistryClient:
    return RegistryClient(url, credentials=credentials, transport=httpx.MockTransport(fake))  # type: ignore[arg-type]


def test_asks_for_a_token_once_and_keeps_it() -> None:
    fake = TokenRegistry()
    client = client_of(fake)
    assert client.tags("a/b").tags == client.tags("a/b").tags == ("1",)
    assert len(fake.token_requests) == 1
    query = fake.token_requests[0].url.params
    assert (query["service"], query["scope"]) == ("registry.test", "repository:a/b:pull")
    assert len(fake.requests) == 3
    assert "authorization" not in fake.token_requests[0].headers


def test_a_refused_token_is_renewed_once() -> None:
    fake = TokenRegistry()
    client = client_of(fake)
    client.tags("a/b")
    fake.accepted = "newer"
    fake.token_answer = httpx.Response(200, json={"access_token": "newer"})
    assert client.tags("a/b").tags == ("1",)
    assert len(fake.token_requests) == 2


def test_credentials_go_to_the_token_service_only() -> None:
    fake = TokenRegistry()
    client_of(fake, Credentials("anna", "secret")).tags("a/b")
    expected = "Basic " + base64.b64encode(b"anna:secret").decode()
    assert fake.token_requests[0].headers["authorization"] == expected
    assert fake.token_requests[0].url.params["account"] == "anna"
    assert all("Basic" not in request.headers.get("authorization", "") for request in fake.requests)
    assert "secret" not in repr(Credentials("anna", "secret"))


def test_basic_authentication() -> None:
    seen: list[str] = []

    def basic(request: httpx.Request) -> httpx.Response:
        given = request.headers.get("authorization", "")
        seen.append(given)
        if not given.startswith("Basic "):
            return httpx.Response(401, headers={"www-authenticate": 'Basic realm="basic-realm"'})
        return httpx.Response(200, json={"tags": ["1"]})

    client = client_of(basic, Credentials("anna", "secret"))
    client.tags("a/b")
    client.tags("a/b")
    assert [bool(given) for given in seen] == [False, True, True]
    with pytest.raises(AccessDenied, match="user name and a password") as caught:
        client_of(basic).tags("a/b")
    assert caught.value.hidden is False


def test_refused_although_a_token_was_given_means_hidden() -> None:
    fake = TokenRegistry()
    fake.accepted = "another"
    with pytest.raises(AccessDenied) as caught:
        client_of(fake).tags("a/b")
    assert caught.value.hidden is True


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(401), AccessDenied),
        (httpx.Response(429), RateLimited),
        (httpx.Response(500), BadAnswer),
        (httpx.Response(200, content=b"<html>"), BadAnswer),
        (httpx.Response(200, json=[]), BadAnswer),
        (httpx.Response(200, json={}), BadAnswer),
        (httpx.Response(200, json={"token": ""}), BadAnswer),
        (httpx.Response(200, json={"token": "a\r\nx-evil: 1"}), BadAnswer),
        (httpx.Response(200, content=b"x" * (300 << 10)), Unreachable),
    ],
)
def test_token_services_that_misbehave(answer: httpx.Response, expected: type[RegistryError]) -> None:
    with pytest.raises(expected):
        client_of(TokenRegistry(token_answer=answer)).tags("a/b")


@pytest.mark.parametrize(
    "realm", ["http://auth.test/token", "http://127.0.0.1/token", "https://localhost/token", "file:///etc/passwd", "x"]
)
def test_a_token_service_on_a_wrong_address_is_not_asked(realm: str) -> None:
    fake = TokenRegistry(challenge=f'Bearer realm="{realm}"')
    with pytest.raises(BadAnswer, match="must not be asked"):
        client_of(fake, Credentials("anna", "secret")).tags("a/b")
    assert fake.token_requests == []


def test_a_registry_on_this_machine_may_have_its_token_service_here() -> None:
    fake = TokenRegistry(challenge='Bearer realm="http://127.0.0.1:5001/token"')

    def local(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": "good"})
        return fake(request)

    assert client_of(local, url="http://127.0.0.1:5000").tags("a/b").tags == ("1",)


@pytest.mark.parametrize("header", ["", "Negotiate", "Bearer", "Digest realm=x"])
def test_unknown_ways_to_sign_in(header: str) -> None:
    with pytest.raises(AccessDenied, match="not known here"):
        client_of(lambda request: httpx.Response(401, headers={"www-authenticate": header})).tags("a/b")
