"""Requests as a Docker client sends them, and the answer of the policy, for the tests here."""

import json
from collections.abc import Mapping
from typing import Any

from hosts.policy import (
    Decision,
    Named,
    Options,
    Ownership,
    Policy,
    Resource,
    Unclear,
    decide,
    names_of,
    request_parse,
)

USER = "7"
SHARED = Ownership(team="harbour", shared=True, projects=frozenset({"shop"}))

PLAIN: dict[str, Any] = {"HostConfig": {"NetworkMode": "default"}, "Mounts": []}
PRIVILEGED: dict[str, Any] = {"HostConfig": {"Privileged": True}, "Mounts": []}
HOST_NETWORK: dict[str, Any] = {"HostConfig": {"NetworkMode": "host"}, "Mounts": []}
ROOT_BOUND: dict[str, Any] = {"HostConfig": {}, "Mounts": [{"Type": "bind", "Source": "/"}]}

WORLD: dict[tuple[str, str], Resource] = {
    ("container", "own"): Resource(document=PLAIN),
    ("container", "powerful"): Resource(document=PRIVILEGED),
    ("container", "hostnet"): Resource(document=HOST_NETWORK),
    ("container", "rooted"): Resource(document=ROOT_BOUND),
    ("container", "theirs"): Resource(ours=False, document=PLAIN),
    ("volume", "data"): Resource(document={"Driver": "local", "Options": None}),
    ("volume", "hidden"): Resource(
        document={"Driver": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}
    ),
    ("volume", "theirs"): Resource(ours=False, document={"Driver": "local"}),
    ("network", "host"): Resource(document={"Driver": "host"}),
    ("network", "front"): Resource(document={"Driver": "bridge"}),
    ("network", "5e1f" * 16): Resource(document={"Driver": "host"}),
    ("network", "theirs"): Resource(ours=False, document={"Driver": "bridge"}),
    ("exec", "mine"): Resource(user=USER),
    ("exec", "another"): Resource(user="8"),
    ("exec", "theirs"): Resource(ours=False, user="9"),
    ("service", "web"): Resource(
        document={
            "PreviousSpec": {
                "TaskTemplate": {"ContainerSpec": {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/h"}]}}
            }
        }
    ),
    ("service", "theirs"): Resource(ours=False, document={}),
    ("secret", "own"): Resource(),
    ("secret", "theirs"): Resource(ours=False),
    ("config", "theirs"): Resource(ours=False),
    ("task", "theirs"): Resource(ours=False),
}


def look_up(wanted: tuple[Named, ...]) -> Mapping[tuple[str, str], Resource]:
    """What the gateway would find of what a request names; a document only where it was asked for."""
    found = {}
    for one in wanted:
        known = WORLD.get((one.kind, one.name), Resource(exists=False, ours=False))
        found[one.kind, one.name] = (
            known if one.inspect else Resource(exists=known.exists, ours=known.ours, user=known.user)
        )
    return found


def ask(
    method: str,
    target: str,
    body: Any = b"",
    *,
    role: str = "deployer",
    options: Options | None = None,
    ownership: Ownership | None = None,
    content_type: str = "application/json",
) -> Decision:
    """The decision about one request, from its bytes. body: bytes as they are, None for a stream, else made JSON."""
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    policy = Policy(team=options or Options(), ownership=ownership or Ownership())
    try:
        request = request_parse(method=method, target=target, body=raw, content_type=content_type, user=USER)
        resources = look_up(names_of(request, role=role, policy=policy))
    except Unclear as unclear:
        finding = unclear.finding
        return Decision(False, finding.rule, finding.message, finding.status)
    return decide(role=role, policy=policy, request=request, resources=resources)


def create(host: Mapping[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """A create body."""
    return {"Image": "busybox:1", **config, "HostConfig": dict(host or {})}


def service(spec: Mapping[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """A service's spec."""
    return {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "busybox:1", **(spec or {})}, **task}}
