"""The policy of a team: who reads and changes it, by page and API, and what it gives the policy engine."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hosts.models import Application, Host
from hosts.models.policies import TeamPolicy
from hosts.policy import Options, Request, decide
from hosts.selectors.policies import host_policy, policy_of
from hosts.services.policies import policy_change
from portal.people.access import Actor, actor_for_user
from portal.people.models import AuditEntry, Team, User
from portal.problems import Invalid, NotAllowed, NotFound
from tests.hosts.answers import answer
from tests.people import ApiClient

ApiOf = Callable[[User | None], ApiClient]
PRIVILEGED = Request("POST", "/containers/create", body={"HostConfig": {"Privileged": True}})


@pytest.fixture
def chief(admin: User) -> Actor:
    return actor_for_user(admin)


def test_a_team_without_a_policy_has_the_defaults(team: Team) -> None:
    assert policy_of(team.pk).allowed == Options()
    assert not TeamPolicy.objects.exists()


def test_a_change_keeps_only_what_differs_and_is_audited(team: Team, chief: Actor) -> None:
    row = policy_change(team=team, actor=chief, options={"privileged": True, "build": True}, record_terminals=True)
    assert row.options == {"privileged": True}
    entry = AuditEntry.objects.get(action="policy.change")
    assert entry.detail == {"changed": {"privileged": True, "record_terminals": True}}
    policy_change(team=team, actor=chief, options={})
    assert policy_of(team.pk).allowed == Options()
    assert policy_of(team.pk).record_terminals


def test_wrong_options_are_named(team: Team, chief: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        policy_change(team=team, actor=chief, options={"bind_roots": ["srv"]})
    assert list(caught.value.fields) == ["bind_roots"]


def test_only_admins_of_the_team_change_it(team: Team, deployer: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        policy_change(team=team, actor=actor_for_user(deployer), options={})
    with pytest.raises(NotFound):
        policy_change(team=team, actor=actor_for_user(stranger), options={})
    assert AuditEntry.objects.filter(action="policy.change", result="denied").count() == 2


def test_the_policy_of_a_host_is_its_teams(team: Team, chief: Actor, linux_host: Host) -> None:
    policy = host_policy(host=linux_host)
    assert not decide(role="deployer", policy=policy, request=PRIVILEGED, resources={}).allowed
    policy_change(team=team, actor=chief, options={"privileged": True})
    policy = host_policy(host=linux_host)
    assert decide(role="deployer", policy=policy, request=PRIVILEGED, resources={}).allowed


def test_a_shared_host_shows_the_teams_own(team: Team, chief: Actor, linux_host: Host) -> None:
    Application.objects.create(team=team, name="shop")
    assert host_policy(host=linux_host).ownership.owns({})
    policy_change(team=team, actor=chief, shared_hosts=True)
    ownership = host_policy(host=linux_host).ownership
    assert not ownership.owns({})
    assert ownership.owns({"com.docker.compose.project": "shop"})
    assert ownership.owns({"io.pierhead.team": team.slug})


def test_over_the_api(team: Team, admin: User, viewer: User, api_of: ApiOf) -> None:
    path = f"/api/v1/teams/{team.slug}/policy"
    before = answer(api_of(viewer).call("GET", path, None))
    assert before["options"] == Options().as_dict()
    body = {"options": {"bind_roots": ["/srv"]}, "shared_hosts": True}
    after = answer(api_of(admin).call("PUT", path, body))
    assert after["options"]["bind_roots"] == ["/srv"]
    assert after["shared_hosts"] is True
    wrong = answer(api_of(admin).call("PUT", path, {"options": {"bind_root": []}}), 422)
    assert "bind_root" in wrong["errors"]


def form_of(options: dict[str, Any]) -> dict[str, Any]:
    """What the page's form posts for these options."""
    values = {**Options().as_dict(), **options}
    posted: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            posted[name] = "\r\n".join(value)
        elif value is not False:
            posted[name] = "on" if value is True else str(value)
    return posted


def test_the_page_changes_it(team: Team, admin: User, client: Client) -> None:
    client.force_login(admin)
    address = f"/team/{team.slug}/policy/"
    page = client.get(address).content.decode()
    assert "Save the policy" in page
    posted = form_of({"bind_roots": ["/srv/a", "/srv/b:ro"], "exec": False, "maximum_cpus": 1.5})
    assert client.post(address, posted | {"record_terminals": "on"}).status_code == 302
    row = policy_of(team.pk)
    assert row.options == {"bind_roots": ["/srv/a", "/srv/b:ro"], "exec": False, "maximum_cpus": 1.5}
    assert row.record_terminals
    assert "/srv/b:ro" in client.get(address).content.decode()


def test_the_page_says_what_is_wrong(team: Team, admin: User, client: Client) -> None:
    client.force_login(admin)
    refused = client.post(f"/team/{team.slug}/policy/", form_of({"bind_roots": ["srv"]}))
    assert refused.status_code == 422
    assert "whole paths" in refused.content.decode()


def test_a_viewer_reads_it(team: Team, viewer: User, client: Client) -> None:
    client.force_login(viewer)
    page = client.get(f"/team/{team.slug}/policy/").content.decode()
    assert "Save the policy" not in page
    assert "nofile" in page
