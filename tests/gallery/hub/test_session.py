"""Signing in at Docker Hub: tokens are renewed, a refusal is asked about once, a limit is never walked around."""

import base64
import json

import httpx
import pytest

from gallery.hub.budget import Budget
from gallery.hub.client import HubClient
from gallery.hub.errors import AccessDenied, BadAnswer, RateLimited, SignInRefused
from gallery.hub.session import HubSession, claims, expiry
from gallery.sharing import LocalShared

URL = "https://hub.test"


def jwt(expires: float, name: str = "acme") -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"exp": expires, "sub": name}).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


class Hub:
    """Docker Hub's sign-in and one page behind it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.signed_in = 0
        self.valid: set[str] = set()
        self.anonymous = 0
        self.answer: httpx.Response | None = None
        self.login: httpx.Response | None = None
        self.login_bodies: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            self.signed_in += 1
            self.login_bodies.append(json.loads(request.content))
            if self.login is not None:
                return self.login
            token = jwt(self.now + 600, f"{self.signed_in}")
            self.valid.add(token)
            return httpx.Response(200, json={"access_token": token})
        if "authorization" not in request.headers:
            self.anonymous += 1
        if self.answer is not None:
            return self.answer
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.valid:
            return httpx.Response(401, json={"detail": "token expired"})
        return httpx.Response(200, json=[])


@pytest.fixture
def hub() -> Hub:
    return Hub()


def session_of(hub: Hub, store: LocalShared | None = None) -> HubSession:
    return HubSession(
        URL,
        "key",
        "acme",
        "dckr_pat_1",
        store=store or LocalShared(),
        transport=httpx.MockTransport(hub),
        clock=lambda: hub.now,
    )


def client_of(hub: Hub, session: HubSession, budget: Budget | None = None) -> HubClient:
    return HubClient(URL, transport=httpx.MockTransport(hub), bearer=session, budget=budget)


def test_signs_in_once_and_again_before_the_token_ends(hub: Hub) -> None:
    client = client_of(hub, session_of(hub))
    client.categories()
    client.categories()
    assert hub.signed_in == 1
    assert hub.login_bodies == [{"identifier": "acme", "secret": "dckr_pat_1"}]
    hub.now += 541
    client.categories()
    assert hub.signed_in == 2


def test_a_refused_token_is_renewed_once(hub: Hub) -> None:
    client = client_of(hub, session_of(hub))
    client.categories()
    hub.valid.clear()
    client.categories()
    assert hub.signed_in == 2
    hub.answer = httpx.Response(401, json={"detail": "no"})
    with pytest.raises(AccessDenied):
        client.categories()
    assert hub.signed_in == 3
    assert hub.anonymous == 0


def test_a_refused_secret_is_told_and_not_sent_again(hub: Hub) -> None:
    store = LocalShared()
    hub.login = httpx.Response(401, json={"detail": "Incorrect authentication credentials"})
    for _ in range(3):
        with pytest.raises(SignInRefused, match="Enter a new access token"):
            client_of(hub, session_of(hub, store)).categories()
    assert hub.signed_in == 1


def test_two_factors_are_explained(hub: Hub) -> None:
    hub.login = httpx.Response(401, json={"detail": "Require secondary authentication on MFA enabled account"})
    with pytest.raises(SignInRefused, match="two factors"):
        session_of(hub).header()


def test_a_limited_account_is_never_followed_by_nobody(hub: Hub) -> None:
    store = LocalShared()
    budget = Budget(store, "hub:key", clock=lambda: hub.now)
    client = client_of(hub, session_of(hub, store), budget)
    hub.answer = httpx.Response(429, json={"detail": "Rate limit exceeded"}, headers={"Retry-After": "40"})
    with pytest.raises(RateLimited):
        client.categories()
    with pytest.raises(RateLimited):
        client.categories()
    assert hub.anonymous == 0


def test_a_limited_sign_in_waits(hub: Hub) -> None:
    hub.login = httpx.Response(429, text="Too Many Requests (HAP429)", headers={"Retry-After": "9"})
    with pytest.raises(RateLimited) as caught:
        session_of(hub).header()
    assert caught.value.retry_after == 9


@pytest.mark.parametrize("body", [{}, {"access_token": 7}, {"access_token": "a\nb"}, []])
def test_a_sign_in_without_a_token(hub: Hub, body: object) -> None:
    hub.login = httpx.Response(200, json=body)
    with pytest.raises(BadAnswer):
        session_of(hub).header()


def test_the_secret_is_in_no_message(hub: Hub) -> None:
    session = session_of(hub)
    assert "dckr_pat" not in repr(session)
    hub.login = httpx.Response(401, json={"detail": "dckr_pat_1 is wrong"})
    with pytest.raises(SignInRefused) as caught:
        session.header()
    assert "dckr_pat" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.W10.c", "a.!!!.c"])
def test_what_is_no_web_token(token: str) -> None:
    assert claims(token) == {}
    assert expiry(token) is None
