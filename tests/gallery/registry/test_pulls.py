"""How many pulls are left: read from the registry's own words, counted by HEAD alone, shared by all."""

from datetime import UTC, datetime

import httpx
import pytest

from gallery.pulls import pulls_left, pulls_note
from gallery.registry.client import RegistryClient
from gallery.registry.errors import RateLimited
from gallery.registry.pulls import PullLimit, pull_limit

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
SAID = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "7;w=21600", "docker-ratelimit-source": "192.0.2.1"}


def test_reads_what_the_registry_says() -> None:
    found = pull_limit(SAID, NOW)
    assert found == PullLimit(100, 7, 21_600, "192.0.2.1", NOW)
    assert found.hours == 6
    assert found.low


@pytest.mark.parametrize("said", [{}, {"ratelimit-limit": "lots"}, {"ratelimit-limit": "100;w=x"}])
def test_no_word_of_a_limit_is_none(said: dict[str, str]) -> None:
    assert pull_limit(said, NOW) is None


def test_a_head_tells_everybody_what_is_left() -> None:
    methods: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(200, headers={**SAID, "Docker-Content-Digest": DIGEST})

    client = RegistryClient(
        "https://registry.test", transport=httpx.MockTransport(handle), on_pulls=pulls_note("registry.test")
    )
    assert pulls_left("registry.test") is None
    assert client.resolve("library/nginx", "1").digest == DIGEST
    left = pulls_left("registry.test")
    assert left is not None
    assert (left.limit, left.remaining) == (100, 7)
    assert pulls_left("registry.test", "account") is None
    assert methods == ["HEAD"]


def test_a_limited_registry_says_so_too() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            429,
            headers={**SAID, "ratelimit-remaining": "0;w=21600", "Retry-After": "30"},
            json={"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]},
        )

    client = RegistryClient(
        "https://registry.test", transport=httpx.MockTransport(handle), on_pulls=pulls_note("registry.test")
    )
    with pytest.raises(RateLimited):
        client.tags("library/nginx")
    left = pulls_left("registry.test")
    assert left is not None
    assert left.remaining == 0
