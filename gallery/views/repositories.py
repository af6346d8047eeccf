"""The page of a repository, and its logo."""

import hashlib
import zlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.views.decorators.http import require_safe

from gallery.answers import Kept, prefetch
from gallery.docker_hub import hub_logo, hub_repository, hub_tags, hub_tags_question
from gallery.fits import host_images
from gallery.pulls import pulls_left
from gallery.readme import readme_html
from gallery.registries import registry_repository, registry_tags
from gallery.repositories import Repository, RepositoryName, TagFilter, TagList
from gallery.search import fits_once
from gallery.sources import default_registry_host, default_registry_is_hub
from portal.people.requests import actor_of
from portal.problems import NotFound, Problem

from .asked import named, page_context
from .tags import tag_lines

PREVIEW = 8
FIRST_TAGS = TagFilter(size=100)
LOGO_SECONDS = 86_400
COLOURS = ("#3b6ea8", "#7a5ea8", "#a8553b", "#3b8f72", "#8f7a2e", "#a83b6b", "#4a6b7c", "#5b7a3a")


def _tags(name: RepositoryName) -> tuple[Kept[TagList] | None, Problem | None]:
    wanted = FIRST_TAGS if name.source.is_hub else TagFilter(size=PREVIEW)
    try:
        return (hub_tags(name, wanted) if name.source.is_hub else registry_tags(name, wanted)), None
    except Problem as problem:
        return None, problem


def _repository(name: RepositoryName) -> tuple[Kept[Repository] | None, Problem | None]:
    """What is known of it. A source that is away is no error of the page; an unknown repository is."""
    try:
        return (hub_repository(name) if name.source.is_hub else registry_repository(name)), None
    except NotFound:
        raise
    except Problem as problem:
        return None, problem


@require_safe
def repository_page(request: HttpRequest, source: str, namespace: str, name: str) -> HttpResponse:
    """README, facts, how to pull, first tags with where they run, Deploy."""
    actor = actor_of(request)
    wanted = named(source, namespace, name, actor)
    if wanted.source.is_hub:
        prefetch(hub_tags_question(wanted, FIRST_TAGS))
    repository, problem = _repository(wanted)
    tags, tags_problem = _tags(wanted)
    rows = sorted(tags.value.rows if tags else (), key=lambda row: row.name != "latest")[:PREVIEW]
    default = rows[0].name if rows else "latest"
    tags_problem = None if problem else tags_problem or (tags.problem if tags else None)
    context = page_context(request) | {
        "name": wanted,
        "repository": repository.value if repository else Repository(wanted),
        "fetched_at": repository.fetched_at if repository else None,
        "problem": problem or (repository.problem if repository else None),
        "readme": readme_html(repository.value.readme) if repository and repository.value.readme else "",
        "lines": tag_lines(wanted, rows, fits_once(actor)),
        "tags": tags.value if tags else None,
        "tags_problem": tags_problem,
        "slow": any(getattr(one, "slow", False) for one in (problem, tags_problem)),
        "default_image": wanted.image(default),
        "on_hosts": _on_hosts(request, wanted),
        "pulls": pulls_left(default_registry_host()) if wanted.source.is_hub and default_registry_is_hub() else None,
    }
    return render(request, "gallery/repository.html", context)


def _on_hosts(request: HttpRequest, name: RepositoryName) -> list[object]:
    """Images of this repository that hosts hold already."""
    start = f"{name.familiar}:"
    return [image for image in host_images(actor_of(request), query=name.familiar) if image.reference.startswith(start)]


@require_safe
def repository_logo(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """A logo of Docker Hub through the portal: no browser asks Docker Hub, and only real pictures pass.

    Where there is none, or Docker Hub is away, two letters of the name stand in.
    """
    actor_of(request)
    wanted = named("hub", namespace, name)
    try:
        logo = hub_logo(wanted)
        seconds = LOGO_SECONDS
    except Problem:
        logo, seconds = None, 60
    content = logo.content if logo else letters(wanted.name).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type=logo.content_type if logo else "image/svg+xml")
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'none'; sandbox"
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={seconds}"
    return response


def letters(name: str) -> str:
    """A picture of the first two letters of a name, on a colour that follows from it."""
    colour = COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]
    text = escape("".join(character for character in name if character.isalnum())[:2].upper() or "?")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" fill="{colour}"/>'
        '<text x="18" y="23" font-family="system-ui,sans-serif" font-size="14" font-weight="600" fill="#fff" '
        f'text-anchor="middle">{text}</text></svg>'
    )
