"""One budget for Docker Hub: as much as it allows, nothing while it wants to be left alone, a part kept for people."""

import threading

import httpx
import pytest

from gallery.hub.budget import USUAL_LIMIT, Bucket, Budget, noted, spend
from gallery.hub.client import HubClient
from gallery.hub.errors import RateLimited
from gallery.sharing import LocalShared, RedisShared
from tests.lab.redis_server import RedisServer
from tests.standins.hub import HubStandIn

NOW = 1_800_000_000.0


def headers(limit: int = 180, remaining: int = 100, reset: float = NOW + 30) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(reset)),
    }


def test_spends_until_the_window_ends() -> None:
    bucket = Bucket(limit=2, remaining=2, reset=NOW + 10)
    bucket, first = spend(bucket, NOW, urgent=True)
    bucket, second = spend(bucket, NOW, urgent=True)
    bucket, third = spend(bucket, NOW, urgent=True)
    assert (first, second, third) == (0, 0, 10)
    bucket, after = spend(bucket, NOW + 10, urgent=True)
    assert after == 0
    assert bucket.remaining == 1


def test_jobs_leave_a_part_to_people() -> None:
    bucket = Bucket(limit=100, remaining=25, reset=NOW + 10)
    assert spend(bucket, NOW, urgent=False)[1] == 10
    assert spend(bucket, NOW, urgent=True)[1] == 0


def test_believes_what_docker_hub_says() -> None:
    bucket = noted(Bucket(), NOW, 200, headers(limit=600, remaining=17), 0)
    assert (bucket.limit, bucket.remaining, bucket.reset, bucket.told) == (600, 17, NOW + 30, True)
    overtaken = noted(bucket, NOW, 200, headers(limit=600, remaining=19), 0)
    assert overtaken.remaining == 17
    next_window = noted(bucket, NOW + 31, 200, headers(limit=600, remaining=599, reset=NOW + 91), 0)
    assert next_window.remaining == 599


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"retry-after": "40"}, 40),
        ({"x-retry-after": str(int(NOW) + 40)}, 40),
        ({"retry-after": str(int(NOW) + 40)}, 40),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:40 GMT"}, 40),
        ({"x-ratelimit-reset": str(int(NOW) + 40)}, 40),
        ({}, 60),
        ({"retry-after": "-5"}, 1),
        ({"retry-after": "soon"}, 1),
        ({"retry-after": "99999999999999"}, 1),
    ],
)
def test_a_429_is_obeyed_in_every_form(said: dict[str, str], seconds: int) -> None:
    bucket = noted(Bucket(), NOW, 429, said, 0)
    wait = spend(bucket, NOW, urgent=True)[1]
    assert seconds <= wait <= seconds + 60
    if seconds == 40:
        assert wait == 40


def test_jitter_spreads_those_who_come_back() -> None:
    waits = {noted(Bucket(), NOW, 429, {"retry-after": "60"}, jitter).blocked_until for jitter in (0, 0.5, 1)}
    assert waits == {NOW + 60, NOW + 62.5, NOW + 65}


def test_a_short_wait_does_not_shorten_a_long_one() -> None:
    bucket = noted(Bucket(), NOW, 429, {"retry-after": "600"}, 0)
    assert noted(bucket, NOW, 429, {"retry-after": "5"}, 0).blocked_until == NOW + 600


def test_senseless_numbers_are_not_believed() -> None:
    assert noted(Bucket(), NOW, 200, headers(limit=0), 0).limit == USUAL_LIMIT
    assert noted(Bucket(), NOW, 200, {"x-ratelimit-limit": "many"}, 0).limit == USUAL_LIMIT
    far = noted(Bucket(), NOW, 200, headers(reset=NOW + 10**7), 0)
    assert far.reset == NOW + 1


def test_processes_share_one_bucket(redis_server: RedisServer) -> None:
    stores = [RedisShared(redis_server.url) for _ in range(4)]
    budgets = [Budget(store, "hub:", clock=lambda: NOW) for store in stores]
    budgets[0].note(200, headers(limit=200, remaining=40))
    spent: list[int] = []

    def work(budget: Budget) -> None:
        for _ in range(20):
            try:
                budget.spend()
            except RateLimited:
                return
            spent.append(1)

    threads = [threading.Thread(target=work, args=(budget,)) for budget in budgets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(spent) == 40
    with pytest.raises(RateLimited) as caught:
        budgets[3].spend()
    assert caught.value.retry_after == 30
    for store in stores:
        store.close()


def test_accounts_and_addresses_have_their_own() -> None:
    store = LocalShared()
    Budget(store, "one:", clock=lambda: NOW, jitter=lambda: 0.0).note(429, {"retry-after": "40"})
    with pytest.raises(RateLimited):
        Budget(store, "one:", clock=lambda: NOW).spend()
    Budget(store, "one:user", clock=lambda: NOW).spend()
    Budget(store, "two:", clock=lambda: NOW).spend()


@pytest.mark.parametrize("form", ["seconds", "date", "unix", "reset", "abuse"])
def test_after_a_429_no_client_asks_until_it_is_over(form: str) -> None:
    hub = HubStandIn()
    store = LocalShared()
    clients = [HubClient("https://hub.test", transport=hub.transport(), budget=Budget(store, "hub:")) for _ in range(2)]
    hub.switches.limit = form
    with pytest.raises(RateLimited):
        clients[0].categories()
    hub.switches.limit = ""
    asked = len(hub.asked)
    with pytest.raises(RateLimited) as caught:
        clients[1].categories()
    assert len(hub.asked) == asked
    assert caught.value.retry_after is not None
    assert 30 <= caught.value.retry_after <= 70


def test_an_answer_with_an_etag_costs_its_body_once() -> None:
    from gallery.hub.remembered import Remembered

    sent: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("if-none-match", ""))
        if request.headers.get("if-none-match") == '"v1"':
            return httpx.Response(304)
        return httpx.Response(200, json=[{"name": "Web servers", "slug": "web-servers"}], headers={"ETag": '"v1"'})

    store = LocalShared()
    remembered = Remembered(store, "", lambda url: url)
    client = HubClient("https://hub.test", transport=httpx.MockTransport(handle), remembered=remembered)
    assert client.categories() == client.categories()
    assert sent == ["", '"v1"']
    other = Remembered(store, "account", lambda url: url)
    HubClient("https://hub.test", transport=httpx.MockTransport(handle), remembered=other).categories()
    assert sent[-1] == ""
