"""The page of a template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.catalogue.categories import category_title
from gallery.fits import fits
from gallery.readme import readme_html
from gallery.selectors.templates import template_seen
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

from .asked import page_context


@require_safe
def template_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a template is, asks and runs."""
    actor = actor_of(request)
    template = template_seen(actor, slug)
    context = page_context(request) | {
        "template": template,
        "description": readme_html(template.description),
        "categories": [(one, category_title(one)) for one in template.categories],
        "fits": fits(actor, template.platforms),
        "writes": bool(template.team) and _writes(actor, template.team),
    }
    return render(request, "gallery/template.html", context)


def _writes(actor: Actor, team: str) -> bool:
    return actor.can(Permission.DEPLOY, team_get(actor, team))
