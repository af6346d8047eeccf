"""A batch from wish to ready hosts and away again, each look a worker's own; the stand-in's machines enrol for real."""

import base64
import gzip
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from engine_agent.protocol import enrolment_bytes, public_key_of, sign
from engine_agent.protocol.facts import HostFacts
from hosts.azure.templates import Wish
from hosts.models import AzureBatch, AzureMachine, AzureSubscription, Enrolment, Host
from hosts.models.azure import BatchState
from hosts.services.azure_batches import batch_create, batch_delete, batch_start
from hosts.services.azure_machines import machine_act
from hosts.services.azure_orphans import orphans
from hosts.services.azure_steps import batch_advance, batches_due
from hosts.services.enrolments import enrolment_spend
from portal.people.access import Actor
from portal.people.models import AuditEntry
from portal.problems import Conflict, Invalid, NotAllowed, Refused
from tests.standins.arm import Arm

from .conftest import client_of

pytestmark = pytest.mark.django_db

WISH = Wish("web", "westeurope", "ubuntu-24.04", "Standard_B2s", 2)
TOKEN = re.compile(r"phe_[\w-]+")


def enrol(name: str, script: str) -> None:
    """What the set-up script does at its end, without the machine around it: spend the token, come online."""
    found = TOKEN.search(script)
    assert found is not None
    key = name.encode().ljust(32, b"k")[:32]
    host = enrolment_spend(
        token=found[0],
        public_key=public_key_of(key),
        signature=sign(key, enrolment_bytes(found[0], public_key_of(key))),
        name=name,
        facts=HostFacts(hostname=name, agent_version="0.1.0", os="linux", architecture="amd64"),
        address="10.42.0.4",
    )
    Host.objects.filter(pk=host.pk).update(link=f"{name}@node", last_seen_at=timezone.now())


class Machines:
    """What has booted since the last look. They enrol here, not in the stand-in's thread."""

    def __init__(self, arm: Arm) -> None:
        self.booted: list[tuple[str, str]] = []
        arm.world.boot = self._boot

    def _boot(self, name: str, protected: Mapping[str, Any]) -> None:
        self.booted.append((name, gzip.decompress(base64.b64decode(protected["script"])).decode()))

    def come(self) -> None:
        while self.booted:
            enrol(*self.booted.pop(0))


def look(batch: AzureBatch, arm: Arm, times: int = 1) -> AzureBatch:
    for _ in range(times):
        batch_advance(batch_id=batch.pk, ask=lambda _row: client_of(arm))
        if arm.world.boot is not None:
            arm.world.boot.__self__.come()  # type: ignore[attr-defined]
    batch.refresh_from_db()
    return batch


def until(batch: AzureBatch, arm: Arm, *states: str) -> AzureBatch:
    for _ in range(12):
        if batch.state in states:
            return batch
        look(batch, arm)
    raise AssertionError(f"the batch stays {batch.state}: {batch.error}")


@pytest.fixture
def planned(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> AzureBatch:
    batch = batch_create(subscription=subscription, wish=WISH, labels={"zone": "eu"}, actor=admin_actor)
    return until(batch, arm, BatchState.PLANNED)


@pytest.fixture
def ready(planned: AzureBatch, admin_actor: Actor, arm: Arm) -> AzureBatch:
    Machines(arm)
    return until(batch_start(batch=planned, actor=admin_actor), arm, BatchState.READY)


def test_a_plan_is_azures_own_what_if(planned: AzureBatch, arm: Arm) -> None:
    kinds = [(change["kind"], change["name"]) for change in planned.changes if "virtualMachines" in change["type"]]
    assert ("Create", "web-1") in kinds
    assert arm.world.resources == {}
    assert not Enrolment.objects.exists()


def test_nothing_is_deployed_before_somebody_agrees(planned: AzureBatch, arm: Arm) -> None:
    look(planned, arm, 3)
    assert planned.state == BatchState.PLANNED
    assert arm.world.deployments == {}


def test_machines_become_hosts_of_the_team_by_themselves(ready: AzureBatch) -> None:
    hosts = list(Host.objects.order_by("name"))
    assert [host.name for host in hosts] == ["web-1", "web-2"]
    assert all(host.team_id == ready.team_id for host in hosts)
    assert hosts[0].labels == {"azure": "web", "azure-region": "westeurope", "zone": "eu"}
    assert [(one.name, one.power) for one in ready.machines.all()] == [("web-1", "running"), ("web-2", "running")]
    assert {one["state"] for one in ready.operations} == {"Succeeded"}
    assert ready.finished_at is not None


def test_the_token_is_spent_and_appears_in_no_request_outside_protected_settings(ready: AzureBatch, arm: Arm) -> None:
    assert ready.enrolment is not None
    assert (ready.enrolment.used, ready.enrolment.open) == (2, False)
    for _method, _path, body in arm.log.entries:
        text = str(
            {**body["properties"], "parameters": {}} if body and "template" in body.get("properties", {}) else body
        )
        assert not TOKEN.search(text)
    assert not TOKEN.search(str(list(AuditEntry.objects.values_list("detail", "target_label"))))


def test_a_look_that_was_cut_off_after_azure_took_it_is_carried_on(
    planned: AzureBatch, admin_actor: Actor, arm: Arm
) -> None:
    Machines(arm)
    batch_start(batch=planned, actor=admin_actor)
    look(planned, arm)
    AzureBatch.objects.filter(pk=planned.pk).update(leased_until=None, operations=[])  # the worker died here
    until(planned, arm, BatchState.READY)
    puts = [path for method, path, _body in arm.log.entries if method == "PUT" and "/deployments/" in path]
    assert len(puts) == 1


def test_two_workers_do_not_look_at_the_same_time(planned: AzureBatch, admin_actor: Actor, arm: Arm) -> None:
    batch_start(batch=planned, actor=admin_actor)
    AzureBatch.objects.filter(pk=planned.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    assert batch_advance(batch_id=planned.pk, ask=lambda _row: client_of(arm)) == ""
    assert planned.pk not in batches_due(now=timezone.now())
    assert planned.pk in batches_due(now=timezone.now() + timedelta(minutes=2))


def test_a_failed_deployment_says_azures_inner_reason_and_what_to_do(
    planned: AzureBatch, admin_actor: Actor, arm: Arm
) -> None:
    arm.world.cpus_left = 2
    batch = until(batch_start(batch=planned, actor=admin_actor), arm, BatchState.FAILED)
    assert "quota" in batch.error
    assert "smaller machines" in batch.advice
    assert [one.name for one in batch.machines.all()] == ["web-1"]  # what was made is shown, and can be deleted
    batch = until(batch_delete(batch=batch, actor=admin_actor), arm, BatchState.DELETED)
    assert arm.world.resources == {}


def test_machines_that_never_come_are_given_up(planned: AzureBatch, admin_actor: Actor, arm: Arm) -> None:
    batch = until(batch_start(batch=planned, actor=admin_actor), arm, BatchState.ENROLLING)
    AzureBatch.objects.filter(pk=batch.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    batch = until(batch, arm, BatchState.FAILED)
    assert "2 of 2 machines" in batch.error
    assert "page of each machine" in batch.advice


def test_a_deployment_that_never_ends_is_cancelled(planned: AzureBatch, admin_actor: Actor, arm: Arm) -> None:
    arm.world.polls = 1000
    batch_start(batch=planned, actor=admin_actor)
    look(planned, arm, 2)
    AzureBatch.objects.filter(pk=planned.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    batch = until(planned, arm, BatchState.FAILED)
    assert "an hour" in batch.error
    assert [one.state for one in arm.world.deployments.values()] == ["Canceled"]


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "ServiceUnavailable"), (409, "Conflict")])
def test_what_passes_is_waited_for(planned: AzureBatch, admin_actor: Actor, arm: Arm, status: int, code: str) -> None:
    Machines(arm)
    batch_start(batch=planned, actor=admin_actor)
    arm.switches.statuses = [(status, code, "Not now.")] * 3
    look(planned, arm)
    assert planned.state == BatchState.DEPLOYING
    assert planned.error == "Not now."
    assert planned.next_at is not None
    arm.switches.statuses = []
    assert until(planned, arm, BatchState.READY).error == ""


def test_a_missing_right_is_named(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> None:
    text = "The client 'x' does not have authorization to perform action 'Microsoft.Resources/subscriptions/x/write'"
    arm.switches.statuses = [(403, "AuthorizationFailed", f"{text} over scope 'y'.")]
    batch = batch_create(subscription=subscription, wish=WISH, labels={}, actor=admin_actor)
    batch = until(batch, arm, BatchState.FAILED)
    assert "Microsoft.Resources/subscriptions/x/write" in batch.error


def test_deleting_takes_machines_and_hosts_and_the_token(ready: AzureBatch, admin_actor: Actor, arm: Arm) -> None:
    batch = until(batch_delete(batch=ready, actor=admin_actor), arm, BatchState.DELETED)
    assert arm.world.groups == {}
    assert not batch.machines.exists()
    assert all(host.revoked_at is not None for host in Host.objects.all())


def test_deleting_while_it_is_made_wins(planned: AzureBatch, admin_actor: Actor, arm: Arm) -> None:
    batch_start(batch=planned, actor=admin_actor)
    look(planned, arm)
    planned = until(batch_delete(batch=planned, actor=admin_actor), arm, BatchState.DELETED)
    assert planned.enrolment is not None
    assert not planned.enrolment.open
    assert arm.world.groups == {}


def test_a_token_taken_from_somebody_elses_hands_is_worth_nothing(ready: AzureBatch, arm: Arm) -> None:
    """All uses are spent by the machines themselves: who intercepts the script afterwards is refused."""
    [put] = [body for method, path, body in arm.log.entries if method == "PUT" and "/deployments/" in path]
    script = gzip.decompress(base64.b64decode(put["properties"]["parameters"]["setup"]["value"])).decode()
    with pytest.raises(Refused):
        enrol("intruder", script)


@pytest.mark.parametrize(("action", "power"), [("stop", "deallocated"), ("start", "running")])
def test_a_machine_is_told_and_seen_to_have_done_it(
    ready: AzureBatch, admin_actor: Actor, arm: Arm, action: str, power: str
) -> None:
    machine = AzureMachine.objects.get(name="web-1")
    machine_act(machine=machine, action=action, actor=admin_actor, ask=lambda _row: client_of(arm))
    machine.refresh_from_db()
    assert machine.asked == action
    look(ready, arm)
    machine.refresh_from_db()
    assert (machine.power, machine.asked) == (power, "")


def test_what_a_machine_cannot_do_is_refused(ready: AzureBatch, admin_actor: Actor) -> None:
    with pytest.raises(Invalid):
        machine_act(machine=AzureMachine.objects.get(name="web-1"), action="fly", actor=admin_actor)


def test_a_started_batch_is_not_started_again(ready: AzureBatch, admin_actor: Actor) -> None:
    with pytest.raises(Conflict):
        batch_start(batch=ready, actor=admin_actor)


def test_a_deployer_makes_no_machines(subscription: AzureSubscription, deployer_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        batch_create(subscription=subscription, wish=WISH, labels={}, actor=deployer_actor)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Web"}, "name"),
        ({"image": "beos"}, "image"),
        ({"region": "west europe"}, "region"),
        ({"size": "big one"}, "size"),
        ({"count": 101}, "count"),
        ({"zones": ("7",)}, "zones"),
        ({"disk_gib": 1}, "disk_gib"),
        ({"name": "a-long-name-here", "image": "windows-2022"}, "name"),
    ],
)
def test_a_wish_that_azure_would_refuse_is_refused_here(
    subscription: AzureSubscription, admin_actor: Actor, change: dict[str, Any], field: str
) -> None:
    wish = Wish(**{"name": "web", "region": "r", "image": "ubuntu-24.04", "size": "s", **change})
    with pytest.raises(Invalid) as caught:
        batch_create(subscription=subscription, wish=wish, labels={}, actor=admin_actor)
    assert field in caught.value.fields


def test_what_nobody_knows_any_more_is_found(ready: AzureBatch, arm: Arm, subscription: AzureSubscription) -> None:
    client_of(arm).group_put("left-over", "westeurope", {"pierhead-batch": "0" * 32})
    assert orphans(subscription=subscription, ask=lambda _row: client_of(arm)) == ["left-over"]
