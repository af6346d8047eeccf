"""The page of a container: what it is, what it does, its log, and what a role may do with it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from engine_agent.protocol import encode
from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Application, Command, Container, Host
from hosts.selectors.container_commands import action_of
from portal.people.models import AuditEntry, User

from .conftest import make_container


def path_of(container: Container, more: str = "") -> str:
    return f"/hosts/{container.host_id}/containers/{container.cid}/{more}"


def make_command(container: Container, action: str, state: str, **fields: Any) -> Command:
    now = timezone.now()
    ended = None if state in {"queued", "sent", "accepted", "running"} else now
    return Command.objects.create(
        host=container.host,
        kind="container_action",
        summary=f"{action.title()} {container.name}",
        body=encode(ContainerAction(cid=container.cid, action=action)),
        state=state,
        expires_at=now,
        finished_at=ended,
        **fields,
    )


def test_the_page_tells_everything_known(web: Container, as_viewer: Client) -> None:
    text = as_viewer.get(path_of(web)).content.decode()
    for words in ("pierhead/web:1", "18080 → 8080/tcp", "shop_data", "/data", "shop_default", "owner", "/caddy run"):
        assert words in text


def test_it_leads_to_the_application_it_belongs_to(shop: Application, web: Container, as_viewer: Client) -> None:
    assert f'href="/applications/{shop.pk}/"' in as_viewer.get(path_of(web)).content.decode()


def test_a_project_that_was_not_made_here_is_only_named(web: Container, as_viewer: Client) -> None:
    assert "not made here" in as_viewer.get(path_of(web)).content.decode()


@pytest.mark.parametrize("by", ["name", "short"])
def test_it_is_found_by_name_and_by_short_id(by: str, web: Container, as_viewer: Client) -> None:
    which = web.name if by == "name" else web.cid[:12]
    assert as_viewer.get(f"/hosts/{web.host_id}/containers/{which}/").status_code == 200


def test_an_exit_is_explained(linux_host: Host, as_viewer: Client) -> None:
    ended = make_container(linux_host, "job", state="exited", exit_code=137, finished=timezone.now())
    assert "ran out of memory" in as_viewer.get(path_of(ended)).content.decode()


def test_a_container_of_a_host_that_is_away_still_opens(web: Container, as_deployer: Client) -> None:
    Host.objects.update(link="")
    response = as_deployer.get(path_of(web))
    assert response.status_code == 200
    assert "linux-host is not connected." in response.content.decode()


def test_its_log_says_why_it_cannot_be_had(web: Container, as_viewer: Client) -> None:
    Host.objects.update(link="")
    for headers in ({}, {"HX-Request": "true"}):
        response = as_viewer.get(path_of(web, "log/"), headers=headers)
        assert response.status_code == 200
        assert "not connected" in response.content.decode()


def test_the_log_of_the_page_is_asked_for_apart(web: Container, as_viewer: Client) -> None:
    text = as_viewer.get(path_of(web, "?tail=1000&timestamps=1")).content.decode()
    assert f'hx-get="{path_of(web, "log/")}"' in text
    assert '<option value="1000" selected>' in text
    assert 'name="timestamps" value="1" checked' in text


@pytest.mark.parametrize("tail", ["7", "-1", "abc", "99999999"])
def test_a_tail_that_is_not_offered_becomes_the_usual_one(tail: str, web: Container, as_viewer: Client) -> None:
    assert '<option value="200" selected>' in as_viewer.get(path_of(web, f"?tail={tail}")).content.decode()


def test_a_removed_container_leaves_a_sentence_in_an_open_page(web: Container, as_viewer: Client) -> None:
    path = path_of(web, "facts/")
    web.delete()
    assert "The container is gone" in as_viewer.get(path).content.decode()
    assert as_viewer.get(path.removesuffix("facts/")).status_code == 404


def test_a_viewer_sees_no_action(web: Container, as_viewer: Client, as_deployer: Client) -> None:
    for path in (path_of(web), f"/hosts/{web.host_id}/containers/"):
        assert f'formaction="{path_of(web, "stop/")}"' not in as_viewer.get(path).content.decode()
        assert f'formaction="{path_of(web, "stop/")}"' in as_deployer.get(path).content.decode()


def test_actions_fit_the_state(linux_host: Host, web: Container, as_deployer: Client) -> None:
    ended = make_container(linux_host, "job", state="exited", exit_code=0)
    running, stopped = (as_deployer.get(path_of(one)).content.decode() for one in (web, ended))
    assert path_of(web, "start/") not in running
    assert path_of(ended, "start/") in stopped
    assert path_of(ended, "stop/") not in stopped
    assert path_of(ended, "kill/") not in stopped
    assert "?force=1" in running
    assert "?force=1" not in stopped


def test_live_parts_hold_no_form_token(web: Container, as_deployer: Client) -> None:
    for path in (path_of(web, "facts/"), f"/hosts/{web.host_id}/containers-rows/"):
        assert "csrfmiddlewaretoken" not in as_deployer.get(path).content.decode()


@pytest.mark.parametrize(("on", "where"), [("list", "containers/"), ("container", "containers/{cid}/")])
def test_an_action_is_queued_and_leads_back(on: str, where: str, web: Container, as_deployer: Client) -> None:
    response = as_deployer.post(path_of(web, "stop/"), {"on": on})
    assert response.status_code == 302
    assert response["Location"] == f"/hosts/{web.host_id}/" + where.format(cid=web.cid)
    command = Command.objects.get()
    assert action_of(command).action == "stop"
    assert AuditEntry.objects.filter(action="container.stop").exists()


def test_htmx_is_not_sent_anywhere(web: Container, as_deployer: Client) -> None:
    response = as_deployer.post(path_of(web, "restart/"), headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert action_of(Command.objects.get()).action == "restart"


def test_a_running_container_is_removed_only_by_force(web: Container, as_deployer: Client) -> None:
    assert as_deployer.post(path_of(web, "remove/")).status_code == 409
    assert as_deployer.post(path_of(web, "remove/?force=1")).status_code == 302
    assert action_of(Command.objects.get()).force


def test_it_is_busy_until_the_command_ends(web: Container, as_deployer: Client) -> None:
    command = make_command(web, "stop", "running")
    text = as_deployer.get(f"/hosts/{web.host_id}/containers/").content.decode()
    assert "Stopping" in text
    assert "disabled" in text
    Command.objects.filter(pk=command.pk).update(state="succeeded", finished_at=timezone.now())
    assert "Stopping" not in as_deployer.get(f"/hosts/{web.host_id}/containers/").content.decode()


def test_a_failure_is_said_where_it_happened(web: Container, as_deployer: Client) -> None:
    make_command(web, "stop", "failed", error="The engine does not answer.")
    for path in (path_of(web), f"/hosts/{web.host_id}/containers/"):
        assert "The engine does not answer." in as_deployer.get(path).content.decode()


def test_a_later_success_takes_the_failure_away(web: Container, as_deployer: Client) -> None:
    make_command(web, "stop", "failed", error="The engine does not answer.")
    make_command(web, "stop", "succeeded")
    assert "The engine does not answer." not in as_deployer.get(path_of(web)).content.decode()


@pytest.mark.parametrize("action", ["start", "stop", "restart", "kill", "remove"])
def test_a_viewer_may_not_act_and_it_is_audited(action: str, web: Container, as_viewer: Client, viewer: User) -> None:
    assert as_viewer.post(path_of(web, f"{action}/")).status_code == 403
    assert AuditEntry.objects.filter(actor=viewer, result="denied").exists()
    assert not Command.objects.exists()


def test_a_stranger_finds_nothing_to_act_on(web: Container, as_stranger: Client) -> None:
    assert as_stranger.post(path_of(web, "stop/")).status_code == 404


def test_an_unknown_action_is_not_there(web: Container, as_deployer: Client) -> None:
    assert as_deployer.post(path_of(web, "explode/")).status_code == 404


def test_actions_answer_to_post_alone(web: Container, as_deployer: Client) -> None:
    assert as_deployer.get(path_of(web, "stop/")).status_code == 405
