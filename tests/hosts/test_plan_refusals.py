"""What a policy forbids at planning and deploying is in the audit, with its rule; what else is refused is not."""

from collections.abc import Callable
from typing import Any

import pytest

from hosts.models import Application, Host
from hosts.plan_types import PlanRefused, Refusal
from hosts.services.applications import application_create
from hosts.services.plan_refusals import PLAN, refusal_record
from hosts.services.plans import plan_make, revision_project
from hosts.services.scaling import service_scale
from portal.people.access import Actor, actor_for_user
from portal.people.models import AuditEntry, Team, User
from tests.hosts.deploying import start
from tests.hosts.resolving import resolve

BOUND: dict[str, Any] = {"image": "nginx:1", "volumes": ["/etc:/e"], "privileged": True}


def rows(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action, result=AuditEntry.Result.DENIED).order_by("pk"))


def bound_service(revision: Any) -> str:
    [service] = revision_project(revision).services
    return service.name


@pytest.fixture
def actor(deployer: User) -> Actor:
    return actor_for_user(deployer)


@pytest.fixture
def bound(team: Team, linux_host: Host, actor: Actor) -> Any:
    return application_create(team=team, name="bound", actor=actor, service=BOUND)[1]


def test_a_deployment_that_a_policy_forbids(bound: Any, actor: Actor) -> None:
    for _again in range(2):
        with pytest.raises(PlanRefused):
            start(bound, actor)
    first, second = rows("deployment.start")
    assert first.detail["rule"] == second.detail["rule"] == "bind-mount"
    assert first.detail["rules"] == "bind-mount, privileged"
    assert "/etc" in first.detail["reason"]
    assert (first.target_type, first.target_label, first.actor) == ("application", "bound", actor.user)


def test_scaling_too(bound: Any, actor: Actor) -> None:
    with pytest.raises(PlanRefused):
        service_scale(
            application=bound.application, service=bound_service(bound), replicas=2, actor=actor, resolve=resolve
        )
    [row] = rows("application.scale")
    assert row.detail["rule"] == "bind-mount"


def test_a_plan_is_recorded_once_however_often_it_is_looked_at(bound: Any, actor: Actor) -> None:
    for _again in range(3):
        with pytest.raises(PlanRefused):
            plan_make(revision=bound, actor=actor, resolve=resolve)
    [row] = rows(PLAN)
    assert row.detail["rule"] == "bind-mount"


def test_the_api_names_the_rule_and_leaves_a_row(bound: Any, deployer: User, api_of: Callable[[User], Any]) -> None:
    api = api_of(deployer)
    for path, action in (("plan", PLAN), ("deployments", "deployment.start")):
        answer = api.post(f"applications/{bound.application_id}/{path}", {})
        assert answer.status_code == 422
        assert {one["rule"] for one in answer.json()["refusals"]} == {"bind-mount", "privileged"}
        assert [row.detail["rule"] for row in rows(action)] == ["bind-mount"]


def test_the_page_s_deployment_leaves_its_row_though_nothing_else_stays(
    team: Team, linux_host: Host, deployer: User, client_of: Any
) -> None:
    text = "services:\n  web:\n    image: nginx:1\n    volumes: ['/etc:/e']\n"
    form = {"mode": "compose", "team": team.pk, "name": "from-page", "compose": text, "target": "any"}
    answer = client_of(deployer).post("/deploy/?mode=compose", form)
    assert answer.status_code == 422
    assert not Application.objects.filter(name="from-page").exists()
    [row] = rows("deployment.start")
    assert row.detail["rule"] == "bind-mount"


def test_what_no_policy_forbids_leaves_no_row(team: Team, actor: Actor) -> None:
    refused = PlanRefused([Refusal("port-taken", "Port 80 is taken.")])
    refusal_record(actor=actor, action="deployment.start", team=team, refused=refused)
    assert not rows("deployment.start")


def test_the_owner_of_a_host_counts_as_a_policy(team: Team, actor: Actor) -> None:
    refused = PlanRefused([Refusal("host-policy", "It is privileged.", "web", "host-1", "privileged")])
    refusal_record(actor=actor, action="deployment.start", team=team, refused=refused)
    [row] = rows("deployment.start")
    assert (row.detail["rule"], row.detail["hosts"]) == ("privileged", "host-1")
