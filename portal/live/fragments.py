"""Finding and rendering fragments. Everything here reads the database and runs in a worker thread."""

import hashlib
import inspect
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import unquote

from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

from portal.problems import NotAllowed, NotFound, Problem, SignInNeeded

from .outcomes import Failed, Gone, Rendered, SignedOut
from .request import FragmentRequest, Viewer, fragment_request

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_TOPICS = 20

# These differ at every rendering and say nothing new: the age of a fact, which a script keeps true, and masked tokens.
AGES = re.compile(r"(<time\b[^>]*\bdata-age\b[^>]*>)[^<]*(</time>)")
STALE = re.compile(r'(<time class="age) stale"')
TOKENS = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*"|("X-CSRFToken": ")[^"]*"')


def fragment_find(path: str) -> ResolverMatch:
    """The view of a fragment's path. Raises Gone for anything else than a plain view with `live_topics`."""
    address = path.partition("?")[0]
    if not address.startswith("/") or address.startswith("//") or "\\" in address or "\0" in path:
        raise Gone
    try:
        match = resolve(unquote(address))
    except Resolver404 as error:
        raise Gone from error
    if not hasattr(match.func, "live_topics") or inspect.iscoroutinefunction(match.func):
        raise Gone
    return match


@contextmanager
def _as_viewer(viewer: Viewer, path: str) -> Iterator[FragmentRequest]:
    close_old_connections()
    try:
        request = fragment_request(viewer, path)
        with translation.override(translation.get_language_from_request(request)):
            yield request
    finally:
        close_old_connections()


def viewer_check(viewer: Viewer) -> None:
    """Raises SignedOut when the session has ended or the user may no longer sign in."""
    with _as_viewer(viewer, "/"):
        pass


def fragment_topics(viewer: Viewer, path: str) -> list[str]:
    """What the fragment depends on. Raises Gone, Failed, SignedOut."""
    with _as_viewer(viewer, path) as request:
        match = fragment_find(path)
        request.resolver_match = match
        topics: Callable[..., list[str]] = match.func.live_topics  # type: ignore[attr-defined]
        found = _guarded(lambda: list(topics(request, *match.args, **match.kwargs)), path)
        return found[:MAX_TOPICS]


def fragment_render(viewer: Viewer, path: str) -> Rendered:
    """The fragment as the viewer may see it now. Raises Gone, Failed, SignedOut."""
    with _as_viewer(viewer, path) as request:
        match = fragment_find(path)
        request.resolver_match = match
        html = _guarded(lambda: _html(match.func(request, *match.args, **match.kwargs)), path)
        return Rendered(html, fingerprint(html))


def _guarded(act: Callable[[], T], path: str) -> T:
    try:
        return act()
    except (NotFound, NotAllowed, Http404, PermissionDenied) as error:
        raise Gone from error
    except SignInNeeded as error:
        raise SignedOut from error
    except Problem as problem:
        raise Failed(problem.title) from problem
    except (Gone, Failed, SignedOut):
        raise
    except Exception as error:
        log.exception("The fragment %s cannot be rendered.", path)
        raise Failed("error") from error


def _html(response: HttpResponseBase) -> str:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    status = response.status_code
    if status in {401, 403, 404, 410} or 300 <= status < 400:
        raise Gone
    content = getattr(response, "content", None)  # a streamed answer has none
    if status != 200 or not isinstance(content, bytes):
        raise Failed(f"status {status}")
    return content.decode(response.charset)


def fingerprint(html: str) -> bytes:
    """Equal for markup that shows the same: ages of facts and masked CSRF tokens are left out."""
    plain = STALE.sub(r'\1"', html)
    plain = AGES.sub(r"\1\2", plain)
    plain = TOKENS.sub(r'\1\2"', plain)
    return hashlib.blake2b(plain.encode(), digest_size=16).digest()
