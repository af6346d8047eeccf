"""Machines that were in Azure before become hosts; resource groups that nobody knows any more are found and deleted."""

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import pytest

from hosts.azure.templates import machines_template
from hosts.azure.wishes import Wish
from hosts.jobs import azure_orphans_look
from hosts.models import AzureBatch, AzureMachine, AzureOrphan, AzureSubscription, Host
from hosts.models.azure import BatchState
from hosts.selectors.azure_machines import candidates
from hosts.services.azure_batches import batch_delete
from hosts.services.azure_imports import import_create, import_retry
from hosts.services.azure_orphans import orphan_delete
from portal.people.access import Actor
from portal.problems import Conflict, Invalid, NotAllowed
from tests.standins.arm import Arm

from .conftest import client_of
from .test_batches import TOKEN, enrol, look, until

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(connected: AzureSubscription, arm: Arm) -> AzureSubscription:
    """A subscription with two Linux machines that somebody made without the portal."""
    azure = client_of(arm)
    azure.group_put("theirs", "westeurope", {})
    wish = Wish("old", "westeurope", "ubuntu-24.04", "Standard_B2s", 2)
    template = machines_template(wish, {})
    azure.deployment_put("theirs", "d", template, {"adminPassword": "Secret-1234567", "setup": "none"})
    for _ in range(10):
        found = azure.deployment("theirs", "d")
        if found is not None and found.ended:
            break
    arm.log.entries.clear()
    return connected


class Set:
    """What the set-up has been given to run since the last look."""

    def __init__(self, arm: Arm) -> None:
        self.given: list[tuple[str, Mapping[str, Any]]] = []
        arm.world.boot = self._boot

    def _boot(self, name: str, protected: Mapping[str, Any]) -> None:
        self.given.append((name, protected))

    def come(self) -> None:
        while self.given:
            name, protected = self.given.pop(0)
            enrol(name, gzip.decompress(base64.b64decode(protected["script"])).decode())


def imported(subscription: AzureSubscription, actor: Actor, way: str = "extension", **changes: Any) -> AzureBatch:
    values = {"group": "theirs", "names": ["old-1", "old-2"], "labels": {"old": "yes"}, **changes}
    return import_create(subscription=subscription, way=way, actor=actor, **values)


@pytest.mark.parametrize("way", ["extension", "command"])
def test_machines_become_hosts_each_with_a_token_of_its_own(
    theirs: AzureSubscription, admin_actor: Actor, arm: Arm, way: str
) -> None:
    assert [one.name for one in candidates(theirs)] == ["old-1", "old-2"]
    Set(arm)
    batch = until(imported(theirs, admin_actor, way), arm, BatchState.READY)
    assert [host.name for host in batch.hosts.order_by("name")] == ["old-1", "old-2"]
    assert Host.objects.get(name="old-1").labels == {"azure": "old-1", "azure-region": "westeurope", "old": "yes"}
    assert len({one.enrolment_id for one in batch.machines.all()}) == 2
    assert candidates(theirs) == []
    for _method, _path, body in arm.log.entries:
        assert not TOKEN.search(str(body))


def test_a_set_up_that_fails_says_why_and_is_tried_again(
    theirs: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    arm.world.market_text = "apt-get cannot reach its mirror."
    batch = until(imported(theirs, admin_actor), arm, BatchState.FAILED)
    assert "apt-get cannot reach its mirror." in batch.error
    assert "try again" in batch.advice
    arm.world.market_text = ""
    Set(arm)
    assert until(import_retry(batch=batch, actor=admin_actor), arm, BatchState.READY).error == ""


def test_deleting_an_import_leaves_azure_as_it_is(theirs: AzureSubscription, admin_actor: Actor, arm: Arm) -> None:
    Set(arm)
    batch = until(imported(theirs, admin_actor), arm, BatchState.READY)
    until(batch_delete(batch=batch, actor=admin_actor), arm, BatchState.DELETED)
    assert "theirs" in arm.world.groups
    assert len(client_of(arm).machines("theirs")) == 2
    assert all(host.revoked_at is not None for host in Host.objects.all())


@pytest.mark.parametrize(
    ("changes", "field"), [({"names": ["nobody"]}, "names"), ({"names": []}, "names"), ({"way": "telepathy"}, "way")]
)
def test_what_cannot_be_imported_is_refused(
    theirs: AzureSubscription, admin_actor: Actor, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        imported(theirs, admin_actor, **changes)
    assert field in caught.value.fields


def test_a_machine_that_is_stopped_has_to_be_started_first(
    theirs: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    client_of(arm).machine_act("theirs", "old-2", "stop")
    with pytest.raises(Invalid, match="Start it first"):
        imported(theirs, admin_actor)


def test_a_machine_is_imported_once_and_by_an_admin_only(
    theirs: AzureSubscription, admin_actor: Actor, deployer_actor: Actor
) -> None:
    with pytest.raises(NotAllowed):
        imported(theirs, deployer_actor)
    imported(theirs, admin_actor, names=["old-1"])
    with pytest.raises(Conflict, match="already"):
        imported(theirs, admin_actor)
    assert AzureMachine.objects.count() == 1


def test_left_over_groups_are_kept_by_the_night_and_deleted_when_somebody_says_so(
    connected: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    client_of(arm).group_put("left-over", "westeurope", {"pierhead-batch": "0" * 32})
    client_of(arm).group_put("not-ours", "westeurope", {})
    assert azure_orphans_look(str(connected.pk)) == 1
    assert azure_orphans_look(str(connected.pk)) == 1
    orphan_delete(orphan=AzureOrphan.objects.get(), actor=admin_actor)
    assert list(arm.world.groups) == ["not-ours"]
    assert azure_orphans_look(str(connected.pk)) == 0
    assert not AzureOrphan.objects.exists()


def test_a_group_that_is_gone_meanwhile_is_not_deleted_twice(
    connected: AzureSubscription, admin_actor: Actor, deployer_actor: Actor, arm: Arm
) -> None:
    client_of(arm).group_put("left-over", "westeurope", {"pierhead-batch": "0" * 32})
    azure_orphans_look(str(connected.pk))
    orphan = AzureOrphan.objects.get()
    with pytest.raises(NotAllowed):
        orphan_delete(orphan=orphan, actor=deployer_actor)
    client_of(arm).group_delete("left-over")
    with pytest.raises(Conflict):
        orphan_delete(orphan=orphan, actor=admin_actor)
    assert not AzureOrphan.objects.exists()


def test_a_subscription_that_cannot_be_asked_keeps_what_was_known(connected: AzureSubscription, arm: Arm) -> None:
    client_of(arm).group_put("left-over", "westeurope", {"pierhead-batch": "0" * 32})
    azure_orphans_look(str(connected.pk))
    arm.switches.statuses = [(403, "AuthorizationFailed", "No.")]
    assert azure_orphans_look(str(connected.pk)) == 1


def test_a_never_enrolling_machine_keeps_the_end_of_its_console(
    theirs: AzureSubscription, admin_actor: Actor, arm: Arm
) -> None:
    batch = until(imported(theirs, admin_actor, names=["old-1"]), arm, BatchState.ENROLLING)
    AzureBatch.objects.filter(pk=batch.pk).update(deadline=batch.started_at)
    batch = look(batch, arm)
    assert batch.state == BatchState.FAILED
    assert "1 of 1 machines" in batch.error
