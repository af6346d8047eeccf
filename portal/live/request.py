"""The request that a fragment's view gets: a GET as the user of the socket, read anew from the session each time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxDetails

from .outcomes import SignedOut

# Of the handshake, these reach the view. Everything else of a page's request (middleware, body) has no meaning here.
HEADERS = {"host", "accept-language", "user-agent", "x-forwarded-proto"}


@dataclass(frozen=True)
class Viewer:
    """Who opened the socket, as the handshake said it. Nothing here is trusted: the session is read at every use."""

    session_key: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    secure: bool = False


def viewer_of(scope: Mapping[str, Any]) -> Viewer:
    """The viewer of a websocket scope that went through channels' cookie and session middleware."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
    cookies = dict(scope.get("cookies", {}))
    return Viewer(
        session_key=cookies.get(settings.SESSION_COOKIE_NAME, ""),
        cookies=cookies,
        headers={name: value for name, value in headers.items() if name in HEADERS},
        address=(scope.get("client") or [""])[0] or "",
        secure=scope.get("scheme") in {"wss", "https"},
    )


class FragmentRequest(HttpRequest):
    """A GET without a connection of its own. `live` is True: a view may tell that it renders for an open page."""

    live = True

    def __init__(self, viewer: Viewer, path: str) -> None:
        super().__init__()
        address, _mark, query = path.partition("?")
        self.method = "GET"
        self.path = self.path_info = unquote(address)
        self.META = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": self.path_info,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443" if viewer.secure else "80",
            "REMOTE_ADDR": viewer.address,
            "HTTP_HX_REQUEST": "true",
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in viewer.headers.items()},
        }
        self.GET = QueryDict(query)
        self.COOKIES = dict(viewer.cookies)
        self._secure = viewer.secure

    def _get_scheme(self) -> str:
        return "https" if self._secure else "http"


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def fragment_request(viewer: Viewer, path: str) -> FragmentRequest:
    """A request for `path` as the viewer, with session, user, htmx, messages and the page's own CSRF secret.

    Raises SignedOut. Reads the database; for a worker thread.
    """
    request = FragmentRequest(viewer, path)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(viewer.session_key or None)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        raise SignedOut
    request.user = user
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    CsrfViewMiddleware(_nothing).process_request(request)
    return request
