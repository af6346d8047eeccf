"""What an address of the gallery asks for, and what every page of it shows."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, QueryDict

from gallery.problems import RepositoryNotFound
from gallery.registry.errors import NotAReference
from gallery.repositories import RepositoryName, TagFilter, repository_name
from gallery.search import ARCHITECTURES, LINUX_WINDOWS, MAX_PAGE, SORTS, SearchRequest
from gallery.selectors.basket import basket_count
from gallery.selectors.registries import access_of_actor
from gallery.windows import BUILDS
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of

MAX_QUERY = 200


def page_number(data: QueryDict, most: int = MAX_PAGE) -> int:
    """`page` of the address, 1 when it is none."""
    text = data.get("page", "")
    return max(1, min(int(text), most)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def chosen(data: QueryDict, name: str, allowed: tuple[str, ...]) -> str:
    """A filter of the address, "" when its value is not one of `allowed`."""
    value = data.get(name, "")
    return value if value in allowed else ""


def search_of(data: QueryDict) -> SearchRequest:
    """The search that an address names; what makes no sense is left out."""
    return SearchRequest(
        q=" ".join(data.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
        source=data.get("source", "")[:255],
        os=chosen(data, "os", LINUX_WINDOWS),
        architecture=chosen(data, "architecture", ARCHITECTURES),
        official=data.get("official", "") in {"1", "true"},
        category=data.get("category", "")[:60],
        fits_host=data.get("fits_host", "")[:40],
        verified=data.get("verified", "") in {"1", "true"},
        windows=chosen(data, "windows", BUILDS),
        sort=chosen(data, "sort", SORTS),
        page=page_number(data),
    )


def tags_of(data: QueryDict, *, size: int = 25) -> TagFilter:
    """The filter of tags that an address names."""
    return TagFilter(
        q=data.get("q", "").replace("\x00", "").strip()[:128],
        os=chosen(data, "os", LINUX_WINDOWS),
        architecture=chosen(data, "architecture", ARCHITECTURES),
        page=page_number(data, 10_000),
        size=size,
        family=family_of(data.get("family", "")),
        variant=data.get("variant", "").replace("\x00", "")[:60],
        windows=chosen(data, "windows", BUILDS),
    )


def family_of(text: str) -> str:
    """A version family out of an address, "" when it is none: "1", "1.27"."""
    return text if len(text) <= 30 and all(part.isascii() and part.isdigit() for part in text.split(".")) else ""


def named(source: str, namespace: str, name: str, actor: Actor | None = None) -> RepositoryName:
    """The repository that an address names, asked about as the actor's team does. Raises RepositoryNotFound when the
    name cannot be one."""
    try:
        found = repository_name(source, namespace, name)
    except NotAReference as error:
        raise RepositoryNotFound(str(error)) from error
    if actor is None:
        return found
    host = "" if found.source.is_hub else found.source.slug
    return replace(found, access=access_of_actor(actor, host, found.namespace))


def may_deploy(actor: Actor) -> bool:
    """Whether Deploy is offered at all."""
    teams = actor.team_ids(Permission.DEPLOY)
    return teams is None or bool(teams)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every page of the gallery needs. Raises SignInNeeded."""
    actor = actor_of(request)
    return {"may_deploy": may_deploy(actor), "basket_count": basket_count(actor)}
