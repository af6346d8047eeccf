"""The life of a machine: another size, its console, what it cost, what differs between Azure and the portal."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import AzureBatch, AzureMachine, AzureRun, AzureSubscription
from hosts.models.azure import BatchState
from hosts.problems import AzureRefused
from hosts.selectors.azure_costs import costs_of, total_of
from hosts.selectors.azure_machines import machine_views, machines_all, size_choices
from hosts.services.azure_batches import batch_create, batch_start
from hosts.services.azure_machines import machine_accept, machine_act, machine_console, machine_resize
from portal.people.access import Actor
from portal.people.models import User
from portal.problems import Invalid, NotAllowed
from tests.standins.arm import Arm

from .test_batches import WISH, Machines, look, until

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def machine(connected: AzureSubscription, admin_actor: Actor, arm: Arm) -> AzureMachine:
    """The first of two that run and are hosts."""
    batch = until(batch_create(subscription=connected, wish=WISH, labels={}, actor=admin_actor), arm, "planned")
    Machines(arm)
    until(batch_start(batch=batch, actor=admin_actor), arm, BatchState.READY)
    return seen("web-1")


def seen(name: str) -> AzureMachine:
    return AzureMachine.objects.select_related("batch", "batch__subscription", "batch__team").get(name=name)


def key_of(machine: AzureMachine, arm: Arm) -> str:
    return arm.world.resource_id(machine.batch.group, "Microsoft.Compute/virtualMachines", machine.name).lower()


def drift_kinds(machine: AzureMachine) -> list[str]:
    [view] = machine_views([machine])
    return [one.kind for one in view.drift]


def test_a_resize_is_asked_for_and_seen_to_be_done(machine: AzureMachine, admin_actor: Actor, arm: Arm) -> None:
    names = [one.size.name for one in size_choices(machine) if not one.refused]
    assert "Standard_D2s_v5" in names
    assert machine.size not in names
    machine_resize(machine=machine, size="Standard_D2s_v5", actor=admin_actor)
    look(machine.batch, arm)
    again = seen(machine.name)
    assert (again.size, again.asked) == ("Standard_D2s_v5", "")
    assert drift_kinds(again) == []
    assert list(again.runs.values_list("size", flat=True)) == ["Standard_B2s", "Standard_D2s_v5"]


@pytest.mark.parametrize(
    ("size", "error"),
    [("big one", Invalid), ("Standard_B2s", Invalid), ("Standard_M128s", AzureRefused)],
)
def test_a_size_that_cannot_be_is_refused_beside_its_field(
    machine: AzureMachine, admin_actor: Actor, size: str, error: type[Invalid]
) -> None:
    with pytest.raises(error) as caught:
        machine_resize(machine=machine, size=size, actor=admin_actor)
    assert "size" in caught.value.fields
    assert seen(machine.name).asked == ""


def test_a_deleted_machine_is_gone_when_azure_says_so(machine: AzureMachine, admin_actor: Actor, arm: Arm) -> None:
    machine_act(machine=machine, action="delete", actor=admin_actor)
    look(machine.batch, arm)
    assert list(machine.batch.machines.values_list("name", flat=True)) == ["web-2"]


def test_a_machine_that_somebody_deleted_in_azure_is_shown_as_gone_and_can_be_forgotten(
    machine: AzureMachine, admin_actor: Actor, arm: Arm
) -> None:
    arm.world.act(key_of(machine, arm), "delete")
    look(machine.batch, arm)
    gone = seen(machine.name)
    assert drift_kinds(gone) == ["gone"]
    assert [one.name for one in machines_all(actor=admin_actor, drifted=True)] == [machine.name]
    machine_accept(machine=gone, actor=admin_actor)
    assert list(machine.batch.machines.values_list("name", flat=True)) == ["web-2"]


def test_power_size_and_tags_that_were_changed_in_azure_are_shown_and_can_be_taken(
    machine: AzureMachine, admin_actor: Actor, arm: Arm
) -> None:
    key = key_of(machine, arm)
    arm.world.power[key] = "deallocated"
    arm.world.resources[key]["tags"] = {}
    properties = arm.world.resources[key]["properties"]
    arm.world.resources[key]["properties"] = {**properties, "hardwareProfile": {"vmSize": "Standard_D4s_v5"}}
    look(machine.batch, arm)
    assert drift_kinds(seen(machine.name)) == ["power", "size", "tags"]
    machine_accept(machine=seen(machine.name), actor=admin_actor)
    assert drift_kinds(seen(machine.name)) == ["tags"]


def test_the_console_is_what_the_machine_wrote_without_tokens(
    machine: AzureMachine, admin_actor: Actor, deployer_actor: Actor
) -> None:
    assert "phe_" not in machine_console(machine=machine, actor=admin_actor).replace("phe_…", "")
    with pytest.raises(NotAllowed):
        machine_console(machine=machine, actor=deployer_actor)


def test_the_cost_is_hours_that_it_ran_times_the_price_of_its_size(machine: AzureMachine, arm: Arm) -> None:
    hourly = Decimal(str(next(one.hourly for one in arm.world.market.sizes if one.name == "Standard_B2s")))
    now = timezone.now()
    run = machine.runs.get()
    assert (run.hourly, run.currency) == (hourly, "USD")
    AzureRun.objects.filter(pk=run.pk).update(started_at=now - timedelta(hours=10), ended_at=now - timedelta(hours=4))
    [cost] = costs_of([machine.pk], now=now).values()
    assert cost.hours == pytest.approx(6)
    assert float(cost.amount) == pytest.approx(float(hourly) * 6)


def test_hours_without_a_price_are_counted_apart(machine: AzureMachine) -> None:
    AzureRun.objects.filter(machine=machine).update(hourly=None, priced_at=None)
    [cost] = costs_of([machine.pk], now=timezone.now() + timedelta(hours=2)).values()
    assert not cost.known
    assert cost.unpriced == pytest.approx(cost.hours)
    total = total_of([cost, cost])
    assert total is not None
    assert total.hours == pytest.approx(cost.hours * 2)
    assert total_of([]) is None


def test_the_api_asks_the_same_of_a_machine(
    machine: AzureMachine, admin: User, api_of: Callable[[User], Any], arm: Arm
) -> None:
    where = f"azure/machines/{machine.batch_id}/machines/{machine.name}"
    answer = api_of(admin).post(f"{where}/stop")
    assert (answer.status_code, answer.json()) == (202, {"name": "web-1", "asked": "stop"})
    look(machine.batch, arm)
    assert seen(machine.name).power == "deallocated"
    assert api_of(admin).post(f"{where}/resize", {"size": "Standard_D2s_v5"}).status_code == 202


def test_a_stopped_machine_costs_no_more(machine: AzureMachine, admin_actor: Actor, arm: Arm) -> None:
    machine_act(machine=machine, action="stop", actor=admin_actor)
    look(machine.batch, arm)
    assert machine.runs.get().ended_at is not None
    assert drift_kinds(seen(machine.name)) == []


def test_the_pages_of_a_machine_are_there(machine: AzureMachine, admin: User, client_of: ClientOf) -> None:
    browser, where = client_of(admin), f"/azure/machines/{machine.batch_id}/m/{machine.name}/"
    assert "Cost so far" in browser.get(where).content.decode()
    assert "Standard_D2s_v5" in browser.get(f"{where}size/").content.decode()
    assert browser.get(f"{where}console/").status_code == 200
    rows = browser.get("/azure/machines/", {"q": "web-1", "power": "running"}).content.decode()
    assert where in rows
    assert "web-2" not in rows
    assert AzureBatch.objects.count() == 1
