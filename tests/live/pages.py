"""A few fragments for the tests of the live socket: what they show is in SHOWN, and can be changed by the test."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.urls import URLPattern, path
from django.utils import translation

from hosts.live import live_fragment
from portal.people.access import Permission
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.problems import Unavailable


@dataclass
class Shown:
    """text: what /text/ shows; slow: seconds a rendering takes; calls: how many there were."""

    text: str = "one"
    slow: float = 0.0
    broken: bool = False
    calls: int = 0
    requests: list[HttpRequest] = field(default_factory=list)


SHOWN = Shown()


def reset() -> Shown:
    fresh = Shown()
    SHOWN.__dict__.update(fresh.__dict__)
    return SHOWN


def topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    return ["text", *(f"text:{value}" for value in kwargs.values() if " " not in value)]


@live_fragment(topics)
def text(request: HttpRequest, name: str = "") -> HttpResponse:
    SHOWN.calls += 1
    SHOWN.requests.append(request)
    time.sleep(SHOWN.slow)
    if SHOWN.broken:
        raise Unavailable("The engine does not answer.")
    return HttpResponse(f"<p>{SHOWN.text} {name}{request.GET.get('q', '')}</p>")


@live_fragment(lambda request, **kwargs: [f"team:{kwargs['team_id']}"])
def of_team(request: HttpRequest, team_id: int) -> HttpResponse:
    SHOWN.calls += 1
    actor_of(request).require(Permission.READ, team_id)
    return HttpResponse(f"<p>{Team.objects.get(pk=team_id).name} {SHOWN.text}</p>")


@live_fragment(topics)
def with_token_and_age(request: HttpRequest) -> HttpResponse:
    SHOWN.calls += 1
    form = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    age = f'<time class="age{" stale" if SHOWN.calls > 1 else ""}" datetime="x" data-age="5">{SHOWN.calls} s ago</time>'
    return HttpResponse(f"{form}{age}<p>{SHOWN.text}</p>")


@live_fragment(topics)
def about_request(request: HttpRequest) -> HttpResponse:
    words = [
        request.method,
        request.get_full_path(),
        request.get_host(),
        request.scheme,
        str(request.user),
        str(bool(request.htmx)),  # type: ignore[attr-defined]
        str(translation.get_language()),
        request.resolver_match.view_name if request.resolver_match else "",
    ]
    return HttpResponse("|".join(str(word) for word in words))


@live_fragment(topics)
def with_context(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string("{{ user }} {{ messages|length }} {{ portal_version }}")
    return HttpResponse(template.render({}, request))


@live_fragment(topics)
def missing(request: HttpRequest) -> HttpResponse:
    raise Http404


@live_fragment(topics)
def crashes(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


@live_fragment(topics)  # type: ignore[type-var]  # which is what the consumer must refuse
async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("never")


@live_fragment(lambda request, **kwargs: ["not a topic: spaces"])
def odd_topic(request: HttpRequest) -> HttpResponse:
    return HttpResponse("never")


def plain(request: HttpRequest) -> HttpResponse:
    """A page, not a fragment."""
    return HttpResponse("secret page")


urlpatterns: list[URLPattern] = [
    path("text/", text, name="text"),
    path("text/<str:name>/", text, name="text-of"),
    path("teams/<int:team_id>/", of_team),
    path("token/", with_token_and_age),
    path("request/", about_request, name="about"),
    path("context/", with_context),
    path("missing/", missing),
    path("crashes/", crashes),
    path("async/", asynchronous),
    path("odd/", odd_topic),
    path("plain/", plain),
]
