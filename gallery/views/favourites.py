"""The star beside repositories and templates."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gallery.picks import pick_of
from gallery.services.favourites import favourite_add, favourite_remove
from gallery.stars import star_context
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get


@require_POST
def star(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the team's star (`on` is 1) or take it; back to the page it was pressed on, or the star alone to htmx."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    pick = pick_of(request.POST.get("item", ""))
    change = favourite_add if request.POST.get("on") == "1" else favourite_remove
    change(team=team, pick=pick, actor=actor)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    back = back if safe else reverse("gallery:team", args=[team.slug])
    if request.headers.get("HX-Request"):
        context = star_context(request, pick, back=back, word=request.POST.get("word") == "1")
        return render(request, "gallery/_star.html", context)
    return HttpResponseRedirect(back)
