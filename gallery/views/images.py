"""The page of one image: a tag of a repository, platform by platform."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.detail import image_detail
from gallery.fits import fits
from portal.people.requests import actor_of
from portal.problems import NotFound, Problem

from .asked import named, page_context


@require_safe
def image_page(request: HttpRequest, source: str, namespace: str, name: str, tag: str) -> HttpResponse:
    """Configuration, layers and steps, what each host would pull, what refers to it."""
    actor = actor_of(request)
    wanted = named(source, namespace, name, actor)
    platform = request.GET.get("platform", "")[:120]
    context = page_context(request) | {"name": wanted, "tag": tag, "image": wanted.image(tag), "platform": platform}
    try:
        kept = image_detail(actor, wanted, tag[:128], platform=platform, read_config=request.GET.get("config") == "1")
    except NotFound:
        raise
    except Problem as problem:
        context["problem"] = problem
    else:
        platforms = [one.platform for one in kept.value.platforms]
        context |= {
            "detail": kept.value,
            "problem": kept.problem,
            "fetched_at": kept.fetched_at,
            "fits": fits(actor, platforms),
        }
    return render(request, "gallery/image.html", context)
