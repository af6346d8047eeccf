"""Every tag of a repository: beyond the first hundred, whatever the order, and what came before a fault is kept."""

import pytest

from gallery.hub.client import HubClient
from gallery.hub.errors import BadAnswer, NothingThere, RateLimited
from gallery.hub.walk import tags_walk
from tests.standins.hub import HubStandIn, StandInRepository, StandInTag
from tests.standins.hub.content import LINUX

NAMES = {f"1.{number}" for number in range(1120)}


@pytest.fixture
def hub() -> HubStandIn:
    tags = tuple(StandInTag(name, LINUX[:1], f"2026-0{1 + len(name) % 9}-01T00:00:00Z") for name in sorted(NAMES))
    return HubStandIn([StandInRepository("acme", "app", tags=tags)])


@pytest.fixture
def client(hub: HubStandIn) -> HubClient:
    return HubClient("https://hub.test", transport=hub.transport())


@pytest.mark.parametrize("unordered", [False, True])
def test_all_of_them(hub: HubStandIn, client: HubClient, unordered: bool) -> None:
    hub.switches.unordered = unordered
    walk = tags_walk(client, "acme", "app")
    assert {tag.name for tag in walk.tags} == NAMES
    assert len(walk.tags) == walk.total == 1120
    assert walk.stopped == ""
    moments = [tag.last_updated for tag in walk.tags]
    assert moments == sorted(moments, key=lambda one: one.timestamp() if one else 0, reverse=True)
    assert len(hub.asked) == 12


def test_walks_on_from_a_page_that_is_there_already(hub: HubStandIn, client: HubClient) -> None:
    first = client.tags("acme", "app", size=100)
    assert len(tags_walk(client, "acme", "app", first).tags) == 1120
    assert len(hub.asked) == 12


def test_is_bounded(client: HubClient) -> None:
    walk = tags_walk(client, "acme", "app", most_pages=3)
    assert len(walk.tags) == 300
    assert walk.stopped == "Only the first 300 tags are read."


def test_says_when_docker_hub_gives_no_more(hub: HubStandIn, client: HubClient) -> None:
    hub.switches.depth = 10
    walk = tags_walk(client, "acme", "app")
    assert len(walk.tags) == 1000
    assert "no more than 1000 tags" in walk.stopped


def test_a_limit_in_the_middle_keeps_what_came_before(hub: HubStandIn, client: HubClient) -> None:
    hub.switches.limit = "seconds"
    hub.switches.limit_after = 4
    walk = tags_walk(client, "acme", "app")
    assert len(walk.tags) == 400
    assert "wait" in walk.stopped


def test_a_hostile_next_link_is_not_followed(hub: HubStandIn, client: HubClient) -> None:
    hub.switches.hostile_next = True
    assert len(tags_walk(client, "acme", "app").tags) == 1120
    assert all(path.startswith("/v2/namespaces/acme/") for path in hub.asked)


def test_a_first_page_that_cannot_be_had_is_an_error(hub: HubStandIn, client: HubClient) -> None:
    with pytest.raises(NothingThere):
        tags_walk(client, "acme", "nothing")
    hub.switches.limit = "seconds"
    with pytest.raises(RateLimited):
        tags_walk(client, "acme", "app")
    hub.switches.limit = ""
    hub.switches.truncated = True
    with pytest.raises(BadAnswer):
        tags_walk(client, "acme", "app")
