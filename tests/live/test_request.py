"""The request that a fragment's view gets."""

import pytest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory

from portal.live.fragments import fragment_render
from portal.live.request import Viewer, viewer_of
from portal.people.models import User
from tests.live.conftest import Opener, headers_of
from tests.live.pages import Shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.live.pages")]


async def test_a_view_sees_an_ordinary_request_of_its_user(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/request/?q=1&q=2")
    words = (await socket.hear())["html"].split("|")
    assert words == ["GET", "/request/?q=1&q=2", "localhost", "http", "viewer", "True", "en", "about"]


async def test_context_processors_have_what_they_need(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/context/")
    name, count, version = (await socket.hear())["html"].split()
    assert (name, count) == ("viewer", "0")
    assert version


async def test_paths_are_decoded_once(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/a%2Db%20c/")
    assert (await socket.hear())["html"] == "<p>one a-b c</p>"
    assert shown.requests[0].path == "/text/a-b c/"


def test_forms_in_a_fragment_carry_the_pages_own_csrf_secret(viewer: User, shown: Shown) -> None:
    secret = "s" * 32
    cookies = dict(part.split("=", 1) for part in headers_of(viewer)[-1][1].decode().split("; "))
    who = Viewer(cookies["pierhead_session"], {**cookies, "pierhead_csrf": secret}, {"host": "localhost"})
    token = fragment_render(who, "/token/").html.split('value="')[1].split('"')[0]
    post = RequestFactory().post("/text/", {"csrfmiddlewaretoken": token}, HTTP_HOST="localhost")
    post.COOKIES["pierhead_csrf"] = secret
    middleware = CsrfViewMiddleware(lambda request: HttpResponse())
    middleware.process_request(post)
    assert middleware.process_view(post, lambda request: HttpResponse(), (), {}) is None


def test_behind_tls_the_scheme_is_https(viewer: User, shown: Shown) -> None:
    cookies = dict(part.split("=", 1) for part in headers_of(viewer)[-1][1].decode().split("; "))
    who = Viewer(cookies["pierhead_session"], cookies, {"host": "localhost"}, secure=True)
    assert "|https|" in fragment_render(who, "/request/").html


def test_of_the_handshake_only_harmless_headers_reach_the_view() -> None:
    headers = [(b"Host", b"localhost"), (b"X-Forwarded-For", b"1.2.3.4"), (b"Authorization", b"Bearer x")]
    scope = {"headers": headers, "cookies": {"pierhead_session": "key"}, "client": ["10.0.0.9", 5], "scheme": "wss"}
    assert viewer_of(scope) == Viewer("key", {"pierhead_session": "key"}, {"host": "localhost"}, "10.0.0.9", True)
