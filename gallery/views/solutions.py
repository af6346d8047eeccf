"""The page of a solution."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.readme import readme_html
from gallery.solutions.loader import solution_get, solution_list

from .asked import page_context


@require_safe
def solutions_page(request: HttpRequest) -> HttpResponse:
    """Every solution."""
    return render(request, "gallery/solutions.html", page_context(request) | {"solutions": solution_list()})


@require_safe
def solution_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a solution makes, what it needs and what it asks."""
    solution = solution_get(slug)
    context = page_context(request) | {"solution": solution, "description": readme_html(solution.description)}
    return render(request, "gallery/solution.html", context)
