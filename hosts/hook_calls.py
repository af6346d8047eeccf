"""Calls of webhooks in: who sends them, whether they are proven, and what they ask for. Pure.

What a body claims of digests or commits is never believed: it says where to look, and the portal looks itself.
Docker Hub signs nothing, so the secret is in the address; GitHub, Gitea and Forgejo sign the body, GitLab sends the
secret in a header, the registry (distribution) in `Authorization` when it is told to.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

IMAGES, PUSH, ANY, NOTHING = "images", "push", "any", "nothing"
HUB, REGISTRY, GITHUB, GITLAB, GITEA, PLAIN = "docker-hub", "registry", "github", "gitlab", "gitea", "plain"
MOST_IMAGES = 100
MOST_EVENTS = 2000
_SIGNATURES = ("x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature")
_TOKENS = ("x-gitlab-token", "authorization")
_PACKAGES = {"package", "registry_package"}


class CallUnreadable(ValueError):
    """A body that is not what it says; the message is a sentence with what to do."""


@dataclass(frozen=True)
class Wish:
    """What a call asks for.

    kind: IMAGES (look at these), PUSH (of the git source), ANY (look at everything) or NOTHING (it only says hello).
    images: (repository, tag) without a registry's name; tag "" for all of them. ref: "refs/heads/main".
    commit: as the sender says, for the log alone.
    """

    kind: str
    images: tuple[tuple[str, str], ...] = ()
    ref: str = ""
    commit: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "images": [list(one) for one in self.images], "ref": self.ref, "commit": self.commit}


def wish_from(stored: Mapping[str, Any]) -> Wish:
    """The other way round."""
    images = tuple((str(one[0]), str(one[1])) for one in stored.get("images", ()))
    return Wish(stored.get("kind", NOTHING), images, stored.get("ref", ""), stored.get("commit", ""))


def is_proven(*, secret: str, given: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the caller knows the secret. given: the one in the address, "" when there is none.

    headers: with lower-case names. A signature that is there must be right, also beside a right address.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    signed = [headers[name].removeprefix("sha256=") for name in _SIGNATURES if headers.get(name)]
    if signed:
        return all(_same(one, digest) for one in signed) and (not given or _same(given, secret))
    if given:
        return _same(given, secret)
    tokens = [headers[name].removeprefix("Bearer ").strip() for name in _TOKENS if headers.get(name)]
    return bool(tokens) and _same(tokens[0], secret)


def read_call(*, headers: Mapping[str, str], body: bytes) -> tuple[str, Wish]:
    """(sender, wish). Raises CallUnreadable for a body that is neither empty nor a JSON object."""
    told = _json(headers, body)
    github = headers.get("x-github-event", "")
    if event := headers.get("x-gitea-event") or headers.get("x-forgejo-event", ""):
        return GITEA, _push(told) if event == "push" else Wish(NOTHING)
    if event := headers.get("x-gitlab-event", ""):
        return GITLAB, _push(told) if event in {"Push Hook", "Tag Push Hook"} else Wish(NOTHING)
    if github:
        return GITHUB, _github(github, told)
    if "push_data" in told:
        return HUB, _hub(told)
    if isinstance(told.get("events"), list):
        return REGISTRY, _registry(told["events"])
    if isinstance(told.get("target"), dict) and "action" in told:  # Azure Container Registry sends one at a time
        return REGISTRY, _registry([told])
    return PLAIN, Wish(ANY)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _json(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """GitHub can also send a form with the JSON in its field `payload`."""
    try:
        text = body.decode()
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            text = next(iter(parse_qs(text, max_num_fields=10).get("payload", [])), "")
        told = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise CallUnreadable(_("The body is not JSON. Send what the registry or git server sends, or none.")) from error
    if not isinstance(told, dict):
        raise CallUnreadable(_("The body is JSON, but not an object. Send what the registry sends, or no body."))
    return told


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _text(told: Mapping[str, Any], name: str, most: int = 255) -> str:
    found = told.get(name)
    return found[:most] if isinstance(found, str) else ""


def _images(named: list[tuple[str, str]]) -> Wish:
    found = tuple(dict.fromkeys((repository, tag) for repository, tag in named if repository))
    return Wish(IMAGES, found[:MOST_IMAGES]) if found else Wish(NOTHING)


def _hub(told: Mapping[str, Any]) -> Wish:
    """{"push_data": {"tag"}, "repository": {"repo_name": "owner/name"}}. [Docker Hub webhooks]"""
    name = _text(_part(told, "repository"), "repo_name")
    if name and "/" not in name:
        name = f"library/{name}"
    return _images([(name, _text(_part(told, "push_data"), "tag", 128))])


def _registry(events: list[Any]) -> Wish:
    """Pushes of a tag; blobs, pulls and the manifests of single platforms need no look. [distribution notifications]"""
    named = []
    for event in events[:MOST_EVENTS]:
        if not isinstance(event, dict) or event.get("action") != "push":
            continue
        target = _part(event, "target")
        if tag := _text(target, "tag", 128):
            named.append((_text(target, "repository"), tag))
    return _images(named)


def _github(event: str, told: Mapping[str, Any]) -> Wish:
    if event == "push":
        return _push(told)
    package = _part(told, event)
    if event not in _PACKAGES or _text(package, "package_type").upper() != "CONTAINER":
        return Wish(NOTHING)
    name = f"{_text(package, 'namespace')}/{_text(package, 'name')}".lower()
    tag = _text(_part(_part(_part(package, "package_version"), "container_metadata"), "tag"), "name", 128)
    return _images([(name, tag)])


def _push(told: Mapping[str, Any]) -> Wish:
    return Wish(PUSH, ref=_text(told, "ref"), commit=_text(told, "after", 64))
