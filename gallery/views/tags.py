"""The page of a repository's tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.fits import Fit
from gallery.repositories import RepositoryName, TagRow
from gallery.search import ARCHITECTURES, FitsOf, fits_once
from gallery.tags import repository_tags_list
from gallery.windows import WINDOWS_VERSIONS
from portal.people.requests import actor_of
from portal.problems import NotFound, Problem

from .asked import named, page_context, tags_of


@dataclass(frozen=True)
class TagLine:
    """A tag on a page. same_as: the tag above that has the same digest. image: what is deployed.

    others: further names of the same image, each with what is deployed.
    """

    row: TagRow
    image: str
    fits: tuple[Fit, ...]
    same_as: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def fitting(self) -> tuple[Fit, ...]:
        return tuple(fit for fit in self.fits if fit.ok)

    @property
    def refusing(self) -> tuple[Fit, ...]:
        return tuple(fit for fit in self.fits if not fit.ok)


def tag_lines(name: RepositoryName, rows: Sequence[TagRow], fits_of: FitsOf) -> list[TagLine]:
    """The lines of a table of tags."""
    first: dict[str, str] = {}
    lines: list[TagLine] = []
    for row in rows:
        same = first.get(row.digest, "") if row.digest else ""
        if row.digest:
            first.setdefault(row.digest, row.name)
        lines.append(TagLine(row, name.image(row.name), fits_of(row.platforms), same))
    return lines


def group_lines(name: RepositoryName, groups: Sequence[Sequence[TagRow]], fits_of: FitsOf) -> list[TagLine]:
    """One line for all the names of an image."""
    return [
        TagLine(
            group[0],
            name.image(group[0].name),
            fits_of(group[0].platforms),
            others=tuple((row.name, name.image(row.name)) for row in group[1:]),
        )
        for group in groups
    ]


@require_safe
def tags_page(request: HttpRequest, source: str, namespace: str, name: str) -> HttpResponse:
    """Every tag with its platforms, sizes, digest and age, and which hosts can run it."""
    actor = actor_of(request)
    wanted = named(source, namespace, name, actor)
    asked = tags_of(request.GET)
    context = page_context(request) | {
        "name": wanted,
        "asked": asked,
        "architectures": ARCHITECTURES,
        "windows_versions": WINDOWS_VERSIONS,
    }
    try:
        kept = repository_tags_list(wanted, asked)
    except NotFound:
        raise
    except Problem as problem:
        context |= {"problem": problem, "lines": [], "tags": None}
    else:
        context |= {
            "lines": group_lines(wanted, kept.value.groups, fits_once(actor)),
            "choices": kept.value.choices,
            "tags": kept.value,
            "problem": kept.problem,
            "fetched_at": kept.fetched_at,
        }
    partial = request.headers.get("HX-Target") == "tags-results" and "HX-History-Restore-Request" not in request.headers
    response = render(request, "gallery/_tags_results.html" if partial else "gallery/tags.html", context)
    response["Vary"] = "HX-Target, Cookie"
    return response
