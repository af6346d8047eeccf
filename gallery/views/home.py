"""The gallery's first page: search, categories, templates, what was found."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from gallery.answers import source_forgive
from gallery.catalogue.categories import CATEGORIES
from gallery.curated import windows_of
from gallery.docker_hub import SEARCH
from gallery.own import registry_sources
from gallery.pulls import pulls_left
from gallery.search import ARCHITECTURES, SearchRequest, SearchResult, fits_once, search
from gallery.sources import HUB, default_registry_host, default_registry_is_hub
from gallery.windows import WINDOWS_VERSIONS
from portal.people.requests import actor_of

from .asked import page_context, search_of

SHOWN_TEMPLATES = 6


@require_safe
def gallery_home(request: HttpRequest) -> HttpResponse:
    """The page, or what was found alone when the search field asks as one types."""
    actor = actor_of(request)
    wanted = search_of(request.GET)
    result = search(actor, wanted)
    context = page_context(request) | {
        "wanted": wanted,
        "result": result,
        "answers": _shown_answers(wanted, result),
        "slow": any(answer.slow for answer in result.answers),
        "windows": () if wanted.narrowed or wanted.page > 1 else windows_of(actor, fits_once(actor)),
        "all_templates": wanted.narrowed,
        "shown_templates": result.templates if wanted.narrowed else result.templates[:SHOWN_TEMPLATES],
        "categories": [(slug, title) for slug, title in CATEGORIES.items()],
        "architectures": ARCHITECTURES,
        "registries": registry_sources(actor),
        "windows_versions": WINDOWS_VERSIONS,
        "pulls": pulls_left(default_registry_host()) if default_registry_is_hub() else None,
    }
    partial = (
        request.headers.get("HX-Target") == "gallery-results" and "HX-History-Restore-Request" not in request.headers
    )
    response = render(request, "gallery/_results.html" if partial else "gallery/home.html", context)
    response["Vary"] = "HX-Target, Cookie"
    return response


def _shown_answers(wanted: SearchRequest, result: SearchResult) -> list[object]:
    """Sources with something to show, or with a reason for showing nothing."""
    return [
        answer for answer in result.answers if answer.items or answer.problem or wanted.source == answer.source.slug
    ]


@require_POST
def source_again(request: HttpRequest, source: str) -> HttpResponse:
    """Ask a source again that was away."""
    actor_of(request)
    for name in (HUB, SEARCH, "hub-logos") if source == HUB else (source,):
        source_forgive(name)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/gallery/")
    return HttpResponseRedirect(back if safe else reverse("gallery:home"))
