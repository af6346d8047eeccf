"""The basket: images and templates from any source, made one application."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gallery.selectors.basket import basket_of
from gallery.services.basket import basket_add_image, basket_add_template, basket_empty, basket_remove
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import teams_visible
from portal.problems import Problem

from .asked import page_context


@never_cache
@require_safe
def basket_page(request: HttpRequest) -> HttpResponse:
    """What is in it, the text it makes, and what was changed so that all fit together."""
    actor = actor_of(request)
    teams = [team for team in teams_visible(actor) if actor.can(Permission.DEPLOY, team)]
    context = page_context(request) | {"basket": basket_of(actor), "teams": teams}
    return render(request, "gallery/basket.html", context)


@require_POST
def basket_add(request: HttpRequest) -> HttpResponse:
    """`image` or `template`; then back to `back`, where it was chosen."""
    actor = actor_of(request)
    if slug := request.POST.get("template", ""):
        title = str(basket_add_template(slug=slug, actor=actor))
    else:
        title = str(basket_add_image(reference=request.POST.get("image", ""), actor=actor))
    messages.success(request, _("%(title)s is in your basket.") % {"title": title})
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/gallery/")
    return redirect(back if safe else "gallery:basket")


@require_POST
def basket_take_out(request: HttpRequest, item_id: int) -> HttpResponse:
    """Take one thing out."""
    try:
        basket_remove(item_id=item_id, actor=actor_of(request))
    except Problem as problem:
        messages.warning(request, problem.detail)
    return redirect("gallery:basket")


@require_POST
def basket_clear(request: HttpRequest) -> HttpResponse:
    """Take everything out."""
    basket_empty(actor=actor_of(request))
    return redirect("gallery:basket")
