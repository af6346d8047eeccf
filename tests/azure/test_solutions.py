"""A solution step by step, each look a worker's own; the stand-in's machines are rows, and hosts come by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.solutions.loader import solution_get, solution_list
from hosts.models import Application, AzureSubscription, Cluster, Deployment, Host, Solution
from hosts.models.azure import BatchState
from hosts.models.solutions import SolutionState
from hosts.selectors.solutions import solution_sentence, web_addresses
from hosts.services.azure_steps import batch_advance
from hosts.services.solution_steps import solution_advance, solutions_due
from hosts.services.solutions import solution_create, solution_delete, solution_start
from portal.people.access import Actor
from portal.problems import Conflict, Invalid, NotAllowed
from tests.standins.arm import Arm

from .conftest import client_of

pytestmark = pytest.mark.django_db


def create(subscription: AzureSubscription, actor: Actor, slug: str = "web-host", **more: Any) -> Solution:
    template = solution_get(slug)
    given = {"name": "shop", "region": "westeurope", **more}
    return solution_create(subscription=subscription, template=template, actor=actor, **given)


def look(solution: Solution, arm: Arm, times: int = 1) -> Solution:
    """As often as the periodic job would come by, for machines and solution."""
    for _ in range(times):
        batch_advance(batch_id=solution.batch_id, ask=lambda _row: client_of(arm))
        solution_advance(solution_id=solution.pk)
    solution.refresh_from_db()
    return solution


def until(solution: Solution, arm: Arm, state: str) -> Solution:
    for _ in range(12):
        if solution.state == state:
            return solution
        look(solution, arm)
    raise AssertionError(f"the solution stays {solution.state}: {solution.error}; {solution.batch.error}")


def hosts_come(solution: Solution) -> list[Host]:
    """Each machine of the solution as an online host, as if it had enrolled."""
    solution.batch.refresh_from_db()
    names = [f"shop-{one['role']}-{n}" for one in solution.batch.groups for n in range(1, one["count"] + 1)]
    return [
        Host.objects.create(
            team=solution.team,
            name=name,
            public_key=f"{number:064d}",
            labels=solution.batch.enrolment.labels if solution.batch.enrolment else {},
            enrolment=solution.batch.enrolment,
            os="windows" if "-win-" in name else "linux",
            architecture="amd64",
            link="link@node",
            last_seen_at=timezone.now(),
        )
        for number, name in enumerate(names)
    ]


@pytest.fixture
def planned(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> Solution:
    return until(create(subscription, admin_actor), arm, SolutionState.PLANNED)


@pytest.fixture
def made(planned: Solution, admin_actor: Actor, arm: Arm) -> Solution:
    """Its machines are hosts; the application is next."""
    solution_start(solution=planned, actor=admin_actor)
    look(planned, arm, 4)
    hosts_come(planned)
    return until(planned, arm, SolutionState.APPLICATION)


def test_every_solution_of_the_gallery_has_a_plan(
    subscription: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    for number, template in enumerate(solution_list()):
        values = {one.name: "a secret" for one in template.parameters if one.secret}
        row = create(subscription, admin_actor, template.slug, name=f"s{number}", values=values)
        until(row, arm, SolutionState.PLANNED)
        row.batch.refresh_from_db()
        made = [one["name"] for one in row.batch.changes if one["type"].endswith("virtualMachines")]
        assert len(made) == template.machine_count
    assert arm.world.resources == {}


def test_only_web_addresses_are_open(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> None:
    values = {"DB_PASSWORD": "x", "PORT": "8080"}
    row = create(subscription, admin_actor, "web-and-database", values=values, reach="203.0.113.0/24")
    solution_start(solution=until(row, arm, SolutionState.PLANNED), actor=admin_actor)
    look(row, arm, 4)
    guards = {
        one["name"]: [rule["properties"] for rule in one["properties"]["securityRules"]]
        for one in arm.world.resources.values()
        if one["type"].endswith("networkSecurityGroups")
    }
    opened = [(rule["destinationPortRanges"], rule["sourceAddressPrefix"]) for rule in guards["shop-web-closed"][:1]]
    assert opened == [(["8080"], "203.0.113.0/24")]
    assert [rule["access"] for rule in guards["shop-db-closed"]] == ["Deny"]


def test_machines_get_the_labels_of_their_kind_and_their_address(made: Solution) -> None:
    [host] = Host.objects.all()
    assert host.labels["solution"] == made.label
    assert host.labels["role"] == "web"
    assert host.labels["io.pierhead.address"] == "10.42.0.4"
    assert [one.url for one in web_addresses(made)] == ["http://203.0.113.4/"]


def test_a_refusal_of_the_plan_is_shown_tried_again_and_at_last_ends_it(made: Solution, arm: Arm) -> None:
    look(made, arm)
    assert made.state == SolutionState.APPLICATION
    assert made.error
    Solution.objects.filter(pk=made.pk).update(deadline=timezone.now(), leased_until=None)
    look(made, arm)
    assert made.state == SolutionState.FAILED
    assert "Delete it" in made.advice


def test_a_deployment_that_was_begun_before_a_worker_died_is_found_again(made: Solution, arm: Arm) -> None:
    assert made.application is not None
    revision = made.application.revisions.get()
    running = Deployment.objects.create(application=made.application, revision=revision, plan={}, state="running")
    look(made, arm)
    assert made.deployment_id == running.pk
    Deployment.objects.filter(pk=running.pk).update(state="succeeded")
    look(made, arm)
    assert made.state == SolutionState.READY
    assert Deployment.objects.count() == 1
    assert "1 machine" in solution_sentence(made)


def test_an_application_that_fails_ends_it_with_the_reason(made: Solution, arm: Arm) -> None:
    assert made.application is not None
    revision = made.application.revisions.get()
    Deployment.objects.create(application=made.application, revision=revision, plan={}, state="failed", error="No way.")
    look(made, arm)
    assert (made.state, made.error) == (SolutionState.FAILED, "No way.")


def test_a_swarm_is_made_once_and_the_application_is_pointed_at_it(
    subscription: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    row = until(create(subscription, admin_actor, "swarm"), arm, SolutionState.PLANNED)
    solution_start(solution=row, actor=admin_actor)
    look(row, arm, 4)
    hosts_come(row)
    until(row, arm, SolutionState.CLUSTER)
    look(row, arm, 2)
    cluster = Cluster.objects.get()
    assert row.cluster_id == cluster.pk
    Solution.objects.update(cluster=None)  # the worker died before it could say so
    look(row, arm)
    assert row.cluster_id == cluster.pk
    cluster.members.update(state="active")
    look(row, arm, 2)
    assert row.state == SolutionState.APPLICATION
    assert row.application is not None
    assert row.application.revisions.latest("number").targets == {"cluster": str(cluster.pk)}


def test_a_failure_of_azure_is_the_solutions_failure(planned: Solution, admin_actor: Actor, arm: Arm) -> None:
    arm.world.cpus_left = 0
    solution_start(solution=planned, actor=admin_actor)
    until(planned, arm, SolutionState.FAILED)
    assert "quota" in planned.error
    assert "fewer or smaller" in planned.advice


@pytest.mark.parametrize("at", ["planned", "machines", "made"])
def test_deleting_leaves_nothing_at_any_step(
    subscription: AzureSubscription, admin_actor: Actor, arm: Arm, at: str
) -> None:
    row = until(create(subscription, admin_actor), arm, SolutionState.PLANNED)
    if at != "planned":
        solution_start(solution=row, actor=admin_actor)
        look(row, arm, 1 if at == "machines" else 4)
    if at == "made":
        hosts_come(row)
        until(row, arm, SolutionState.APPLICATION)
    solution_delete(solution=row, actor=admin_actor)
    until(row, arm, SolutionState.DELETED)
    assert arm.world.groups == {}
    assert not Application.objects.exists()
    assert all(host.revoked_at for host in Host.objects.all())
    assert row.batch.__class__.objects.get().state == BatchState.DELETED


def test_a_look_that_died_is_taken_up_by_the_next(planned: Solution, admin_actor: Actor) -> None:
    solution_start(solution=planned, actor=admin_actor)
    now = timezone.now()
    Solution.objects.update(leased_until=now + timedelta(minutes=1))
    assert solution_advance(solution_id=planned.pk) == ""
    assert solutions_due(now=now) == []
    assert solutions_due(now=now + timedelta(minutes=2)) == [planned.pk]


def test_what_is_not_planned_is_not_deployed(planned: Solution, admin_actor: Actor) -> None:
    solution_start(solution=planned, actor=admin_actor)
    with pytest.raises(Conflict):
        solution_start(solution=planned, actor=admin_actor)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Shop"}, "name"),
        ({"name": "much-too-long"}, "name"),
        ({"reach": "everybody"}, "reach"),
        ({"values": {"PORT": "0"}}, "values.PORT"),
        ({"values": {"NOPE": "1"}}, "values.NOPE"),
        ({"values": {"IMAGE": "two\nlines"}}, "values.IMAGE"),
        ({"sizes": {"db": "Standard_B2s"}}, "sizes"),
        ({"sizes": {"web": "big one"}}, "size"),
        ({"region": "west europe"}, "region"),
    ],
)
def test_bad_answers_are_refused_by_name(
    subscription: AzureSubscription, admin_actor: Actor, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        create(subscription, admin_actor, **change)
    assert field in caught.value.fields
    assert not Application.objects.exists()


def test_a_name_that_the_team_has_is_refused_whole(
    planned: Solution, subscription: AzureSubscription, admin_actor: Actor
) -> None:
    with pytest.raises(Conflict):
        create(subscription, admin_actor)
    assert Solution.objects.count() == 1


def test_a_deployer_makes_no_machines(subscription: AzureSubscription, deployer_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        create(subscription, deployer_actor)
