"""The page of an offer of the Azure Marketplace: its images, their plans and terms, and the way to a machine."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.selectors.marketplace import key_of, marketplace_fetched_at, offer_get
from portal.people.access import Permission
from portal.people.requests import actor_of

from .asked import page_context


@require_safe
def offer_page(request: HttpRequest, publisher: str, offer: str) -> HttpResponse:
    """What is known of it here; Azure is not asked."""
    actor = actor_of(request)
    found = offer_get(publisher, offer)
    manages = actor.team_ids(Permission.MANAGE_HOSTS)
    rows = list(found.images.all())
    context = page_context(request) | {
        "offer": found,
        "images": [{"image": one, "key": key_of(one)} for one in rows],
        "sold": any(one.plan for one in rows),
        "may_make": manages is None or bool(manages),
        "fetched_at": marketplace_fetched_at(),
    }
    return render(request, "gallery/marketplace.html", context)
