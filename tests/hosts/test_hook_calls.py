"""Calls of webhooks in, as their senders make them: who sends, what is asked for, and what counts as proof."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from hosts.hook_calls import (
    ANY,
    GITEA,
    GITHUB,
    GITLAB,
    HUB,
    IMAGES,
    MOST_IMAGES,
    NOTHING,
    PLAIN,
    PUSH,
    REGISTRY,
    CallUnreadable,
    Wish,
    is_proven,
    read_call,
    wish_from,
)

SECRET = "a secret of the hook"
ENVELOPE = "application/vnd.docker.distribution.events.v1+json"
HUB_CALL = {
    "callback_url": "https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5bi5i5b02bec211i4eeih0242eg/",
    "push_data": {"pushed_at": 1417566161, "pusher": "trustedbuilder", "tag": "latest"},
    "repository": {"name": "testhook", "namespace": "svendowideit", "repo_name": "svendowideit/testhook"},
}


def event(action: str = "push", **target: Any) -> dict[str, Any]:
    return {"id": "320678d8", "action": action, "target": target, "request": {"host": "registry.example:5000"}}


def package(kind: str, tag: str) -> dict[str, Any]:
    version = {"container_metadata": {"tag": {"name": tag, "digest": "sha256:1"}}}
    return {"action": "published", "namespace": "Octo", "name": "Web", "package_type": kind, "package_version": version}


def read(body: Any, **headers: str) -> tuple[str, Wish]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_call(headers=named, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def test_docker_hub_names_one_tag_of_one_repository() -> None:
    assert read(HUB_CALL) == (HUB, Wish(IMAGES, (("svendowideit/testhook", "latest"),)))


def test_an_official_image_lies_in_library() -> None:
    assert read({"push_data": {"tag": "1"}, "repository": {"repo_name": "nginx"}})[1].images == (
        ("library/nginx", "1"),
    )


def test_a_registry_tells_of_pushes_of_tags_and_the_rest_is_passed_over() -> None:
    events = [
        event(mediaType="application/octet-stream", repository="team/web"),  # a blob
        event(repository="team/web", tag="2", digest="sha256:" + "a" * 64),
        event(repository="team/web", tag="2"),
        event("pull", repository="team/other", tag="1"),
        event(repository="team/web"),  # the manifest of one platform
        "nonsense",
    ]
    assert read({"events": events}, content_type=ENVELOPE) == (REGISTRY, Wish(IMAGES, (("team/web", "2"),)))


def test_only_pulls_ask_for_nothing() -> None:
    assert read({"events": [event("pull", repository="team/web", tag="1")]})[1].kind == NOTHING


def test_a_single_event_is_read_as_azure_sends_it() -> None:
    assert read(event(repository="web", tag="3")) == (REGISTRY, Wish(IMAGES, (("web", "3"),)))


def test_a_flood_of_events_is_cut() -> None:
    many = [event(repository=f"team/web{number}", tag="1") for number in range(1500)]
    assert len(read({"events": many})[1].images) == MOST_IMAGES


@pytest.mark.parametrize("name", ["package", "registry_package"])
def test_github_tells_of_packages(name: str) -> None:
    sender, wish = read({name: package("CONTAINER", "v1")}, x_github_event=name)
    assert (sender, wish.images) == (GITHUB, (("octo/web", "v1"),))


@pytest.mark.parametrize(
    ("body", "name"), [({"zen": "Design for failure."}, "ping"), ({"package": package("npm", "1")}, "package")]
)
def test_github_says_hello_or_tells_of_other_things(body: dict[str, Any], name: str) -> None:
    assert read(body, x_github_event=name) == (GITHUB, Wish(NOTHING))


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        (GITHUB, {"x_github_event": "push"}),
        (GITLAB, {"x_gitlab_event": "Push Hook"}),
        (GITEA, {"x_gitea_event": "push", "x_github_event": "push"}),
        (GITEA, {"x_forgejo_event": "push"}),
    ],
)
def test_git_servers_tell_of_pushes(sender: str, headers: dict[str, str]) -> None:
    body = {"ref": "refs/heads/main", "after": "c0ffee"}
    assert read(body, **headers) == (sender, Wish(PUSH, ref="refs/heads/main", commit="c0ffee"))


def test_github_may_send_a_form() -> None:
    body = urlencode({"payload": json.dumps({"ref": "refs/heads/x"})}).encode()
    wish = read(body, x_github_event="push", content_type="application/x-www-form-urlencoded")[1]
    assert wish == Wish(PUSH, ref="refs/heads/x")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type": "PUSH_ARTIFACT"}'])
def test_what_is_not_known_asks_for_a_look_at_everything(body: bytes) -> None:
    assert read(body) == (PLAIN, Wish(ANY))


@pytest.mark.parametrize("body", [b"<xml/>", b"[1]", b"\xff", b"[" * 200_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(CallUnreadable, match="body"):
        read(body)


@pytest.mark.parametrize(
    "body", [{"push_data": 1, "repository": []}, {"push_data": {}}, {"events": [{"action": "push", "target": 7}]}]
)
def test_parts_of_the_wrong_kind_ask_for_nothing(body: dict[str, Any]) -> None:
    assert read(body)[1].kind == NOTHING


def test_a_wish_can_be_stored() -> None:
    wish = Wish(IMAGES, (("a/b", "1"), ("c", "")), "refs/heads/x", "c0ffee")
    assert wish_from(json.loads(json.dumps(wish.as_json()))) == wish


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("given", "headers", "proven"),
    [
        (SECRET, {}, True),
        ("", {}, False),
        ("wrong", {}, False),
        ("häfen", {}, False),
        ("", {"x-hub-signature-256": f"sha256={signed(b'body')}"}, True),
        ("", {"x-gitea-signature": signed(b"body")}, True),
        ("", {"x-hub-signature-256": f"sha256={signed(b'another body')}"}, False),
        ("", {"x-hub-signature-256": f"sha256={signed(b'body', 'wrong')}"}, False),
        (SECRET, {"x-hub-signature-256": "sha256=00"}, False),  # a signature that is there must be right
        ("wrong", {"x-hub-signature-256": f"sha256={signed(b'body')}"}, False),
        ("", {"x-gitlab-token": SECRET}, True),
        ("", {"x-gitlab-token": "wrong"}, False),
        ("", {"authorization": f"Bearer {SECRET}"}, True),
        ("", {"authorization": SECRET}, True),
        ("", {"authorization": "Bearer "}, False),
    ],
)
def test_proof(given: str, headers: dict[str, str], proven: bool) -> None:
    assert is_proven(secret=SECRET, given=given, headers=headers, body=b"body") is proven
