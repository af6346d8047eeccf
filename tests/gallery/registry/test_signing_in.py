"""Signing in at registries of every kind: tokens, basic, wrong secrets sent once, nothing leaked on the way."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from gallery.registry.auth import Credentials
from gallery.registry.client import RegistryClient
from gallery.registry.errors import AccessDenied, BadAnswer, RateLimited, RegistryError, Unreachable
from gallery.sources import _verifying
from tests.lab.ports import free_port
from tests.standins.servers import tls_server

USER = Credentials("robot", "s3cret")
DIGEST = "sha256:" + "b" * 64


class Registry:
    """A registry with a token service at another host, or with basic authentication."""

    def __init__(self, *, basic: bool = False, password: str = "s3cret") -> None:
        self.basic = basic
        self.right = "Basic " + base64.b64encode(f"robot:{password}".encode()).decode()
        self.seen: list[tuple[str, str]] = []
        self.token_status = 0
        self.redirect = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        authorization = request.headers.get("authorization", "")
        self.seen.append((request.url.host, authorization))
        if request.url.host == "auth.test":
            if self.token_status:
                return httpx.Response(self.token_status, headers={"Retry-After": "7"})
            if authorization != self.right:
                return httpx.Response(401)
            return httpx.Response(200, json={"token": "t0ken", "expires_in": 300})
        if request.url.host != "registry.test":
            return httpx.Response(200, headers={"Docker-Content-Digest": DIGEST})
        if self.basic:
            if authorization != self.right:
                return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="basic-realm"'})
        elif authorization != "Bearer t0ken":
            challenge = 'Bearer realm="https://auth.test/token",service="registry.test"'
            return httpx.Response(401, headers={"WWW-Authenticate": challenge})
        if self.redirect:
            return httpx.Response(307, headers={"Location": self.redirect})
        return httpx.Response(200, headers={"Docker-Content-Digest": DIGEST}, json={})


def client_of(registry: Registry, credentials: Credentials | None = USER) -> RegistryClient:
    return RegistryClient(
        "https://registry.test", credentials=credentials, transport=httpx.MockTransport(registry), seconds=5
    )


@pytest.mark.parametrize("basic", [False, True])
def test_lets_the_right_secret_in(basic: bool) -> None:
    registry = Registry(basic=basic)
    client = client_of(registry)
    client.sign_in()
    assert client.resolve("team/app", "1").digest == DIGEST


@pytest.mark.parametrize("basic", [False, True])
def test_a_wrong_secret_is_sent_once(basic: bool) -> None:
    registry = Registry(basic=basic, password="other")
    client = client_of(registry)
    for _ in range(3):
        with pytest.raises(AccessDenied, match="does not accept the user name and the password"):
            client.sign_in()
    sent = [authorization for _, authorization in registry.seen if authorization == USER.basic]
    assert len(sent) == 1


def test_a_limited_token_service_is_no_refusal() -> None:
    registry = Registry()
    registry.token_status = 429
    client = client_of(registry)
    with pytest.raises(RateLimited):
        client.sign_in()
    registry.token_status = 0
    client.sign_in()


def test_a_limited_account_is_not_followed_by_nobody() -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization", ""))
        if not seen[-1]:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="r"'})
        return httpx.Response(429, json={"errors": [{"code": "TOOMANYREQUESTS", "message": "pull rate limit"}]})

    client = RegistryClient("https://registry.test", credentials=USER, transport=httpx.MockTransport(handle))
    with pytest.raises(RateLimited):
        client.resolve("library/nginx", "1")
    assert seen == ["", USER.basic]


@pytest.mark.parametrize("basic", [False, True])
def test_a_redirect_to_another_host_gets_no_authorization(basic: bool) -> None:
    registry = Registry(basic=basic)
    registry.redirect = "https://storage.test/blob?signed=1"
    assert client_of(registry).resolve("team/app", "1").digest == DIGEST
    assert [authorization for host, authorization in registry.seen if host == "storage.test"] == [""]


@pytest.mark.parametrize("where", ["http://storage.test/x", "http://127.0.0.1:1/x", "https://127.0.0.1/x"])
def test_a_redirect_to_plain_http_or_inwards_is_refused(where: str) -> None:
    registry = Registry()
    registry.redirect = where
    with pytest.raises(BadAnswer):
        client_of(registry).resolve("team/app", "1")


def test_nobody_is_asked_for_a_secret_it_does_not_have() -> None:
    with pytest.raises(AccessDenied, match="user name"):
        client_of(Registry(basic=True), None).sign_in()


def test_a_certificate_that_does_not_verify_is_named() -> None:
    with tls_server() as url, pytest.raises(Unreachable, match="certificate does not verify"):
        RegistryClient(url, seconds=5).sign_in()


@pytest.fixture
def private_authority(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """(host and port of an https registry, PEM of the certificate that it has signed itself)."""
    from tests.standins.authority import authority_for_loopback

    certificates, context = authority_for_loopback(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", free_port()), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", certificates
        finally:
            server.shutdown()
            thread.join()


def test_a_private_authority_is_trusted_where_it_is_entered(private_authority: tuple[str, str]) -> None:
    host, certificates = private_authority
    with pytest.raises(RegistryError, match="certificate"):
        RegistryClient(f"https://{host}", seconds=5).sign_in()
    RegistryClient(f"https://{host}", verify=_verifying(certificates), seconds=5).sign_in()
