"""The page of a template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.catalogue.categories import category_title
from gallery.catalogue.loader import template_get
from gallery.fits import fits
from gallery.readme import readme_html
from portal.people.requests import actor_of

from .asked import page_context


@require_safe
def template_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a template is, asks and runs."""
    actor = actor_of(request)
    template = template_get(slug)
    context = page_context(request) | {
        "template": template,
        "description": readme_html(template.description),
        "categories": [(one, category_title(one)) for one in template.categories],
        "fits": fits(actor, template.platforms),
    }
    return render(request, "gallery/template.html", context)
