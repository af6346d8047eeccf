"""Search joined: what is known here at once, what Docker Hub says as soon as it comes, the exact name first."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.found import PAGE_SIZE, Found, SearchRequest, SourceAnswer
from gallery.index.store import index_put
from gallery.index.words import Entry
from gallery.known import facets_of, joined, known_here
from gallery.repositories import RepositoryName
from gallery.search import search
from gallery.sources import HUB_SOURCE
from portal.people.access import Actor
from portal.people.models import User
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.django_db
ActorOf = Callable[[User], Actor]


@pytest.fixture
def actor(viewer: User, actor_of_user: ActorOf) -> Actor:
    return actor_of_user(viewer)


@pytest.fixture
def known() -> None:
    facets = ("os.linux", "arch.amd64", "badge.official", "cat.web-servers")
    index_put(
        [
            Entry("hub", "library/nginx", "Known from before.", "Docker", "official", facets, 5, 10**10),
            Entry("hub", "acme/nginx-windows", "Windows.", facets=("os.windows", "arch.amd64", "win.20348"), pulls=9),
            Entry("hub", "acme/nginx-pro", "By a publisher.", badge="verified_publisher",
                  facets=("badge.verified_publisher",), pulls=8),
        ]
    )  # fmt: skip


def hub_answer(actor: Actor, wanted: SearchRequest) -> SourceAnswer:
    return next(answer for answer in search(actor, wanted).answers if answer.source == HUB_SOURCE)


def names(answer: SourceAnswer) -> list[str]:
    return [item.name.familiar for item in answer.items]


def test_what_is_known_is_shown_while_docker_hub_is_away(actor: Actor, known: None) -> None:
    answer = hub_answer(actor, SearchRequest(q="nginx"))
    assert answer.problem is not None
    assert answer.local
    assert names(answer)[0] == "nginx"
    assert set(names(answer)) == {"nginx", "acme/nginx-windows", "acme/nginx-pro"}


def test_a_slow_docker_hub_is_not_waited_for(actor: Actor, known: None, hub: HubStandIn) -> None:
    hub.switches.slow = 1.0
    answer = hub_answer(actor, SearchRequest(q="ngin"))
    assert answer.slow
    assert names(answer)[0] == "nginx"


def test_both_are_joined(actor: Actor, known: None, hub: HubStandIn) -> None:
    for _ in range(100):
        answer = hub_answer(actor, SearchRequest(q="nginx"))
        if not answer.slow:
            break
    assert names(answer) == ["nginx", "nginx/nginx-ingress", "acme/nginx-windows", "acme/nginx-pro"]
    assert answer.items[0].summary == "Official build of Nginx."


def test_versions_of_windows_are_known_here_alone(actor: Actor, known: None, hub: HubStandIn) -> None:
    answer = hub_answer(actor, SearchRequest(q="nginx", windows="20348"))
    assert names(answer) == ["acme/nginx-windows"]
    assert names(hub_answer(actor, SearchRequest(windows="26100"))) == []
    assert not hub.asked


def test_verified_publishers(actor: Actor, known: None, hub: HubStandIn) -> None:
    for _ in range(100):
        answer = hub_answer(actor, SearchRequest(q="nginx", verified=True))
        if not answer.slow:
            break
    assert names(answer) == ["nginx/nginx-ingress", "acme/nginx-pro"]


def test_nothing_is_known_of_nothing(known: None) -> None:
    assert known_here(SearchRequest()) == ()
    assert facets_of(SearchRequest(os="linux", official=True)) == ("os.linux", "badge.official")


def test_the_exact_name_is_first_and_nothing_is_there_twice() -> None:
    def found(path: str) -> Found:
        namespace, _, name = path.partition("/")
        return Found(RepositoryName(HUB_SOURCE, namespace, name))

    live = [found(f"a/app{number}") for number in range(PAGE_SIZE)]
    mixed = joined(live, [found("a/app3"), found("x/exact")], SearchRequest(q="x/exact"))
    assert mixed[0].name.path == "x/exact"
    assert len(mixed) == PAGE_SIZE
    assert len({item.name.path for item in mixed}) == PAGE_SIZE


def test_the_page(known: None, viewer: User, client_of: Callable[[User | None], Client]) -> None:
    text = client_of(viewer).get("/gallery/?q=nginx&verified=1").content.decode()
    assert "acme/nginx-pro" in text
    assert "These are known from before; Docker Hub has more." in text
    assert 'name="verified" value="1" checked' in text
    text = client_of(viewer).get("/gallery/?windows=20348").content.decode()
    assert "acme/nginx-windows" in text
    assert "Windows Server 2022" in text
