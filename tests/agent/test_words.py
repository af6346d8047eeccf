# ruff: noqa: E501  (the engine's messages are kept whole)
"""What engines say, as codes for scripts and words for people."""

import pytest

from engine_agent.engine.errors import EngineError, EngineGone, EngineRefused, EngineTooOld, StreamFailed, refused
from engine_agent.work.words import MEANINGS, explain

TABLE = [
    (500, "driver failed programming external connectivity on endpoint web (0c1): Bind for 0.0.0.0:8080 failed: port is "
          "already allocated", "port-taken", "8080"),
    (500, "driver failed programming external connectivity on endpoint web (0c1): Bind for :::8080 failed: port is "
          "already allocated", "port-taken", "8080"),
    (500, "driver failed programming external connectivity on endpoint web (0c1): Error starting userland proxy: listen "
          "tcp4 0.0.0.0:8080: bind: address already in use", "port-taken", "8080"),
    (500, "failed to set up container networking: driver failed programming external connectivity on endpoint web (0c1): "
          "failed to bind host port 0.0.0.0:8080/tcp: address already in use", "port-taken", "8080"),
    (409, 'Conflict. The container name "/web" is already in use by container "0c1". You have to remove (or rename) that '
          "container to be able to reuse that name.", "name-taken", "web"),
    (404, "manifest for registry:5000/web:9 not found: manifest unknown: manifest unknown", "tag-not-found", "web:1"),
    (500, "manifest unknown: manifest tagged by \"9\" is not found", "tag-not-found", "web:1"),
    (404, "pull access denied for web, repository does not exist or may require 'docker login': denied: requested access "
          "to the resource is denied", "image-not-found", "web:1"),
    (404, "No such image: web:1", "image-not-found", "web:1"),
    (500, "name unknown: repository name not known to registry", "image-not-found", "web:1"),
    (500, "Head \"https://r/v2/web/manifests/1\": unauthorized: authentication required", "registry-sign-in", "web:1"),
    (500, "Get https://r/v2/: no basic auth credentials", "registry-sign-in", "web:1"),
    (500, "toomanyrequests: You have reached your pull rate limit.", "registry-limit", "limit"),
    (404, "no matching manifest for linux/amd64 in the manifest list entries", "platform-mismatch", "platform"),
    (404, "image with reference web:1 was found but does not match the specified platform: wanted linux/arm64, actual: "
          "linux/amd64", "platform-mismatch", "platform"),
    (500, "image operating system \"windows\" cannot be used on this platform", "platform-mismatch", "platform"),
    (500, "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", "registry-unreachable",
     "cannot reach the registry"),
    (500, "Get \"https://r/v2/\": dial tcp: lookup r: no such host", "registry-unreachable", "cannot reach"),
    (500, "Get \"https://r/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while "
          "awaiting headers)", "registry-unreachable", "cannot reach"),
    (500, "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", "no-space", "disk"),
    (400, 'failed to create shim: OCI runtime create failed: container_linux.go:380: starting container process caused: '
          'exec: "nosuch": executable file not found in $PATH: unknown', "command-not-found", "nosuch"),
    (400, "invalid mount config for type \"bind\": bind source path does not exist: /srv/none", "path-not-found",
     "/srv/none"),
    (404, "network shop_back not found", "network-not-found", "shop_back"),
    (400, "invalid CPU quota", "bad-option", "invalid CPU quota"),
    (409, "something else is going on", "conflict", "something else"),
    (404, "no such plugin", "not-found", "no such plugin"),
    (500, "the dog ate it", "engine-error", "the dog ate it"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message", "code", "word"), TABLE)
def test_refusals(status: int, message: str, code: str, word: str) -> None:
    failure = explain(refused(status, message), "web:1")
    assert failure.code == code
    assert word in failure.error
    assert message in failure.error, "the engine's own words are always there"


@pytest.mark.parametrize(
    "message", ["unexpected EOF", "read tcp 1->2: read: connection reset by peer", "net/http: TLS: i/o timeout", "EOF"]
)
def test_a_broken_pull_can_be_tried_again(message: str) -> None:
    assert explain(StreamFailed(message), "web:1").code == "pull-interrupted"


def test_an_engine_that_is_away() -> None:
    failure = explain(EngineGone("connection refused"))
    assert failure.code == "engine-gone"
    assert "Start it" in failure.error


def test_an_engine_that_is_too_old() -> None:
    assert explain(EngineTooOld("speaks API 1.30")).code == "engine-too-old"


def test_braces_in_what_the_engine_says_do_no_harm() -> None:
    assert "{0}" in explain(EngineRefused(500, 'exec: "{0}": executable file not found in $PATH')).error


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda m: m.code)
def test_every_text_is_whole(meaning: object) -> None:
    words = getattr(meaning, "words", "")
    text = words.format("x", subject="the image")
    assert "{" not in text
    assert not text.endswith(".")


def test_the_tree_says_whether_a_retry_helps() -> None:
    assert EngineGone("x").retryable
    assert not EngineError("x").retryable
    assert not refused(409, "x").retryable
