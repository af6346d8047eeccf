"""Whether the rules allow a request of the Engine API as a Docker client makes it. Pure.

Reading is free but for what `commands.allowed` names. What writes and is not in the table below is refused, so that a
newer engine opens nothing by surprise. [Engine API 1.24 to 1.56; versions below 1.24 let a start change a container]
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from .judge import (
    action_check,
    container_check,
    count_check,
    host_check,
    image_check,
    limits_check,
    network_check,
    volume_check,
)
from .paths import HERE, Place
from .reading import Unreadable, body_of, canonical, query_of
from .refusal import Body, Refusal, Refused, part
from .rules import RULE, Rules
from .services import service_check

Query = Mapping[str, str]
FORM = "application/x-www-form-urlencoded"
_VERSION = re.compile(r"^/v\d+(\.\d+)?(?=/)")


def _rows(table: str) -> tuple[tuple[str, "re.Pattern[str]", str], ...]:
    rows = []
    for line in table.strip().splitlines():
        method, pattern, word = line.split()
        pattern = pattern.replace("ID", "[^/]+").replace("NAME", ".+")
        rows.append((method, re.compile(f"{pattern}/?$"), word))
    return tuple(rows)


# method, path (ID: one part, NAME: one or more), the word of the action; "read" needs no word.
TABLE = _rows("""
POST /containers/create create
POST /containers/prune prune
POST /containers/ID/(start|stop|restart|kill|pause|unpause|rename|update) =
POST /containers/ID/attach attach
GET /containers/ID/attach/ws attach
POST /containers/ID/(wait|resize) read
POST /containers/ID/exec exec
POST /exec/ID/start exec
POST /exec/ID/resize read
PUT /containers/ID/archive copy_in
POST /containers/ID/copy read
DELETE /containers/ID remove
POST /commit commit
POST /images/create pull
POST /images/load load
POST /images/prune prune
POST /images/NAME/push push
POST /images/NAME/tag tag
DELETE /images/NAME image_remove
POST /build build
POST /build/prune prune
POST /build/cancel build
POST /session build
POST /grpc build
POST /networks/create network_create
POST /networks/prune prune
POST /networks/NAME/connect network_connect
POST /networks/NAME/disconnect network_disconnect
DELETE /networks/NAME network_remove
POST /volumes/create volume_create
POST /volumes/prune prune
PUT /volumes/NAME volume_update
DELETE /volumes/NAME volume_remove
POST /auth sign_in
POST /swarm(/.+)? swarm
POST /services(/.+)? swarm
DELETE /services/NAME swarm
POST /nodes/.+ swarm
DELETE /nodes/NAME swarm
POST /secrets(/.+)? swarm
DELETE /secrets/NAME swarm
POST /configs(/.+)? swarm
DELETE /configs/NAME swarm
POST /plugins(/.+)? plugins
DELETE /plugins/NAME plugins
""")


def decide_request(
    rules: Rules,
    method: str,
    path: str,
    query: Query | str = "",
    body: bytes | Body | None = None,
    place: Place = HERE,
    *,
    content_type: str = "",
    containers: int = 0,
) -> Refusal | None:
    """Why the owner does not allow the request; None: it is allowed.

    path, query: as sent, still quoted. body: needed where `reads_body` says so; what is forwarded must be these very
    bytes, and one request alone. content_type: of the request; the engine lets a form in the body override the query.
    containers: how many the host has.
    """
    try:
        asked = query_of(query) if isinstance(query, str) else query
        if content_type.partition(";")[0].strip().lower() == FORM:
            raise Unreadable("its body is a form, which would count before its query")
        _request(rules, method.upper(), _plain(path), asked, body, place, containers)
    except Refused as refused:
        return refused.refusal
    except Unreadable as error:
        return Refusal(RULE["allowed"], f"The request cannot be judged: {error}")
    return None


def reads_body(method: str, path: str) -> bool:
    """Whether the decision needs the request's body (all of these are small JSON)."""
    if method.upper() != "POST":
        return False
    return bool(_JUDGED.search(_plain(path)))


_JUDGED = re.compile(
    r"^/(containers/create|containers/[^/]+/(start|update|exec)|volumes/create|networks/create"
    r"|services/create|services/.+/update)/?$"
)


def action_of(method: str, path: str) -> str:
    """The word of a request: of ACTIONS, "read", or "" for a change that is not known."""
    plain = _plain(path)
    for known, pattern, word in TABLE:
        if known == method.upper() and (found := pattern.fullmatch(plain)):
            return found[1] if word == "=" else word
    return "read" if method.upper() in {"GET", "HEAD", "OPTIONS"} else ""


def _plain(path: str) -> str:
    """Unquoted, without the version, and without doubled separators, which some routers forgive."""
    return _VERSION.sub("", re.sub(r"/{2,}", "/", unquote(path)))


def _request(
    rules: Rules, method: str, path: str, query: Query, raw: bytes | Body | None, place: Place, there: int
) -> None:
    word = action_of(method, path)
    if ".." in path.split("/"):
        raise Refused("allowed", f"The path {path} was asked for")
    if not word:
        raise Refused("allowed", f"{method} {path} is not known to this agent")
    if word == "read":
        return
    if word == "pull" and query.get("fromSrc"):
        word = "load"
    action_check(rules, word)
    body = _decoded(raw) if reads_body(method, path) else {}
    match word:
        case "create":
            container_check(rules, body, place)
            count_check(rules, there, 1)
        case "start":
            _start(rules, query, body, place)
        case "update":
            limits_check(rules, body, "The container", change=True)
        case "exec" if body.get("Privileged") and not rules.privileged:
            raise Refused("privileged", "The program inside the container wants to be privileged")
        case "pull":
            image_check(rules, query.get("fromImage", ""))
        case "build":
            _build(rules, path, query)
        case "network_create":
            network_check(rules, body)
        case "volume_create":
            volume_check(rules, body, place)
        case "swarm" if path.startswith("/services/"):
            service_check(rules, body, place)


def _start(rules: Rules, query: Query, body: Body, place: Place) -> None:
    if query.get("checkpoint-dir"):
        raise Refused("bind_roots", "The container wants a checkpoint from a folder of the host")
    if body:
        host_check(rules, body, place, "The container")
        limits_check(rules, body, "The container", change=True)


def _build(rules: Rules, path: str, query: Query) -> None:
    if query.get("remote") and not rules.build_remote:
        raise Refused("build_remote", "An image was to be built from an address")
    wants_network = query.get("networkmode") == "host" or path.startswith("/grpc")
    if wants_network and "network" not in rules.host_namespaces:
        raise Refused("host_namespaces", "The build may use the host's own network namespace")
    if query.get("cgroupparent"):
        raise Refused("maximum_memory", "The build wants a control group of its own")


def _decoded(raw: bytes | Body | None) -> Body:
    """The body as the engine reads it. Raises Unreadable."""
    if raw is None:
        return {}
    return part({"body": canonical(raw)}, "body") if isinstance(raw, Mapping) else body_of(raw)
