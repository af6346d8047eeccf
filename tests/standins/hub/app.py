"""The stand-in's answers and the switches that make it misbehave."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx

from . import shapes
from .content import NAMES, StandInRepository, own_content

WALL = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


@dataclass
class Switches:
    """wall: "" or "search" (v4 only), "searches" (both), "all". limit: "" or seconds, date, unix, abuse, reset.

    slow: seconds before each answer. status: answer everything with it. truncated: cut bodies in half.
    hostile_next: `next` links lead to another origin. depth: pages of tags that it gives, 0 for all. unordered: the
    tags come in no order, whatever was asked for. limit_after: requests after which `limit` begins.
    """

    wall: str = ""
    limit: str = ""
    slow: float = 0.0
    status: int = 0
    truncated: bool = False
    hostile_next: bool = False
    depth: int = 0
    unordered: bool = False
    limit_after: int = 0


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


class HubStandIn:
    """Answers as Docker Hub does. `asked` holds the path and query of each request, `authorizations` what each sent.

    accounts: secrets by user name, for signing in; `tokens` are those given out, each with its user. Private
    repositories are seen by the user whose name is their namespace.
    """

    def __init__(self, content: Sequence[StandInRepository] | None = None) -> None:
        self.content = {one.full_name: one for one in (own_content() if content is None else content)}
        self.switches = Switches()
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        self.accounts: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.url = "https://hub.test"

    def transport(self) -> httpx.MockTransport:
        """For a client, without a server."""

        def handle(request: httpx.Request) -> httpx.Response:
            reply = self.reply(request.url.raw_path.decode(), request.headers, request.content)
            return httpx.Response(reply.status, content=reply.body, headers=dict(reply.headers))

        return httpx.MockTransport(handle)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """A real server on a loopback port; its URL, for PIERHEAD_HUB_URL."""
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self) -> None:
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                reply = standin.reply(self.path, dict(self.headers.items()), body)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            server.block_on_close = False
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_address[1]}"
            try:
                yield self.url
            finally:
                server.shutdown()
                thread.join()

    def reply(self, raw_path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """The answer to a GET, or to a POST with `body`."""
        self.asked.append(raw_path)
        authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        self.authorizations.append(authorization)
        if self.switches.slow:
            time.sleep(self.switches.slow)
        reply = self._misbehaving(raw_path, headers) or self._signed(raw_path, authorization, body)
        limits = {
            "X-RateLimit-Limit": "180",
            "X-RateLimit-Remaining": "170",
            "X-RateLimit-Reset": str(int(time.time()) + 60),
        }
        sent = reply.body[: len(reply.body) // 2] if self.switches.truncated else reply.body
        return Reply(reply.status, sent, {**limits, **reply.headers})

    def _signed(self, raw_path: str, authorization: str, body: bytes) -> Reply:
        if raw_path == "/v2/auth/token":
            given = json.loads(body or b"{}")
            name = given.get("identifier", "")
            if not name or self.accounts.get(name) != given.get("secret"):
                return as_json({"detail": "Incorrect authentication credentials"}, 401)
            token = f"token-{len(self.tokens)}-of-{name}"
            self.tokens[token] = name
            return as_json({"access_token": token})
        token = authorization.removeprefix("Bearer ")
        if authorization and token not in self.tokens:
            return as_json({"detail": "token expired"}, 401)
        return self._right(raw_path, self.tokens.get(token, ""))

    def _visible(self, user: str) -> dict[str, StandInRepository]:
        return {name: one for name, one in self.content.items() if not one.private or one.namespace == user}

    def _misbehaving(self, path: str, headers: Mapping[str, str]) -> Reply | None:
        switches = self.switches
        searching = path.startswith(("/api/search/", "/v2/search/"))
        walled = {"search": path.startswith("/api/search/"), "searches": searching, "all": True}
        agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), "")
        if walled.get(switches.wall) or agent.startswith(("Go-http-client", "python-")):
            return Reply(403, WALL, {"Content-Type": "text/html; charset=UTF-8"})
        if switches.limit and len(self.asked) > switches.limit_after:
            return _limited(switches.limit)
        if switches.status:
            return Reply(switches.status, b"upstream trouble", {"Content-Type": "text/plain"})
        return None

    def _right(self, raw_path: str, user: str = "") -> Reply:
        parts = urlsplit(raw_path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        segments = [unquote(segment) for segment in parts.path.strip("/").split("/")]
        match segments:
            case ["api", "search", "v4"]:
                return self._search_v4(query)
            case ["v2", "search", "repositories"]:
                return self._search_v2(query)
            case ["v2", "categories"]:
                return as_json([{"name": name, "slug": slug} for slug, name in NAMES.items()])
            case ["api", "media", "repos_logo", "v1", name]:
                return self._logo(name)
            case ["v2", "namespaces", namespace, "repositories"]:
                return self._namespace(parts.path, namespace, query, user)
            case ["v2", "user", "orgs"]:
                if not user:
                    return as_json({"detail": "Authentication credentials were not provided."}, 401)
                return as_json({"count": 1, "next": None, "previous": None, "results": [{"orgname": f"{user}-org"}]})
            case ["v2", "namespaces", namespace, "repositories", name, *rest] | [
                "v2", "repositories", namespace, name, *rest
            ]:  # fmt: skip
                return self._repository(parts.path, f"{namespace}/{name}", rest, query, user)
        return as_json({"detail": "Not found."}, 404)

    def _matching(self, query: str) -> list[StandInRepository]:
        words = query.lower().split()
        found = [
            one
            for one in self._visible("").values()
            if all(w in f"{one.full_name} {one.summary}".lower() for w in words)
        ]
        return sorted(found, key=lambda one: (one.name != query, -one.pulls))

    def _search_v4(self, query: Mapping[str, str]) -> Reply:
        start, size = int(query.get("from", 0)), int(query.get("size", 10))
        if "query" not in query or start + size > 2500 or size > 100:
            return as_json({"detail": "bad request", "message": "from and size exceed 2500", "errinfo": {}}, 400)
        rows = [shapes.search_v4(one) for one in self._matching(query["query"])]
        rows = [row for row in rows if query.get("badges", row["badge"]) == row["badge"]]
        for name, key in (("operating_systems", "operating_systems"), ("architectures", "architectures")):
            wanted = query.get(name)
            rows = [row for row in rows if not wanted or wanted in {one["name"] for one in row[key]}]
        if category := query.get("categories"):
            rows = [row for row in rows if category in {one["slug"] for one in row["categories"]}]
        return as_json({"total": len(rows), "results": rows[start : start + size]})

    def _search_v2(self, query: Mapping[str, str]) -> Reply:
        rows = [shapes.search_v2(one) for one in self._matching(query.get("query", ""))]
        reply = self._paged("/v2/search/repositories/", rows, query)
        found = json.loads(reply.body)
        if reply.status == 200:
            found["previous"] = found["previous"] or ""
        return as_json(found, reply.status)

    def _namespace(self, path: str, namespace: str, query: Mapping[str, str], user: str) -> Reply:
        rows = [shapes.row(one) for one in self._visible(user).values() if one.namespace == namespace]
        rows = [row for row in rows if query.get("name", "") in row["name"]]
        if query.get("ordering") == "pull_count":
            rows.sort(key=lambda row: -row["pull_count"])
        return self._paged(path, rows, query)

    def _repository(self, path: str, full_name: str, rest: list[str], query: Mapping[str, str], user: str) -> Reply:
        one = self._visible(user).get(full_name)
        if one is None:
            return as_json({"message": "object not found", "errinfo": {}}, 404)
        if not rest:
            return as_json(shapes.detail(one))
        tags = {given.name: given for given in one.tags}
        if rest[0] == "tags" and len(rest) == 2:
            if rest[1] in tags:
                return as_json(shapes.tag(one, tags[rest[1]]))
            return as_json({"message": f"httperror 404: tag '{rest[1]}' not found", "errinfo": {"tag": rest[1]}}, 404)
        if rest[0] == "tags" and rest[2:] == ["images"] and rest[1] in tags:
            return as_json(shapes.images(one, tags[rest[1]]))
        if rest == ["tags"]:
            rows = [shapes.tag(one, given) for given in one.tags if query.get("name", "") in given.name]
            for name, key in (("os", "os"), ("architecture", "architecture")):
                rows = [row for row in rows if not query.get(name) or any(i[key] == query[name] for i in row["images"])]
            if self.switches.unordered:
                rows.sort(key=lambda row: str(row["id"]))
            elif query.get("ordering") == "last_updated":
                rows.sort(key=lambda row: str(row["last_updated"]), reverse=True)
            if self.switches.depth and int(query.get("page", 1)) > self.switches.depth:
                return as_json({"detail": "Invalid page."}, 404)
            return self._paged(path, rows, query)
        return as_json({"detail": "Not found."}, 404)

    def _paged(self, path: str, rows: list[dict[str, Any]], query: Mapping[str, str]) -> Reply:
        page, size = int(query.get("page", 1)), min(int(query.get("page_size", 10)), 100)
        start = (page - 1) * size
        if start and start >= len(rows):
            return as_json({"detail": "Invalid page."}, 404)
        base = "https://evil.test" if self.switches.hostile_next else self.url
        following = urlencode({**query, "page": page + 1, "page_size": size})
        more = start + size < len(rows)
        before = urlencode({**query, "page": page - 1, "page_size": size})
        return as_json(
            {
                "count": len(rows),
                "next": f"{base}{path}?{following}" if more else None,
                "previous": f"{base}{path}?{before}" if page > 1 else None,
                "results": rows[start : start + size],
            }
        )

    def _logo(self, full_name: str) -> Reply:
        one = self.content.get(full_name)
        if one is None or not one.logo:
            return as_json({"detail": "Not found."}, 404)
        return Reply(200, one.logo, {"Content-Type": one.logo_type})


def _limited(form: str) -> Reply:
    body = {"detail": "Rate limit exceeded", "error": False}
    headers = {
        "seconds": {"Retry-After": "40"},
        "date": {"Retry-After": formatdate(time.time() + 40, usegmt=True)},
        "unix": {"X-Retry-After": str(int(time.time()) + 40)},
        "reset": {"X-RateLimit-Reset": str(int(time.time()) + 40)},
    }.get(form)
    if headers is None:  # the limit against abuse
        return Reply(429, b"Too Many Requests (HAP429)", {"Content-Type": "text/plain", "X-RateLimit-Reset": ""})
    return as_json(body, 429, **{"X-RateLimit-Reset": "", **headers})
