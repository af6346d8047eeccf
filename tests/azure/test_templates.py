"""The ARM templates as data: nothing open, nothing left behind, nothing secret in the clear."""

import base64
import gzip
import json
import subprocess
from typing import Any

import pytest

from hosts.azure.roles import role_definition
from hosts.azure.scripts import linux_script, packed_powershell, packed_shell, windows_script
from hosts.azure.templates import IMAGES, Wish, machines_template
from tests.standins.arm.world import TemplateRefused, expand

GIVEN = {"adminPassword": {"value": "p"}, "setup": {"value": "s"}}


def resources(wish: Wish, kind: str) -> list[dict[str, Any]]:
    """The resources of a type, with every expression worked out."""
    return [one for one in expand(machines_template(wish, {"pierhead-batch": "b"}), GIVEN) if one["type"] == kind]


@pytest.fixture(params=sorted(IMAGES))
def wish(request: pytest.FixtureRequest) -> Wish:
    return Wish("web", "westeurope", request.param, "Standard_B2s", 3, ("1", "2"))


def test_each_machine_has_its_own_address_card_and_set_up(wish: Wish) -> None:
    names = [one["name"] for one in resources(wish, "Microsoft.Compute/virtualMachines")]
    assert names == ["web-1", "web-2", "web-3"]
    for kind in ("Network/publicIPAddresses", "Network/networkInterfaces", "Compute/virtualMachines/extensions"):
        assert len(resources(wish, f"Microsoft.{kind}")) == 3


def test_nothing_may_come_in(wish: Wish) -> None:
    [group] = resources(wish, "Microsoft.Network/networkSecurityGroups")
    rules = [rule["properties"] for rule in group["properties"]["securityRules"]]
    assert [(rule["direction"], rule["access"]) for rule in rules] == [("Inbound", "Deny")]
    [network] = resources(wish, "Microsoft.Network/virtualNetworks")
    assert all("networkSecurityGroup" in one["properties"] for one in network["properties"]["subnets"])


def test_what_belongs_to_a_machine_is_deleted_with_it(wish: Wish) -> None:
    for machine in resources(wish, "Microsoft.Compute/virtualMachines"):
        assert machine["properties"]["storageProfile"]["osDisk"]["deleteOption"] == "Delete"
        [card] = machine["properties"]["networkProfile"]["networkInterfaces"]
        assert card["properties"]["deleteOption"] == "Delete"
    for card in resources(wish, "Microsoft.Network/networkInterfaces"):
        [place] = card["properties"]["ipConfigurations"]
        assert place["properties"]["publicIPAddress"]["properties"]["deleteOption"] == "Delete"


def test_machines_are_spread_over_the_zones(wish: Wish) -> None:
    assert [one["zones"] for one in resources(wish, "Microsoft.Compute/virtualMachines")] == [["1"], ["2"], ["1"]]


def test_the_set_up_is_in_protected_settings_alone(wish: Wish) -> None:
    for extension in resources(wish, "Microsoft.Compute/virtualMachines/extensions"):
        assert extension["properties"]["settings"] == {}
        assert list(extension["properties"]["protectedSettings"].values()) == ["s"]
    template = machines_template(wish, {})
    assert {name for name, one in template["parameters"].items() if one["type"] == "securestring"} == set(GIVEN)
    assert "adminPassword" not in json.dumps(template["outputs"])


def test_everything_carries_the_batchs_tags(wish: Wish) -> None:
    rows = expand(machines_template(wish, {"pierhead-batch": "b"}), GIVEN)
    assert all(row["tags"] == {"pierhead-batch": "b"} for row in rows)


def test_dependencies_name_what_is_there(wish: Wish) -> None:
    rows = expand(machines_template(wish, {}), GIVEN)
    known = {f"{row['type']}/{row['name']}" for row in rows}
    for row in rows:
        assert set(row.get("dependsOn", [])) <= known


def test_spot_machines_are_stopped_not_deleted_when_taken_away() -> None:
    wish = Wish("web", "westeurope", "ubuntu-24.04", "Standard_B2s", spot=True)
    [machine] = resources(wish, "Microsoft.Compute/virtualMachines")
    assert (machine["properties"]["priority"], machine["properties"]["evictionPolicy"]) == ("Spot", "Deallocate")


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_bounds(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        machines_template(Wish("web", "westeurope", "ubuntu-24.04", "Standard_B2s", count), {})


def test_a_secret_without_a_value_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="setup"):
        expand(machines_template(Wish("w", "r", "ubuntu-24.04", "s"), {}), {"adminPassword": {"value": "p"}})


def test_the_linux_script_is_shell_and_ends_in_the_enrolment() -> None:
    script = linux_script(portal="https://portal.example", enrol="curl -fsSL x | sudo sh -s -- --token phe_1")
    subprocess.run(["/bin/sh", "-n"], input=script.encode(), check=True)
    assert script.index("docker-ce") < script.index("--token phe_1")
    assert gzip.decompress(base64.b64decode(packed_shell(script))).decode() == script


def test_the_windows_script_goes_on_after_the_restart() -> None:
    script = windows_script(enrol="& ./install.ps1 -Token phe_1")
    assert script.index("second.ps1") < script.index("Register-ScheduledTask") < script.index("shutdown.exe /r")
    assert "-AtStartup" in script
    line = packed_powershell(script)
    assert len(line) < 8191
    packed = line.partition("FromBase64String('")[2].partition("'")[0]
    assert gzip.decompress(base64.b64decode(packed)).decode() == script


def test_a_windows_script_that_is_too_long_is_not_sent() -> None:
    import secrets

    with pytest.raises(ValueError, match="8191"):
        packed_powershell(windows_script(enrol=secrets.token_hex(12_000)))


def test_the_role_allows_machines_and_no_more() -> None:
    role = json.loads(role_definition("s"))
    assert role["AssignableScopes"] == ["/subscriptions/s"]
    assert "*" not in role["Actions"]
    assert not any("roleAssignments" in action for action in role["Actions"])
