"""The queue on pages: of a host, of a team, and what a container's page says of it."""

from typing import Any

import pytest
from django.test import Client

from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Command, Container, Host
from hosts.services.commands import command_create
from portal.people.access import actor_for_user
from portal.people.models import User


@pytest.fixture
def away(full_host: Host) -> Host:
    """The Linux host with its content, not connected."""
    Host.objects.filter(pk=full_host.pk).update(link="")
    full_host.refresh_from_db()
    return full_host


@pytest.fixture
def waiting(away: Host, web: Container, deployer: User) -> list[Command]:
    """Two commands in its queue."""
    return [
        command_create(
            host=away,
            body=ContainerAction(cid=web.cid, action=action),
            summary=f"{action.title()} shop-app-1",
            actor=actor_for_user(deployer),
        )
        for action in ("start", "stop")
    ]


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_tab_tells_what_waits_and_by_whom(away: Host, waiting: list[Command], as_viewer: Client) -> None:
    text = read(as_viewer, f"/hosts/{away.pk}/queue/")
    for words in ("Start shop-app-1", "Stop shop-app-1", "deployer", "linux-host is offline", 'data-live="'):
        assert words in text
    assert text.index("Start shop-app-1") < text.index("Stop shop-app-1")
    assert "formaction" not in text.partition('id="host-queue"')[2].partition("</section>")[0]
    assert 'Queue <span class="count">2</span>' in text


def test_an_empty_queue_says_so(linux_host: Host, as_viewer: Client) -> None:
    assert "Nothing waits" in read(as_viewer, f"/hosts/{linux_host.pk}/queue/")


def test_whoever_may_act_can_edit_it(away: Host, waiting: list[Command], as_deployer: Client) -> None:
    text = read(as_deployer, f"/hosts/{away.pk}/queue/rows/")
    first, second = waiting
    for part in (
        f"/commands/{first.pk}/move/?behind={second.pk}",
        f"/commands/{second.pk}/move/?before={first.pk}",
        f"/commands/{first.pk}/expiry/?seconds=3600",
        f"/commands/{first.pk}/cancel/",
        f"/hosts/{away.pk}/queue/cancel/",
    ):
        assert f'formaction="{part}"' in text
    assert "csrfmiddlewaretoken" not in text


def test_the_queue_of_all_hosts(away: Host, waiting: list[Command], as_viewer: Client, as_stranger: Client) -> None:
    text = read(as_viewer, "/hosts/queue/")
    assert "Stop shop-app-1" in text
    assert f'href="/hosts/{away.pk}/queue/"' in text
    assert "Nothing waits" in read(as_stranger, "/hosts/queue/")
    assert "Stop shop-app-1" in read(as_viewer, f"/hosts/queue/rows/?team={away.team.slug}")
    assert as_stranger.get(f"/hosts/queue/?team={away.team.slug}").status_code == 404


def test_the_list_of_hosts_leads_there(away: Host, waiting: list[Command], as_viewer: Client) -> None:
    text = read(as_viewer, "/hosts/")
    assert "2 commands wait" in text
    assert 'href="/hosts/queue/"' in text


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("move/?behind={other}", {"order": [1, 0]}),
        ("cancel/", {"state": "cancelled"}),
        ("expiry/?seconds=600", {"sooner": True}),
    ],
)
def test_editing(
    waiting: list[Command], as_deployer: Client, as_viewer: Client, path: str, wanted: dict[str, Any]
) -> None:
    first, second = waiting
    where = f"/commands/{first.pk}/{path.format(other=second.pk)}"
    assert as_viewer.post(where).status_code == 403
    response = as_deployer.post(where, {"on": "host"})
    assert (response.status_code, response["Location"]) == (302, f"/hosts/{first.host_id}/queue/")
    rows = list(Command.objects.order_by("position"))
    if "order" in wanted:
        assert [row.pk for row in rows] == [waiting[number].pk for number in wanted["order"]]
    elif "state" in wanted:
        assert rows[0].state == wanted["state"]
    else:
        assert rows[0].expires_at < rows[1].expires_at


@pytest.mark.parametrize("query", ["", "?seconds=abc", "?seconds=-5", "?seconds=99999999999"])
def test_a_senseless_expiry(waiting: list[Command], as_deployer: Client, query: str) -> None:
    assert as_deployer.post(f"/commands/{waiting[0].pk}/expiry/{query}").status_code == 422


def test_htmx_is_answered_without_a_page(waiting: list[Command], as_deployer: Client) -> None:
    response = as_deployer.post(f"/commands/{waiting[0].pk}/cancel/", headers={"HX-Request": "true"})
    assert response.status_code == 204


def test_all_are_cancelled(away: Host, waiting: list[Command], as_deployer: Client) -> None:
    response = as_deployer.post(f"/hosts/{away.pk}/queue/cancel/", follow=True)
    assert "2 commands are cancelled." in response.content.decode()
    assert set(Command.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_container_says_what_waits_for_it(web: Container, waiting: list[Command], as_deployer: Client) -> None:
    for path in (f"/hosts/{web.host_id}/containers/{web.cid}/", f"/hosts/{web.host_id}/containers/"):
        text = read(as_deployer, path)
        assert "Stop is waiting for the host" in text
        assert f'href="/hosts/{web.host_id}/queue/"' in text
        assert f'formaction="/hosts/{web.host_id}/containers/{web.cid}/restart/"' in text
        assert "disabled" not in text.partition('id="a-')[2].partition("</div>")[0]


def test_an_action_on_a_host_that_is_away_is_queued(away: Host, web: Container, as_deployer: Client) -> None:
    response = as_deployer.post(f"/hosts/{away.pk}/containers/{web.cid}/stop/", {"on": "container"})
    assert response.status_code == 302
    assert Command.objects.get().in_line
