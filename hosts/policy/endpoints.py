"""Every endpoint of the Engine API, and what it needs. What is not here is denied to everybody.

A row: method, path, name, role, and what its path names. `control`: whoever may do it has the rights of the container,
so these have to be within the policy. `check`: what the query and the body may ask for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .checks import containers, images, networks, services
from .types import ADMIN, DEPLOYER, VIEWER, Findings, Request, Scope

EndpointCheck = Callable[[Scope, Request, str], Findings]


@dataclass(frozen=True)
class Endpoint:
    """One row. kind: what `{...}` in the path names, "" when ownership does not matter."""

    method: str
    path: str
    name: str
    role: str
    kind: str = ""
    check: EndpointCheck | None = None
    control: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """Ids hold no slash; names of images and plugins do. [moby api/server/router]"""
        wide = self.path.startswith(("/images/", "/plugins/", "/distribution/"))
        inner = r"(?P<name>.+)" if wide else r"(?P<name>[^/]+)"
        return re.compile(re.sub(r"\\\{\w+\\\}", lambda _found: inner, re.escape(self.path)))


def _rows(kind: str, role: str, *rows: tuple[str, str, str]) -> list[Endpoint]:
    return [Endpoint(method, path, name, role, kind if "{" in path else "") for method, path, name in rows]


V, D, A = VIEWER, DEPLOYER, ADMIN
ENDPOINTS: tuple[Endpoint, ...] = (
    *_rows(
        "",
        V,
        ("GET", "/_ping", "ping"),
        ("HEAD", "/_ping", "ping"),
        ("GET", "/version", "version"),
        ("GET", "/info", "info"),
        ("GET", "/events", "events"),
        ("GET", "/system/df", "system.df"),
        ("GET", "/containers/json", "containers.list"),
        ("GET", "/images/json", "images.list"),
        ("GET", "/images/search", "images.search"),
        ("GET", "/images/{name}/json", "images.inspect"),
        ("GET", "/images/{name}/history", "images.history"),
        ("GET", "/images/{name}/attestations", "images.attestations"),
        ("GET", "/networks", "networks.list"),
        ("GET", "/volumes", "volumes.list"),
        ("GET", "/services", "services.list"),
        ("GET", "/tasks", "tasks.list"),
        ("GET", "/nodes", "nodes.list"),
        ("GET", "/nodes/{id}", "nodes.inspect"),
        ("GET", "/secrets", "secrets.list"),
        ("GET", "/plugins", "plugins.list"),
        ("GET", "/plugins/{name}/json", "plugins.inspect"),
    ),
    *_rows(
        "container",
        V,
        ("GET", "/containers/{id}/json", "containers.inspect"),
        ("GET", "/containers/{id}/top", "containers.top"),
        ("GET", "/containers/{id}/logs", "containers.logs"),
        ("GET", "/containers/{id}/changes", "containers.changes"),
        ("GET", "/containers/{id}/stats", "containers.stats"),
        ("POST", "/containers/{id}/wait", "containers.wait"),
    ),
    *_rows("network", V, ("GET", "/networks/{id}", "networks.inspect")),
    *_rows("volume", V, ("GET", "/volumes/{name}", "volumes.inspect")),
    *_rows(
        "service",
        V,
        ("GET", "/services/{id}", "services.inspect"),
        ("GET", "/services/{id}/logs", "services.logs"),
    ),
    *_rows("task", V, ("GET", "/tasks/{id}", "tasks.inspect"), ("GET", "/tasks/{id}/logs", "tasks.logs")),
    *_rows("secret", V, ("GET", "/secrets/{id}", "secrets.inspect")),  # never with its data
    *_rows("exec", V, ("GET", "/exec/{id}/json", "exec.inspect")),
    *_rows(
        "container",
        D,
        ("POST", "/containers/{id}/resize", "containers.resize"),
        ("POST", "/containers/{id}/stop", "containers.stop"),
        ("POST", "/containers/{id}/restart", "containers.restart"),
        ("POST", "/containers/{id}/kill", "containers.kill"),
        ("POST", "/containers/{id}/rename", "containers.rename"),
        ("POST", "/containers/{id}/pause", "containers.pause"),
        ("POST", "/containers/{id}/unpause", "containers.unpause"),
        ("DELETE", "/containers/{id}", "containers.remove"),
    ),
    Endpoint("POST", "/containers/create", "containers.create", D, check=containers.create),
    Endpoint("POST", "/containers/prune", "containers.prune", D, check=networks.prune),
    Endpoint("POST", "/containers/{id}/start", "containers.start", D, "container", containers.start),
    Endpoint("POST", "/containers/{id}/update", "containers.update", D, "container", containers.update, control=True),
    Endpoint("POST", "/containers/{id}/exec", "exec.create", D, "container", containers.exec_create, control=True),
    Endpoint("POST", "/containers/{id}/attach", "containers.attach", D, "container", control=True),
    Endpoint("GET", "/containers/{id}/attach/ws", "containers.attach-ws", D, "container", control=True),
    Endpoint("GET", "/containers/{id}/export", "containers.export", D, "container", control=True),
    Endpoint("GET", "/containers/{id}/archive", "containers.copy-out", D, "container", control=True),
    Endpoint("HEAD", "/containers/{id}/archive", "containers.copy-out", D, "container", control=True),
    Endpoint("PUT", "/containers/{id}/archive", "containers.copy-in", D, "container", control=True),
    Endpoint("POST", "/exec/{id}/start", "exec.start", D, "exec"),
    Endpoint("POST", "/exec/{id}/resize", "exec.resize", D, "exec"),
    Endpoint("POST", "/commit", "containers.commit", D, check=containers.commit),
    Endpoint("POST", "/build", "build", D, check=images.build),
    Endpoint("POST", "/build/prune", "build.prune", D, check=networks.prune),
    Endpoint("POST", "/build/cancel", "build.cancel", D),
    Endpoint("POST", "/session", "session", D, check=images.buildkit),
    Endpoint("POST", "/grpc", "grpc", D, check=images.buildkit),
    Endpoint("POST", "/auth", "auth", D, check=images.credentials),
    Endpoint("GET", "/distribution/{name}/json", "distribution", D, check=images.distribution),
    Endpoint("GET", "/images/get", "images.save", D),
    Endpoint("GET", "/images/{name}/get", "images.save", D),
    Endpoint("POST", "/images/create", "images.pull", D, check=images.pull),
    Endpoint("POST", "/images/load", "images.load", D, check=images.load),
    Endpoint("POST", "/images/prune", "images.prune", D, check=networks.prune),
    Endpoint("POST", "/images/{name}/push", "images.push", D, check=images.push),
    Endpoint("POST", "/images/{name}/tag", "images.tag", D, check=images.tag),
    Endpoint("DELETE", "/images/{name}", "images.remove", D, check=images.remove),
    Endpoint("POST", "/networks/create", "networks.create", D, check=networks.network_create),
    Endpoint("POST", "/networks/prune", "networks.prune", D, check=networks.prune),
    Endpoint("POST", "/networks/{id}/connect", "networks.connect", D, "network", networks.connect),
    Endpoint("POST", "/networks/{id}/disconnect", "networks.disconnect", D, "network", networks.disconnect),
    Endpoint("DELETE", "/networks/{id}", "networks.remove", D, "network"),
    Endpoint("POST", "/volumes/create", "volumes.create", D, check=networks.volume_create),
    Endpoint("POST", "/volumes/prune", "volumes.prune", D, check=networks.prune),
    Endpoint("DELETE", "/volumes/{name}", "volumes.remove", D, "volume"),
    Endpoint("PUT", "/volumes/{name}", "volumes.update", A, "volume"),  # cluster volumes alone
    Endpoint("POST", "/services/create", "services.create", D, check=services.create),
    Endpoint("POST", "/services/{id}/update", "services.update", D, "service", services.update),
    Endpoint("DELETE", "/services/{id}", "services.remove", D, "service"),
    Endpoint("POST", "/secrets/create", "secrets.create", D, check=services.labelled),
    Endpoint("POST", "/secrets/{id}/update", "secrets.update", D, "secret", services.labelled),
    Endpoint("DELETE", "/secrets/{id}", "secrets.remove", D, "secret"),
    Endpoint("GET", "/configs", "configs.list", D),  # with their data
    Endpoint("GET", "/configs/{id}", "configs.inspect", D, "config"),
    Endpoint("POST", "/configs/create", "configs.create", D, check=services.labelled),
    Endpoint("POST", "/configs/{id}/update", "configs.update", D, "config", services.labelled),
    Endpoint("DELETE", "/configs/{id}", "configs.remove", D, "config"),
    *_rows(
        "",
        A,
        ("GET", "/plugins/privileges", "plugins.privileges"),
        ("POST", "/plugins/pull", "plugins.install"),
        ("POST", "/plugins/create", "plugins.create"),
        ("POST", "/plugins/{name}/enable", "plugins.enable"),
        ("POST", "/plugins/{name}/disable", "plugins.disable"),
        ("POST", "/plugins/{name}/upgrade", "plugins.upgrade"),
        ("POST", "/plugins/{name}/push", "plugins.push"),
        ("POST", "/plugins/{name}/set", "plugins.set"),
        ("DELETE", "/plugins/{name}", "plugins.remove"),
        ("GET", "/swarm", "swarm.inspect"),  # with the tokens to join
        ("GET", "/swarm/unlockkey", "swarm.unlock-key"),
        ("POST", "/swarm/init", "swarm.init"),
        ("POST", "/swarm/join", "swarm.join"),
        ("POST", "/swarm/leave", "swarm.leave"),
        ("POST", "/swarm/unlock", "swarm.unlock"),
        ("POST", "/swarm/update", "swarm.update"),
        ("POST", "/nodes/{id}/update", "nodes.update"),
        ("DELETE", "/nodes/{id}", "nodes.remove"),
    ),
)
_PATTERNS = tuple((one.method, one.pattern, one) for one in ENDPOINTS if "{" in one.path)
_PLAIN = {(one.method, one.path): one for one in ENDPOINTS if "{" not in one.path}


def endpoint_find(method: str, path: str) -> tuple[Endpoint, str] | None:
    """The row of a request, and what its path names ("" when nothing). None: unknown."""
    if row := _PLAIN.get((method, path)):
        return row, ""
    for its_method, pattern, row in _PATTERNS:
        if its_method == method and (found := pattern.fullmatch(path)):
            return row, found["name"]
    return None


STREAMS = frozenset(
    (
        *("build", "images.load", "images.pull", "images.push", "containers.copy-in", "containers.attach", "session"),
        *("grpc", "plugins.create"),
    )
)
"""Endpoints whose body is not JSON: it is passed on unread."""


def body_wanted(method: str, path: str) -> bool:
    """Whether the body of this request has to be read whole (JSON, small) before it can be judged.

    path: as in a Request. An unknown endpoint's need not.
    """
    found = endpoint_find(method, path)
    return found is not None and method in ("POST", "PUT") and found[0].name not in STREAMS
