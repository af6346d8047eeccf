"""Images: from which registries, and what a build may use."""

import json
import re
from typing import Any

from ..documents import given
from ..options import allows
from ..types import Findings, Request, Scope, Unclear
from .limits import cgroup_parent
from .namespaces import network_mode

HUB = "docker.io"
IMAGE_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")
BUILD_FREE = frozenset(
    (
        *("dockerfile", "t", "q", "nocache", "cachefrom", "pull", "rm", "forcerm", "memory", "memswap", "cpushares"),
        *("cpusetcpus", "cpusetmems", "cpuperiod", "cpuquota", "buildargs", "shmsize", "squash", "labels", "platform"),
        *("target", "buildid", "isolation", "session", "version", "outputs", "extrahosts"),
    )
)


def registry_of(reference: str) -> str:
    """The registry's host name in an image reference; "docker.io" when it names none. [distribution/reference]"""
    head, sign, _rest = reference.partition("/")
    if sign and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        return HUB if head in ("index.docker.io", "docker.io", "registry-1.docker.io") else head
    return HUB


def image(scope: Scope, value: Any, where: str) -> Findings:
    if not given(value):
        return
    if not isinstance(value, str):
        raise Unclear("json-shape", f"{where} is not a text.")
    if IMAGE_ID.fullmatch(value):
        return  # an id names what is on the host already
    yield from registry(scope, registry_of(value), where)


def registry(scope: Scope, host: str, where: str) -> Findings:
    yield from scope.forbid("registry", f"{where} is of the registry {host[:80]}", lambda o: allows(o.registries, host))


def any_registry(scope: Scope, what: str) -> Findings:
    """Images that come from no registry are for those whom no list binds."""
    yield from scope.forbid("registry", f"{what} brings an image of no registry", lambda o: "*" in o.registries)


def pull(scope: Scope, request: Request, name: str) -> Findings:
    source = request.first("fromSrc")
    if request.first("fromImage"):
        yield from registry(scope, registry_of(request.first("fromImage")), "The image")
    elif source == "-":
        yield from any_registry(scope, "The import")
    else:
        yield from scope.forbid_always("import-from-address", "The engine would fetch an address")


def load(scope: Scope, request: Request, name: str) -> Findings:
    yield from any_registry(scope, "The archive")


def push(scope: Scope, request: Request, name: str) -> Findings:
    yield from registry(scope, registry_of(name), "The image")


def credentials(scope: Scope, request: Request, name: str) -> Findings:
    """POST /auth makes the engine call the address."""
    from ..documents import Struct

    address = Struct(request.body, "auth").text("serveraddress")
    host = re.sub(r"^https?://", "", address).split("/")[0] or HUB
    if host.endswith("index.docker.io"):
        host = HUB
    yield from registry(scope, host, "The address")


def distribution(scope: Scope, request: Request, name: str) -> Findings:
    yield from registry(scope, registry_of(name), "The image")


def build(scope: Scope, request: Request, name: str) -> Findings:
    """The classic builder's parameters; BuildKit is allowed or not as a whole."""
    yield from scope.forbid("build", "Building images", lambda o: o.build)
    if request.first("version") not in ("", "1") or request.first("session"):
        yield from buildkit(scope, request, name)
    if given(request.first("outputs")):
        yield from scope.forbid("build-outputs", "outputs writes elsewhere", lambda o: o.buildkit)
    if request.first("remote") not in ("", "client-session"):
        yield from scope.forbid("build-remote", "remote makes the engine fetch an address", lambda o: o.build_remote)
    mode = request.first("networkmode")
    if mode not in ("", "default", "bridge", "none", "nat"):
        yield from network_mode(scope, mode, "networkmode")
    if request.first("cgroupparent"):
        yield from cgroup_parent(scope, request.first("cgroupparent"), "cgroupparent")
    if _list(request.first("ulimits")):
        yield from scope.forbid_always("build-ulimit", "ulimits: a build runs with the engine's own limits")
    if _list(request.first("securityopt")):
        yield from scope.forbid_always("build-security", "securityopt: a build keeps the engine's own profile")
    known = BUILD_FREE | {"remote", "networkmode", "cgroupparent", "ulimits", "securityopt"}
    for parameter in request.query:
        if parameter not in known and given(request.first(parameter)):
            yield from scope.forbid_always(
                "build-parameter", f"{parameter[:40]} is not a parameter that the policy knows"
            )
    yield from _build_limits(scope, request)


def _build_limits(scope: Scope, request: Request) -> Findings:
    text = request.first("memory")
    memory = int(text) if text.isascii() and text.isdigit() else 0
    if memory:
        yield from scope.forbid(
            "maximum-memory", "memory is beyond the limit", lambda o: not o.maximum_memory or memory <= o.maximum_memory
        )


def buildkit(scope: Scope, request: Request, name: str) -> Findings:
    yield from scope.forbid(
        "buildkit", "BuildKit's own connection can use host network, secrets and SSH unseen", lambda o: o.buildkit
    )


def _list(text: str) -> bool:
    """Whether a JSON list in the query holds something; what is no JSON counts as something."""
    if text in ("", "null", "[]"):
        return False
    try:
        return bool(json.loads(text))
    except ValueError:
        return True


def tag(scope: Scope, request: Request, name: str) -> Findings:
    """A tag moves for everybody who uses the host; on a shared one only the team's own registries may be named."""
    yield from image(scope, request.first("repo"), "The tag")


def remove(scope: Scope, request: Request, name: str) -> Findings:
    """Images belong to nobody: on a host of several teams a deployer leaves them."""
    if scope.shared:
        yield from scope.forbid_always("images-shared", "The host is used by several teams: removing an image")
