"""Exported machines: a template that holds no secret and deploys, scripts that refuse to run without a token."""

import base64
import json
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from hosts.azure.exports import POWERSHELL_TOKEN, SHELL_TOKEN, TOKEN_PLACE, Kind, Scripts, exported_files
from hosts.azure.wishes import IMAGES, System, Wish
from hosts.enrol_commands import enrol_commands
from tests.standins.arm import Arm
from tests.standins.arm.windows import GIVEN, unpacked
from tests.standins.arm.world import TemplateRefused, expand

from .conftest import client_of

SECRET = "phe_only-at-the-deployment"
PORTAL = "https://portal.example"
COMMANDS = (enrol_commands(PORTAL, SHELL_TOKEN), enrol_commands(PORTAL, POWERSHELL_TOKEN, ca_sha256="0" * 64))
SCRIPTS = Scripts(PORTAL, COMMANDS[0].linux, COMMANDS[1].windows)
KINDS = (
    Kind(Wish("shop-web", "westeurope", "ubuntu-24.04", "Standard_B2s", 2, role="web", open_ports=(80,))),
    Kind(Wish("shop-win", "westeurope", "windows-2022", "Standard_D2s_v5", role="win"), {"role": "win"}),
)
VM = "Microsoft.Compute/virtualMachines"


def exported(**options: Any) -> dict[str, str]:
    return exported_files("shop", KINDS, SCRIPTS, **options)


def template() -> dict[str, Any]:
    return dict(json.loads(exported()["template.json"]))


def given(**more: str) -> dict[str, Any]:
    tokens = {"enrolmentTokenWeb": SECRET, "enrolmentTokenWin": f"{SECRET}-too", **more}
    return {name: {"value": value} for name, value in tokens.items()}


def rows(kind: str) -> list[dict[str, Any]]:
    return [one for one in expand(template(), given()) if one["type"] == kind]


def test_every_secret_is_a_secure_parameter_without_a_value() -> None:
    parameters = template()["parameters"]
    secure = {name for name, one in parameters.items() if one["type"] == "securestring"}
    assert secure == {"adminPassword", "enrolmentTokenWeb", "enrolmentTokenWin"}
    assert [one for one in secure if "defaultValue" in parameters[one]] == ["adminPassword"]
    assert parameters["adminPassword"]["defaultValue"] == "[concat(newGuid(), '-aA1')]"  # another at each deployment
    assert "Token" not in json.dumps(template()["outputs"])
    assert "setup" not in json.dumps(parameters)


def test_size_count_and_region_are_parameters_with_what_was_there() -> None:
    parameters = json.loads(exported()["parameters.json"])["parameters"]
    assert parameters["region"] == {"value": "westeurope"}
    assert (parameters["sizeWeb"], parameters["countWeb"]) == ({"value": "Standard_B2s"}, {"value": 2})
    assert set(parameters) < set(template()["parameters"])
    assert not any("Token" in name for name in parameters)


def test_without_its_token_it_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="enrolmentTokenWe"):
        expand(template(), {})


def test_the_token_reaches_protected_settings_and_nothing_else() -> None:
    for one in expand(template(), given()):
        if one["type"] == f"{VM}/extensions":
            assert one["properties"]["settings"] == {}
            one["properties"]["protectedSettings"] = {}
        assert SECRET not in json.dumps(one)
        for packed in [one["properties"].get("osProfile", {}).get("customData", "")]:
            assert SECRET not in base64.b64decode(packed).decode()


def test_what_a_linux_machine_runs_is_whole() -> None:
    scripts = [
        base64.b64decode(one["properties"]["protectedSettings"]["script"]).decode()
        for one in rows(f"{VM}/extensions")
        if one["name"].startswith("shop-web")
    ]
    assert len(scripts) == 2
    for script in scripts:
        subprocess.run(["/bin/sh", "-n"], input=script.encode(), check=True)
        assert f"{{1:-{SECRET}}}" in script
        assert TOKEN_PLACE not in script


def test_what_a_windows_machine_runs_is_whole() -> None:
    [one] = [one for one in rows(f"{VM}/extensions") if one["name"].startswith("shop-win")]
    command = one["properties"]["protectedSettings"]["commandToExecute"]
    found = GIVEN.search(command)
    assert found is not None
    assert found["token"] == f"{SECRET}-too"
    assert len(command) < 8191
    script = unpacked(command)
    assert script.index("param([string]$Token") < script.index("$ErrorActionPreference")
    assert f".Replace('{POWERSHELL_TOKEN}', $Token)" in script
    assert f"-Token {POWERSHELL_TOKEN}" in script


def test_only_asked_for_ports_are_open() -> None:
    rules = [rule["properties"] for one in rows("Microsoft.Network/networkSecurityGroups")
             for rule in one["properties"]["securityRules"]]  # fmt: skip
    assert [rule["destinationPortRanges"] for rule in rules if rule["access"] == "Allow"] == [["80"]]
    assert [rule["access"] for rule in rules].count("Deny") == 2


def test_what_belongs_to_a_machine_is_deleted_with_it_and_dependencies_are_there() -> None:
    everything = expand(template(), given())
    known = {f"{row['type']}/{row['name']}" for row in everything}
    for row in everything:
        assert set(row.get("dependsOn", [])) <= known
        assert row["tags"] == {"pierhead-export": "shop"}
    for machine in rows(VM):
        assert machine["properties"]["storageProfile"]["osDisk"]["deleteOption"] == "Delete"


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_one_kind_has_plain_names(image: str) -> None:
    kind = Kind(Wish("web", "westeurope", image, "Standard_B2s"))
    files = exported_files("web", [kind], SCRIPTS)
    assert "enrolmentToken" in json.loads(files["template.json"])["parameters"]
    script = "windows.ps1" if kind.wish.system is System.WINDOWS else "linux.sh"
    assert script in files


def test_a_script_without_its_token_does_nothing() -> None:
    script = exported()["linux-web.sh"]
    ended = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"token is missing" in ended.stderr


def test_user_data_installs_then_enrols_then_forgets() -> None:
    data = YAML(typ="safe", pure=True).load(exported()["cloud-init-web.yaml"])
    engine, enrol = data["write_files"]
    subprocess.run(["/bin/sh", "-n"], input=enrol["content"].encode(), check=True)
    assert enrol["permissions"] == "0700"
    assert data["runcmd"] == [[engine["path"]], [enrol["path"]], ["rm", "-f", enrol["path"]]]
    assert "cloud-init status" not in enrol["content"]  # it would wait for itself


def test_tokens_are_inside_only_when_asked() -> None:
    assert SECRET not in json.dumps(exported())
    files = exported(tokens={"web": SECRET})
    assert f"{{1:-{SECRET}}}" in files["linux-web.sh"]
    assert f"{{1:-{SECRET}}}" in files["cloud-init-web.yaml"]
    assert json.loads(files["parameters.json"])["parameters"]["enrolmentTokenWeb"] == {"value": SECRET}
    assert SECRET not in files["template.json"]
    assert SECRET not in files["windows-win.ps1"]


def test_it_deploys_in_azure(arm: Arm) -> None:
    """By the product's client, against the stand-in: everything is made, and each machine gets its token."""
    booted: dict[str, str] = {}
    arm.world.boot = lambda name, protected: booted.update({name: next(iter(protected.values()))})
    azure = client_of(arm)
    azure.group_put("by-hand", "westeurope", {})
    assert len(azure.what_if("by-hand", "one", template(), {name: one["value"] for name, one in given().items()})) > 9
    azure.deployment_put("by-hand", "one", template(), {name: one["value"] for name, one in given().items()})
    for _look in range(5):
        state = azure.deployment("by-hand", "one")
    assert state is not None
    assert state.state == "Succeeded", state.error
    assert {one["name"] for one in state.outputs["machinesWeb"]} == {"shop-web-1", "shop-web-2"}
    assert SECRET in base64.b64decode(booted["shop-web-1"]).decode()
    assert SECRET in booted["shop-win-1"]
