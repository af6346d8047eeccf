"""A list of templates that somebody publishes, on a loopback port."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

WEB: dict[str, Any] = {
    "type": 1,
    "title": "Web server",
    "description": "A web server.",
    "note": "Open <b>the page</b>.<script>alert(1)</script>",
    "categories": ["Web servers", "docker"],
    "platform": "linux",
    "logo": "https://logos.example/web.png",
    "image": "nginx:1.27",
    "ports": ["8080:80/tcp"],
    "volumes": [{"container": "/data"}, {"container": "/etc/site", "bind": "/srv/site", "readonly": True}],
    "restart_policy": "unless-stopped",
    "labels": [{"name": "owner", "value": "us$"}],
    "privileged": True,
    "env": [
        {"name": "SIZE", "label": "Size", "description": "How big.", "select": [
            {"text": "Small", "value": "s", "default": True}, {"text": "Large", "value": "l"}]},
        {"name": "ADMIN_PASSWORD", "label": "Password of the administrator"},
        {"name": "MODE", "preset": True, "default": "fixed"},
        {"name": "HTTP_PORT", "label": "Port", "default": "8081"},
    ],
}  # fmt: skip
STACK: dict[str, Any] = {
    "type": 3,
    "title": "A stack",
    "description": "From git.",
    "platform": "linux",
    "repository": {"url": "https://git.example/acme/stacks", "stackfile": "one/docker-compose.yml"},
    "env": [{"name": "TAG", "default": "2"}],
}


def listing(*templates: dict[str, Any], version: str = "3") -> str:
    """The text of a list."""
    return json.dumps({"version": version, "templates": templates})


@dataclass
class Publisher:
    """What is published. body: served while `status` is 200. asked: headers of every request."""

    body: bytes = b""
    status: int = 200
    etag: str = '"one"'
    location: str = ""
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    def publish(self, *templates: dict[str, Any], version: str = "3") -> None:
        """Another list, with another ETag."""
        self.body = listing(*templates, version=version).encode()
        self.etag = f'"{hash(self.body)}"'


@pytest.fixture
def publisher(settings: Settings) -> Iterator[Publisher]:
    """Served over plain http on loopback, which is allowed for the test."""
    settings.LISTS_PRIVATE = True
    found = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append({key.lower(): value for key, value in self.headers.items()})
            same = self.headers.get("If-None-Match") == found.etag
            self.send_response(304 if same else found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("ETag", found.etag)
            self.send_header("Content-Length", "0" if same else str(len(found.body)))
            self.end_headers()
            if not same:
                try:
                    self.wfile.write(found.body)
                except OSError:
                    return  # the reader has had enough

        def log_message(self, *_words: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/templates.json"
    found.publish(WEB, STACK)
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
