"""ARM templates of our own: machines that become hosts by themselves, with no port open to them that nobody asked for.

Everything of a machine goes with it: its disk, its network card and its address are deleted when it is. Secrets are
`securestring` parameters and appear nowhere else: neither in outputs nor in plain settings.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from . import network
from .network import ANYWHERE, Resource, base, id_of, numbered
from .scripts import cloud_config
from .wishes import IMAGES, MAX_COUNT, Image, System, Wish, image_of

__all__ = [
    "GROUP_TAG",
    "IMAGES",
    "MAX_COUNT",
    "Image",
    "System",
    "Wish",
    "extension_properties",
    "joined_template",
    "machines_template",
]

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
COMPUTE_API = "2024-11-01"
GROUP_TAG = "pierhead-batch"


def machines_template(wish: Wish, tags: Mapping[str, str]) -> dict[str, Any]:
    """The template of `wish`. Its parameters: adminPassword and setup, both secure. Its outputs: machine names."""
    return joined_template(wish.name, [wish], tags)


def joined_template(
    name: str, wishes: Sequence[Wish], tags: Mapping[str, str], *, reach: str = ANYWHERE
) -> dict[str, Any]:
    """One template for machines of several kinds in one network. Names of their parameters and outputs end in the role.

    reach: from where open ports are reached. Raises ValueError for a count out of bounds.
    """
    parameters: dict[str, Any] = {
        "region": {"type": "string", "defaultValue": wishes[0].region},
        "adminPassword": {"type": "securestring"},
    }
    resources: list[Resource] = [network.guard(wish, reach) for wish in wishes]
    resources.append(network.network(name, wishes))
    for wish in wishes:
        parameters |= _parameters(wish)
        own = (network.address(wish), network.card(wish, name), _machine(wish), _setup(wish))
        resources += [_each(wish, one) for one in own]
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "variables": {"tags": dict(tags)},
        "resources": resources,
        "outputs": {wish.parameter("machines"): network.machines_output(wish, _count(wish)) for wish in wishes},
    }


def _parameters(wish: Wish) -> dict[str, Any]:
    if not 1 <= wish.count <= MAX_COUNT:
        raise ValueError(f"a batch has 1 to {MAX_COUNT} machines")
    return {
        wish.parameter("size"): {"type": "string", "defaultValue": wish.size},
        wish.parameter("count"): {
            "type": "int",
            "defaultValue": wish.count,
            "minValue": 1,
            "maxValue": MAX_COUNT,
        },
        wish.parameter("setup"): {
            "type": "securestring",
            "metadata": {"description": "What a machine runs to become a host."},
        },
    }


def _count(wish: Wish) -> str:
    return f"[parameters('{wish.parameter('count')}')]"


def _each(wish: Wish, resource: Resource) -> Resource:
    """One for each machine."""
    kind = str(resource["type"]).rsplit("/", 1)[-1].lower()
    role = f"{wish.role}-" if wish.role else ""
    return {**resource, "copy": {"name": f"each-{role}{kind}", "count": _count(wish)}}


def _machine(wish: Wish) -> Resource:
    resource = base("Microsoft.Compute/virtualMachines", COMPUTE_API, numbered(wish.name))
    card = id_of("Microsoft.Network/networkInterfaces", f"concat('{wish.name}-', copyIndex(1), '-nic')")
    image = image_of(wish.image)[2]
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": f"[parameters('{wish.parameter('size')}')]"},
        "storageProfile": {
            "imageReference": image.reference,
            "osDisk": {
                "createOption": "FromImage",
                "deleteOption": "Delete",
                "diskSizeGB": max(wish.disk_gib, 127) if wish.system is System.WINDOWS else wish.disk_gib,
                "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
            },
        },
        "osProfile": _os_profile(wish),
        "networkProfile": {"networkInterfaces": [{"id": card, "properties": {"deleteOption": "Delete"}}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    if wish.spot:
        properties |= {"priority": "Spot", "evictionPolicy": "Deallocate", "billingProfile": {"maxPrice": -1}}
    zones = {}
    if wish.zones:
        listed = ", ".join(f"'{zone}'" for zone in wish.zones)
        zones = {"zones": [f"[createArray({listed})[mod(copyIndex(), {len(wish.zones)})]]"]}
    plan = {}
    if image.plan:
        plan = {"plan": {"name": image.plan, "product": image.offer, "publisher": image.publisher}}
    return {**resource, **zones, **plan, "dependsOn": [card], "properties": properties}


def _os_profile(wish: Wish) -> dict[str, Any]:
    """Nobody signs in: the password is random and forgotten. Windows names have at most 15 characters.

    Linux gets the engine from cloud-init, whose text holds no secret; the token comes with `_setup`.
    """
    prefix = wish.name[:13] if wish.system is System.WINDOWS else wish.name
    profile: dict[str, Any] = {
        "computerName": numbered(prefix),
        "adminUsername": "pierhead",
        "adminPassword": "[parameters('adminPassword')]",
    }
    if wish.system is System.LINUX:
        profile["customData"] = base64.b64encode(cloud_config().encode()).decode()
        profile["linuxConfiguration"] = {"disablePasswordAuthentication": False, "provisionVMAgent": True}
    else:
        profile["windowsConfiguration"] = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
    return profile


def _setup(wish: Wish) -> Resource:
    """The extension that makes the machine a host; what it runs is in its protected settings alone."""
    resource = base("Microsoft.Compute/virtualMachines/extensions", COMPUTE_API, numbered(wish.name, "/pierhead"))
    machine = id_of("Microsoft.Compute/virtualMachines", f"concat('{wish.name}-', copyIndex(1))")
    setup = f"[parameters('{wish.parameter('setup')}')]"
    return {**resource, "dependsOn": [machine], "properties": extension_properties(wish.system, setup)}


def extension_properties(system: System, setup: str) -> dict[str, Any]:
    """A set-up extension. setup: what it runs: a packed script for Linux, a command line for Windows."""
    linux = system is System.LINUX
    return {
        "publisher": "Microsoft.Azure.Extensions" if linux else "Microsoft.Compute",
        "type": "CustomScript" if linux else "CustomScriptExtension",
        "typeHandlerVersion": "2.1" if linux else "1.10",
        "autoUpgradeMinorVersion": True,
        "settings": {},
        "protectedSettings": {("script" if linux else "commandToExecute"): setup},
    }
