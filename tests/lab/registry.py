"""A private registry with given images, on a loopback port, which engines may use without TLS."""

import json
import re
import urllib.error
import urllib.request
from typing import Self

from .engine import Engine
from .part import Part
from .parts import LabError, program
from .ports import free_port
from .processes import Server

CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
GUARD = """\
auth: {{htpasswd: {{realm: lab, path: {path}}}}}
"""
NOTIFICATIONS = """\
notifications:
  endpoints:
    - name: told
      url: {url}
      headers: {{Authorization: ["Bearer {secret}"]}}
      timeout: 5s
      threshold: 3
      backoff: 1s
      ignore: {{actions: [pull]}}
"""


class Registry(Part):
    """A running docker-registry. `netloc` begins image references, `url` is for PIERHEAD_REGISTRY_URL."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__("r")
        self.netloc = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.netloc}"
        self._server: Server | None = None
        self.tell()

    def tell(self, url: str = "", secret: str = "") -> None:
        """Notify `url` of pushes, with `secret` as a bearer token, from the next start on; "": nobody."""
        config = CONFIG.format(storage=self.folder / "storage", port=self.port)
        config += NOTIFICATIONS.format(url=url, secret=secret) if url else ""
        (self.folder / "config.yml").write_text(config, encoding="ascii")

    def start(self) -> Self:
        """Serve what is stored; returns when it answers."""
        command = [program("docker-registry"), "serve", str(self.folder / "config.yml")]
        self._server = Server(command, log=self.folder / "registry.log")
        self._server.wait_ready(self._answers, seconds=20)
        return self

    def guard(self, line: str) -> None:
        """From now on let in only who is in `line`, as htpasswd -B writes it ("robot:$2y$..."); starts it again."""
        self.halt()
        path = self.folder / "htpasswd"
        path.write_text(f"{line}\n", encoding="ascii")
        with (self.folder / "config.yml").open("a", encoding="ascii") as config:
            config.write(GUARD.format(path=path))
        self.start()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/v2/", timeout=2) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            return error.code == 401
        except (urllib.error.URLError, OSError):
            return False

    def push(self, engine: Engine, image: str, name: str | None = None) -> str:
        """Push an engine's image as `name` (default: its own name and tag) and return the full reference."""
        reference = f"{self.netloc}/{name or image}"
        engine.docker("tag", image, reference)
        engine.docker("push", reference, timeout=120)
        engine.docker("rmi", reference)
        return reference

    def digest(self, name: str) -> str:
        """The manifest digest of `repository:tag`. Raises LabError when there is none."""
        repository, _, tag = name.removeprefix(f"{self.netloc}/").partition(":")
        request = urllib.request.Request(f"{self.url}/v2/{repository}/manifests/{tag or 'latest'}", method="HEAD")
        request.add_header("Accept", "application/vnd.docker.distribution.manifest.v2+json")
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return str(response.headers["Docker-Content-Digest"])
        except urllib.error.HTTPError as error:
            with error:
                raise LabError(f"{name} is not in the registry: {error}") from None

    def repositories(self) -> list[str]:
        """Names of what is stored."""
        with urllib.request.urlopen(f"{self.url}/v2/_catalog", timeout=5) as response:
            found: list[str] = json.load(response)["repositories"]
            return found

    def tags(self, repository: str) -> list[str]:
        """Tags of a repository, sorted."""
        if not re.fullmatch(r"[a-z0-9._/-]+", repository):
            raise LabError(f"{repository!r} is no repository name")
        with urllib.request.urlopen(f"{self.url}/v2/{repository}/tags/list", timeout=5) as response:
            return sorted(json.load(response)["tags"] or [])

    def halt(self) -> None:
        """Stop serving and keep what is stored, to `start` again."""
        if self._server is not None:
            self._server.stop(seconds=5)
            self._server = None


def start_registry() -> Registry:
    """One empty registry, running."""
    return Registry().started()
