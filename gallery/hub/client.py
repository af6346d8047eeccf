"""Docker Hub's web API. [hub-api 2-beta; search and repositories as Docker's own clients use them]

Synchronous, one instance per process, safe to share between threads. The transport can be given (tests). Every call has
a deadline and a limit of bytes, and raises one of `errors`. Search has a chain: v4, then v2.
"""

import threading
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from gallery.fetch import Answer, FetchError, NoAnswer, fetch, make_client, same_origin

from . import documents
from .budget import Budget
from .errors import AccessDenied, BadAnswer, NothingThere, SearchUnavailable, Unreachable
from .refusals import error_of
from .remembered import Remembered
from .types import (
    Category,
    Logo,
    RateLimit,
    Repository,
    RepositoryPage,
    SearchFilter,
    SearchPage,
    Tag,
    TagImage,
    TagPage,
)

JSON_LIMIT = 4 << 20
LOGO_LIMIT = 256 << 10
MAX_WINDOW = 2500
_SORT = {"updated": "updated_at", "pulls": "pull_count"}
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class Bearer(Protocol):
    """A signed-in account."""

    def header(self, *, refused: bool = False) -> str:
        """The Authorization header; a new one when the last was refused. Raises HubError."""


class HubClient:
    """Reads Docker Hub. url: "https://hub.docker.com"; plain http on loopback only.

    budget: shared by all who ask this address as this account; None: no limit of ours. remembered: answers with an
    ETag. bearer: gives the Authorization header of a signed-in account, and a new one when told that it was refused.
    urgent: a person waits; a job leaves them part of the budget.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        seconds: float = 10.0,
        budget: Budget | None = None,
        remembered: Remembered | None = None,
        bearer: Bearer | None = None,
        urgent: bool = True,
    ) -> None:
        self.base = httpx.URL(url.rstrip("/"))
        self.seconds = seconds
        self._budget = budget
        self._remembered = remembered
        self._bearer = bearer
        self._urgent = urgent
        self._client = make_client(self.base, transport=transport)
        self._lock = threading.Lock()
        self._rate = RateLimit()

    @property
    def rate(self) -> RateLimit:
        """What Docker Hub last said of its limit."""
        with self._lock:
            return self._rate

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def search(self, wanted: SearchFilter) -> SearchPage:
        """Repositories that match. Raises SearchUnavailable when every way is walled off."""
        try:
            return self._search_v4(wanted)
        except (AccessDenied, SearchUnavailable, NothingThere, BadAnswer) as first:
            try:
                return self._search_v2(wanted)
            except (AccessDenied, NothingThere, BadAnswer) as second:
                raise SearchUnavailable(str(second)) from first

    def _search_v4(self, wanted: SearchFilter) -> SearchPage:
        start = (wanted.page - 1) * wanted.size
        query = {
            "query": wanted.query,
            "type": "image",
            "from": str(start),
            "size": str(max(0, min(wanted.size, MAX_WINDOW - start))),
            "badges": wanted.badge,
            "operating_systems": wanted.os,
            "architectures": wanted.architecture,
            "categories": wanted.category,
        }
        if wanted.sort in _SORT:
            query |= {"sort": _SORT[wanted.sort], "order": "desc"}
        body = self._json("/api/search/v4", {name: value for name, value in query.items() if value})
        found = documents.mapping(body)
        if not isinstance(found.get("results"), list):
            raise BadAnswer("Docker Hub's search answered with something else.")
        items = [item for row in documents.rows(found["results"]) if (item := documents.search_item_v4(row))]
        total = documents.number(found.get("total")) or len(items)
        more = start + wanted.size < min(total, MAX_WINDOW) and bool(found["results"])
        return SearchPage(tuple(items), total, "v4", more)

    def _search_v2(self, wanted: SearchFilter) -> SearchPage:
        query = {"query": wanted.query, "page": str(wanted.page), "page_size": str(wanted.size)}
        try:
            body = documents.mapping(self._json("/v2/search/repositories/", query))
        except NothingThere:  # a page past the end
            return SearchPage((), 0, "v2", False)
        if not isinstance(body.get("results"), list):
            raise BadAnswer("Docker Hub's search answered with something else.")
        items = [item for row in documents.rows(body["results"]) if (item := documents.search_item_v2(row))]
        if wanted.badge == "official":
            items = [item for item in items if item.official]
        if wanted.sort == "pulls":
            items.sort(key=lambda item: -(item.pulls or 0))
        return SearchPage(tuple(items), documents.number(body.get("count")) or len(items), "v2", bool(body.get("next")))

    def namespace(self, namespace: str, *, name: str = "", following: str | None = None) -> RepositoryPage:
        """A page of a namespace's repositories, most pulled first within the page. name: part of their name."""
        query = {"page_size": "100", "ordering": "pull_count", "name": name}
        path = following or f"/v2/namespaces/{quote(namespace, safe='')}/repositories"
        body = self._page(path, None if following else query)
        found = [one for row in documents.rows(body["results"]) if (one := documents.repository(row))]
        found.sort(key=lambda one: -(one.pulls or 0))
        total = documents.number(body.get("count")) or len(found)
        return RepositoryPage(tuple(found), total, self._next(body))

    def own_namespaces(self, username: str) -> tuple[str, ...]:
        """The user's own namespace and those of their organisations, of a signed-in account. Raises SignInRefused."""
        found = [username.lower()]
        for page in range(1, 6):
            body = self._page("/v2/user/orgs", {"page": str(page), "page_size": "100"})
            found += [name for row in documents.rows(body["results"]) if (name := documents.text(row.get("orgname")))]
            if not body.get("next"):
                break
        return tuple(dict.fromkeys(found))

    def repository(self, namespace: str, name: str) -> Repository:
        """The detail of a repository. Raises NothingThere."""
        body = self._json(f"/v2/namespaces/{quote(namespace, safe='')}/repositories/{quote(name, safe='')}")
        found = documents.repository(documents.mapping(body))
        if found is None:
            raise BadAnswer("Docker Hub answered with something that is no repository.")
        return found

    def tags(
        self,
        namespace: str,
        name: str,
        *,
        contains: str = "",
        os: str = "",
        architecture: str = "",
        page: int = 1,
        size: int = 50,
    ) -> TagPage:
        """A page of tags, newest first. contains: part of the tag's name. Raises NothingThere."""
        path = f"/v2/namespaces/{quote(namespace, safe='')}/repositories/{quote(name, safe='')}/tags"
        query = {"page": str(page), "page_size": str(size), "ordering": "last_updated", "name": contains}
        query |= {"os": os, "architecture": architecture}
        body = self._page(path, query)
        tags = [one for row in documents.rows(body["results"]) if (one := documents.tag(row))]
        tags.sort(key=lambda one: one.newest_first)
        return TagPage(tuple(tags), documents.number(body.get("count")) or len(tags), self._next(body))

    def tag(self, namespace: str, name: str, tag: str) -> Tag:
        """One tag. Raises NothingThere."""
        path = (
            f"/v2/namespaces/{quote(namespace, safe='')}/repositories/{quote(name, safe='')}/tags/{quote(tag, safe='')}"
        )
        found = documents.tag(documents.mapping(self._json(path)))
        if found is None:
            raise BadAnswer("Docker Hub answered with something that is no tag.")
        return found

    def tag_images(self, namespace: str, name: str, tag: str) -> tuple[TagImage, ...]:
        """The platforms of a tag with their layers; a bare array, and no pull. Raises NothingThere."""
        names = (quote(one, safe="") for one in (namespace, name, tag))
        return documents.tag_images(self._json("/v2/repositories/{}/{}/tags/{}/images".format(*names)))

    def categories(self) -> tuple[Category, ...]:
        """Docker Hub's categories; a bare array."""
        return documents.categories(self._json("/v2/categories/"))

    def logo(self, namespace: str, name: str) -> Logo | None:
        """The logo, None when there is none or when it is no picture of a known kind."""
        path = "/api/media/repos_logo/v1/" + quote(f"{namespace}/{name}", safe="")
        try:
            answer = self._ask(path, None, LOGO_LIMIT, "image/png, image/*")
        except NothingThere:
            return None
        kind = picture_kind(answer.body)
        return Logo(kind, answer.body) if kind else None

    def _page(self, path: str, query: Mapping[str, str] | None) -> Mapping[str, Any]:
        given = {name: value for name, value in query.items() if value} if query else None
        body = documents.mapping(self._json(path, given))
        if not isinstance(body.get("results"), list):
            raise BadAnswer("Docker Hub answered with something that is no list.")
        return body

    def _next(self, body: Mapping[str, Any]) -> str | None:
        """Path and query of the next page when it lies at the same origin; a foreign one is not followed."""
        link = documents.text(body.get("next"), 4000)
        if not link:
            return None
        try:
            url = self.base.join(link)
        except httpx.InvalidURL:
            return None
        return url.raw_path.decode("ascii") if same_origin(url, self.base) else None

    def _json(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        answer = self._ask(path, query, JSON_LIMIT, "application/json")
        try:
            return answer.json()
        except ValueError as error:
            what = "a page for people" if answer.is_html else "something that broke off or is no JSON"
            raise BadAnswer(f"Docker Hub answered with {what}.") from error

    def _ask(self, path: str, query: Mapping[str, str] | None, limit: int, accept: str) -> Answer:
        url = self.base.copy_with(raw_path=(self.base.path.rstrip("/") + path).encode("ascii"))
        if query:
            url = url.copy_merge_params(dict(query))
        known = self._remembered.known(str(url)) if self._remembered else None
        headers = {"Accept": accept} | ({"If-None-Match": known[0]} if known else {})
        answer = self._exchange(url, headers, limit)
        if answer.status == 304 and known:
            return known[1]
        if answer.status == 200:
            if self._remembered:
                self._remembered.keep(str(url), answer)
            return answer
        raise error_of(answer)

    def _exchange(self, url: httpx.URL, headers: Mapping[str, str], limit: int) -> Answer:
        """Ask; a signed-in account whose token was refused gets a new one, once. Nobody asks again without it: that
        would only spend the limit of the address as well."""
        answer = self._once(url, headers, limit, self._bearer.header() if self._bearer else None)
        if answer.status == 401 and self._bearer is not None:
            answer = self._once(url, headers, limit, self._bearer.header(refused=True))
        return answer

    def _once(self, url: httpx.URL, headers: Mapping[str, str], limit: int, authorization: str | None) -> Answer:
        if self._budget is not None:
            self._budget.spend(urgent=self._urgent)
        sent = dict(headers) | ({"Authorization": authorization} if authorization else {})
        request = self._client.build_request("GET", url, headers=sent)
        try:
            answer = fetch(self._client, request, limit=limit, seconds=self.seconds)
        except NoAnswer as error:
            raise Unreachable(f"Docker Hub does not answer: {error}") from error
        except FetchError as error:
            raise BadAnswer(f"Docker Hub: {error}") from error
        self._note_rate(answer.headers)
        if self._budget is not None:
            self._budget.note(answer.status, answer.headers)
        return answer

    def _note_rate(self, headers: Mapping[str, str]) -> None:
        def whole(name: str) -> int | None:
            value = headers.get(name, "").strip()
            return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None

        if "x-ratelimit-limit" in headers:
            rate = RateLimit(whole("x-ratelimit-limit"), whole("x-ratelimit-remaining"), whole("x-ratelimit-reset"))
            with self._lock:
                self._rate = rate


def picture_kind(content: bytes) -> str:
    """The content type of a picture by its first bytes; "" for anything else, SVG included."""
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            return kind
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""
