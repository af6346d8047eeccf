"""The client through Microsoft's own libraries: what it asks, what it understands, and Azure's errors as ours."""

import pytest

from hosts.azure.client import AzureClient
from hosts.azure.errors import (
    Away,
    AzureError,
    Clash,
    Missing,
    NotPermitted,
    Rejected,
    SignInRefused,
    Throttled,
    innermost,
)
from hosts.azure.templates import Wish, machines_template
from tests.standins.arm import Arm

from .conftest import client_of

WISH = Wish("web", "westeurope", "ubuntu-24.04", "Standard_B2s", 2)
VALUES = {"adminPassword": "p", "setup": "s"}


def deployed(azure: AzureClient, wish: Wish = WISH) -> str:
    """Deploy and look until it has ended; the state."""
    azure.group_put("g", "westeurope", {"pierhead-batch": "b"})
    azure.deployment_put("g", "d", machines_template(wish, {}), VALUES)
    for _ in range(20):
        state = azure.deployment("g", "d")
        assert state is not None
        if state.ended:
            return state.state
    raise AssertionError("it never ends")


def test_a_subscription_says_its_name(azure: AzureClient) -> None:
    assert azure.check() == "Harbour"
    assert ("westeurope", "West Europe") in azure.regions()


def test_sizes_and_quota_of_a_region(azure: AzureClient) -> None:
    [small, *_rest] = azure.sizes("westeurope")
    assert (small.name, small.cpus, small.memory_gib, small.zones) == ("Standard_B2s", 2, 4.0, ("1", "2", "3"))
    [cores] = [one for one in azure.quotas("westeurope") if one.family == "cores"]
    assert (cores.family, cores.left) == ("cores", 100)


def test_a_what_if_names_each_change_and_makes_nothing(azure: AzureClient, arm: Arm) -> None:
    azure.group_put("g", "westeurope", {})
    changes = azure.what_if("g", "d", machines_template(WISH, {}), VALUES)
    assert {change.kind for change in changes} == {"Create"}
    names = [change.name for change in changes if change.resource_type == "Microsoft.Compute/virtualMachines"]
    assert names == ["web-1", "web-2"]
    assert arm.world.resources == {}


def test_a_deployment_makes_machines_and_tells_of_each_resource(azure: AzureClient) -> None:
    assert deployed(azure) == "Succeeded"
    machines = azure.machines("g")
    assert [(one.name, one.power, one.os, one.size) for one in machines] == [
        ("web-1", "running", "linux", "Standard_B2s"),
        ("web-2", "running", "linux", "Standard_B2s"),
    ]
    operations = azure.operations("g", "d")
    assert ("Microsoft.Compute/virtualMachines/extensions", "web-1/pierhead", "Succeeded", 82.5) in [
        (one.resource_type, one.name, one.state, one.seconds) for one in operations
    ]


def test_a_machine_is_stopped_so_that_it_costs_nothing_and_started_again(azure: AzureClient) -> None:
    deployed(azure)
    azure.machine_act("g", "web-1", "stop")
    assert [one.power for one in azure.machines("g")] == ["deallocated", "running"]
    azure.machine_act("g", "web-1", "start")
    assert [one.power for one in azure.machines("g")] == ["running", "running"]
    azure.machine_act("g", "web-2", "delete")
    assert [one.name for one in azure.machines("g")] == ["web-1"]


def test_deleting_a_group_takes_everything_with_it(azure: AzureClient) -> None:
    deployed(azure)
    assert [name for name, _tags in azure.groups_tagged("pierhead-batch")] == ["g"]
    azure.group_delete("g")
    assert not azure.group_exists("g")
    assert azure.machines("g") == []
    azure.group_delete("g")  # again is fine


def test_no_deployment_is_none(azure: AzureClient) -> None:
    azure.group_put("g", "westeurope", {})
    assert azure.deployment("g", "nothing") is None


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"tenant_id": "99999999-2222-4333-8444-555555555555"}, SignInRefused, "AADSTS90002"),
        ({"client_id": "99999999-7777-4888-9999-000000000000"}, SignInRefused, "AADSTS700016"),
        ({"secret": "expired"}, SignInRefused, "AADSTS7000215"),
        ({"subscription_id": "99999999-0000-4000-8000-000000000001"}, Missing, "SubscriptionNotFound"),
    ],
)
def test_who_may_not_in_is_told_why(arm: Arm, changes: dict[str, str], kind: type[AzureError], code: str) -> None:
    with pytest.raises(kind) as caught:
        client_of(arm, **changes).check()
    assert caught.value.code == code


DENIED = (
    "The client 'x' does not have authorization to perform action "
    "'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/x' or the scope is invalid."
)


@pytest.mark.parametrize(
    ("status", "code", "text", "kind"),
    [
        (403, "AuthorizationFailed", DENIED, NotPermitted),
        (403, "RequestDisallowedByPolicy", "Resource 'web' was disallowed by policy.", Rejected),
        (409, "Conflict", "Another operation is in progress.", Clash),
        (400, "InvalidTemplate", "Deployment template validation failed.", Rejected),
        (404, "ResourceGroupNotFound", "Resource group 'g' could not be found.", Missing),
    ],
)
def test_azures_refusals_are_told_apart(
    azure: AzureClient, arm: Arm, status: int, code: str, text: str, kind: type[AzureError]
) -> None:
    arm.switches.statuses = [(status, code, text)]
    with pytest.raises(kind) as caught:
        azure.group_put("g", "westeurope", {})
    assert (caught.value.code, caught.value.detail) == (code, text)
    if code == "AuthorizationFailed":
        assert caught.value.action == "Microsoft.Compute/virtualMachines/write"


def test_a_busy_azure_is_asked_again_by_itself(azure: AzureClient, arm: Arm) -> None:
    arm.switches.statuses = [(429, "TooManyRequests", "Slow down.")]
    azure.group_put("g", "westeurope", {})
    assert azure.group_exists("g")


def test_a_busy_azure_that_stays_busy_says_when_to_come_back(azure: AzureClient, arm: Arm) -> None:
    arm.switches.statuses = [(429, "TooManyRequests", "Slow down.")] * 5
    with pytest.raises(Throttled) as caught:
        azure.group_put("g", "westeurope", {})
    assert caught.value.retry_after == 1.0
    assert not caught.value.permanent


def test_an_azure_that_is_not_there_is_away() -> None:
    from hosts.azure.types import Endpoints

    from .conftest import account

    gone = AzureClient(account(), Endpoints("https://127.0.0.1:9", "https://127.0.0.1:9"), timeout=0.5)
    with pytest.raises((Away, SignInRefused)):
        gone.check()


def test_a_certificate_nobody_vouches_for_is_not_believed(arm: Arm) -> None:
    from hosts.azure.types import Endpoints

    from .conftest import account

    with pytest.raises((Away, SignInRefused)):
        AzureClient(account(), Endpoints(arm.url, arm.url), timeout=2).check()
    assert arm.log.entries == []


def test_the_innermost_reason_is_found() -> None:
    error = {
        "code": "DeploymentFailed",
        "message": "outer",
        "details": [
            {"code": "Conflict", "message": '{"error": {"code": "QuotaExceeded", "message": "too many cores"}}'}
        ],
    }
    assert innermost(error) == ("QuotaExceeded", "too many cores")


def test_quota_and_missing_sizes_end_a_deployment_with_azures_reason(azure: AzureClient, arm: Arm) -> None:
    arm.world.cpus_left = 2
    assert deployed(azure) == "Failed"
    state = azure.deployment("g", "d")
    assert state is not None
    assert (state.code, "quota" in state.error) == ("QuotaExceeded", True)


def test_nothing_secret_is_written_in_a_deployment_for_others_to_read(azure: AzureClient, arm: Arm) -> None:
    deployed(azure)
    machine = machines_template(WISH, {})
    assert "phe_" not in str(machine)
    shown = arm.world.deployments["g", "d"].body["parameters"]
    assert set(shown) == {"adminPassword", "setup"}
    kinds = {name: machine["parameters"][name]["type"] for name in shown}
    assert set(kinds.values()) == {"securestring"}
