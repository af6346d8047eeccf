"""One search over every source: filters, order, which hosts fit, and sources that are away."""

import time
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from gallery.search import SearchRequest, search
from portal.people.access import Actor
from portal.people.models import User
from tests.gallery.conftest import LINUX_HOST, WINDOWS_HOST
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry
from tests.standins.hub import HubStandIn
from tests.standins.servers import hanging_server

pytestmark = pytest.mark.django_db
ActorOf = Callable[[User], Actor]


@pytest.fixture
def actor(viewer: User, actor_of_user: ActorOf) -> Actor:
    return actor_of_user(viewer)


def names(result: object) -> list[str]:
    return [item.name.familiar for answer in result.answers for item in answer.items]  # type: ignore[attr-defined]


def test_nothing_searched_for_shows_templates_and_official_images(hub: HubStandIn, actor: Actor) -> None:
    result = search(actor, SearchRequest())
    assert names(result) == ["nginx", "postgres"]
    assert result.templates[0][0].slug == "hello"
    assert hub.asked[0].startswith("/v2/namespaces/library/repositories")


def test_the_exact_name_comes_first(hub: HubStandIn, actor: Actor) -> None:
    assert names(search(actor, SearchRequest(q="nginx"))) == ["nginx", "nginx/nginx-ingress"]
    assert names(search(actor, SearchRequest(q="nginx/nginx-ingress")))[0] == "nginx/nginx-ingress"


def test_says_which_hosts_run_it(hub: HubStandIn, actor: Actor, known_hosts: None) -> None:
    found = search(actor, SearchRequest(q="postgres")).answers[0].items[0]
    assert {fit.host_id: fit.ok for fit in found.fits} == {LINUX_HOST: True, WINDOWS_HOST: True}
    assert found.fitting == 2
    assert found.systems == ("linux", "windows")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (SearchRequest(q="n", os="windows", source="hub"), {"postgres", "acme/windows-app"}),
        (SearchRequest(q="n", official=True), {"nginx", "postgres"}),
        (SearchRequest(q="n", architecture="arm", official=True), {"nginx", "postgres"}),
        (SearchRequest(category="databases-and-storage", source="hub"), {"postgres"}),
        (SearchRequest(q="n", fits_host=WINDOWS_HOST, source="hub"), {"postgres", "acme/windows-app"}),
        (SearchRequest(q="acme", fits_host=LINUX_HOST, source="hub"), {"acme/many", "acme/retired"}),
        (SearchRequest(source="templates"), set()),
    ],
)
def test_filters(hub: HubStandIn, actor: Actor, known_hosts: None, wanted: SearchRequest, expected: set[str]) -> None:
    assert set(names(search(actor, wanted))) == expected


def test_templates_are_filtered_too(hub: HubStandIn, actor: Actor, known_hosts: None) -> None:
    windows = search(actor, SearchRequest(os="windows", source="templates"))
    assert [template.slug for template, _ in windows.templates] == ["iis"]
    linux = search(actor, SearchRequest(fits_host=LINUX_HOST, source="templates"))
    assert "iis" not in {template.slug for template, _ in linux.templates}
    assert search(actor, SearchRequest(official=True)).templates == ()


def test_images_on_hosts(hub: HubStandIn, actor: Actor, known_hosts: None) -> None:
    assert [image.reference for image in search(actor, SearchRequest(q="nginx")).images] == ["nginx:1.27"]
    assert search(actor, SearchRequest(q="redis")).images == ()
    assert search(actor, SearchRequest(os="linux")).images == ()


def test_a_hub_that_is_away_is_named_and_the_rest_is_there(actor: Actor, settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry-1.docker.io"
    result = search(actor, SearchRequest(q="redis"))
    assert result.answers[0].offline
    assert result.answers[0].problem is not None
    assert "refused" in result.answers[0].problem.detail
    assert [template.slug for template, _ in result.templates] == ["redis"]


def test_the_last_answer_is_shown_when_the_hub_goes_away(
    hub: HubStandIn, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gallery import docker_hub

    assert names(search(actor, SearchRequest(q="nginx")))
    hub.switches.status = 503
    monkeypatch.setattr(docker_hub, "SEARCH_AGE", docker_hub.SEARCH_AGE * 0)
    result = search(actor, SearchRequest(q="nginx"))
    assert names(result) == ["nginx", "nginx/nginx-ingress"]
    assert result.answers[0].offline
    assert result.answers[0].fetched_at is not None


def test_a_walled_search_is_answered_by_the_older_one(hub: HubStandIn, actor: Actor) -> None:
    hub.switches.wall = "search"
    answer = search(actor, SearchRequest(q="nginx")).answers[0]
    assert answer.plain
    assert answer.items[0].platforms == ()


def test_a_limit_is_told_and_the_hub_left_alone(hub: HubStandIn, actor: Actor) -> None:
    hub.switches.limit = "seconds"
    first = search(actor, SearchRequest(q="nginx")).answers[0]
    assert first.problem is not None
    assert first.problem.status == 429
    asked = len(hub.asked)
    second = search(actor, SearchRequest(q="other")).answers[0]
    assert second.problem is not None
    assert second.problem.status == 429
    assert len(hub.asked) == asked


def test_a_hub_that_hangs_costs_a_second_once(actor: Actor, settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry-1.docker.io"
    settings.OUTSIDE_TIMEOUT_SECONDS = 20  # it hangs for as long as the test takes, however busy the machine is
    with hanging_server(b"") as url:
        settings.HUB_URL = url
        began = time.monotonic()
        assert search(actor, SearchRequest(q="slow one")).answers[0].slow
        between = time.monotonic()
        assert search(actor, SearchRequest(q="slow two")).answers[0].slow
        assert time.monotonic() - between < between - began


def test_the_named_registry_is_searched_by_its_catalog(registry: Registry, actor: Actor, settings: Settings) -> None:
    settings.REGISTRY_URL = registry.url
    for name in ("search/alpha", "search/beta", "search-top"):
        upload(registry.url, name, "1", {"os": "linux", "architecture": "amd64"})
    result = search(actor, SearchRequest(q="search"))
    mine = next(answer for answer in result.answers if answer.source.slug == registry.netloc)
    assert not mine.offline
    assert {item.name.familiar for item in mine.items} >= {
        f"{registry.netloc}/search/alpha",
        f"{registry.netloc}/search/beta",
        f"{registry.netloc}/search-top",
    }
    exact = search(actor, SearchRequest(q="beta", source=registry.netloc)).answers
    assert [item.name.name for answer in exact for item in answer.items] == ["beta"]


def test_pages_of_official_images(hub: HubStandIn, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    import gallery.search as module

    monkeypatch.setattr(module, "PAGE_SIZE", 1)
    first = search(actor, SearchRequest(source="hub"))
    assert names(first) == ["nginx"]
    assert first.answers[0].more
    second = search(actor, SearchRequest(source="hub", page=2))
    assert names(second) == ["postgres"]
    assert not second.answers[0].more
