"""Home: what it says for each situation, and that its living part is the same as the page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import Application, Container, Deployment, Host, Revision
from hosts.selectors.attention import Attention, Change, FirstRun
from portal.front.home import guide_of, home_fragment, linked
from portal.people.access import Actor, actor_for_user
from portal.people.models import Membership, Team, User

ClientOf = Callable[[User | None], Client]


def text_of(client: Client, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def deployment(team: Team, admin: User, linux_host: Host) -> Deployment:
    """One that has succeeded."""
    application = Application.objects.create(team=team, name="web", created_by=admin)
    revision = Revision.objects.create(application=application, number=1, compose="services: {}", targets={})
    return Deployment.objects.create(
        application=application, revision=revision, state="succeeded", started_by=admin, finished_at=timezone.now()
    )


def test_an_empty_portal_shows_the_guide_and_the_first_step(admin: User, client_of: ClientOf) -> None:
    page = text_of(client_of(admin))
    for words in ("Welcome to Pierhead", "There is no host yet.", "Your first container", 'href="/hosts/add/"'):
        assert words in page
    assert "Nothing has happened yet" in page


def test_with_a_host_the_gallery_comes_next(admin: User, linux_host: Host, client_of: ClientOf) -> None:
    page = text_of(client_of(admin))
    assert "Open the gallery" in page
    assert "1 of 1 host is online." in page
    assert 'class="button primary" href="/hosts/add/"' not in page


def test_once_a_container_has_run_the_guide_is_gone(admin: User, deployment: Deployment, client_of: ClientOf) -> None:
    page = text_of(client_of(admin))
    assert "Your first container" not in page
    assert "All is well" in page
    assert "web" in page


def test_a_viewer_has_no_guide(viewer: User, client_of: ClientOf) -> None:
    assert "Your first container" not in text_of(client_of(viewer))


def test_a_failed_deployment_needs_attention(admin: User, deployment: Deployment, client_of: ClientOf) -> None:
    Deployment.objects.update(state="failed", error="The image is not there.")
    page = text_of(client_of(admin))
    assert "needs attention" in page
    assert "Error" in page
    assert f"/deployments/{deployment.pk}/" in page


def test_a_host_that_is_away_and_a_container_that_is_ill_need_attention(
    admin: User, deployment: Deployment, linux_host: Host, client_of: ClientOf
) -> None:
    Container.objects.create(
        host=linux_host,
        cid="a" * 64,
        name="web-web-1",
        image="web:1",
        image_id="sha256:" + "b" * 64,
        state="running",
        health="unhealthy",
        observed_at=timezone.now(),
    )
    assert "web-web-1" in text_of(client_of(admin))
    Host.objects.update(link="", last_seen_at=timezone.now() - timedelta(hours=1))
    assert "linux-host" in text_of(client_of(admin))


def test_nobody_sees_another_teams_news(
    stranger: User, deployment: Deployment, linux_host: Host, client_of: ClientOf
) -> None:
    Deployment.objects.update(state="failed")
    Host.objects.update(link="")
    page = text_of(client_of(stranger))
    assert "linux-host" not in page
    assert str(deployment.pk) not in page


def test_who_is_in_no_team_is_told(viewer: User, client_of: ClientOf) -> None:
    Membership.objects.all().delete()
    assert "You are in no team yet." in text_of(client_of(viewer))


def test_who_came_by_link_is_reminded_of_a_password(viewer: User, client_of: ClientOf) -> None:
    assert "You have no password yet." not in text_of(client_of(viewer))
    viewer.set_unusable_password()
    viewer.save()
    page = text_of(client_of(viewer))
    assert "You have no password yet." in page
    assert 'href="/account/#password"' in page


def test_the_living_part_is_the_same_as_in_the_page(admin: User, deployment: Deployment, client_of: ClientOf) -> None:
    client = client_of(admin)
    fragment = text_of(client, "/home/now/")
    assert "<html" not in fragment
    assert 'data-live="/home/now/"' in text_of(client)
    assert "What changed last" in fragment
    assert list(home_fragment.live_topics(None)) == ["home", "hosts", "applications"]  # type: ignore[attr-defined]


def test_without_sign_in_the_living_part_is_not_given(db: None) -> None:
    assert Client().get("/home/now/").status_code == 302


def step_states(done: FirstRun, actor: Actor) -> list[str]:
    return [step.state for step in guide_of(done, actor)]


@pytest.mark.parametrize(
    ("done", "states"),
    [
        (FirstRun(False, False, False), ["running", "waiting", "waiting"]),
        (FirstRun(True, False, False), ["done", "running", "waiting"]),
        (FirstRun(True, True, False), ["done", "done", "running"]),
        (FirstRun(False, True, True), ["running", "done", "done"]),
        (FirstRun(True, True, True), []),
    ],
)
def test_the_guide_marks_what_is_to_do_now(admin: User, done: FirstRun, states: list[str]) -> None:
    assert step_states(done, actor_for_user(admin)) == states


def test_a_deployer_is_not_sent_to_add_hosts(deployer: User) -> None:
    first = guide_of(FirstRun(False, False, False), actor_for_user(deployer))[0]
    assert first.link == "/hosts/"


def test_a_page_that_is_not_there_is_no_link() -> None:
    now = timezone.now()
    rows = linked(
        [
            Attention("host-away", "warning", "pier-1 is away", "", now, "no:such", {}),
            Change(now, "host", "online", "pier-1 came back", "", "front:home"),
            Change(now, "host", "online", "pier-1 came back", "", ""),
        ]
    )
    assert [row.link for row in rows] == ["", "/", ""]
