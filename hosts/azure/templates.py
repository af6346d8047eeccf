"""ARM templates of our own: machines that become hosts by themselves, with no port open to them.

Everything of a machine goes with it: its disk, its network card and its address are deleted when it is. Secrets are
`securestring` parameters and appear nowhere else: neither in outputs nor in plain settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NETWORK_API = "2024-05-01"
COMPUTE_API = "2024-11-01"
MAX_COUNT = 100
GROUP_TAG = "pierhead-batch"

Resource = dict[str, Any]


class System(StrEnum):
    """What the machines run."""

    LINUX = "linux"
    WINDOWS = "windows"


@dataclass(frozen=True)
class Image:
    """A Marketplace image."""

    publisher: str
    offer: str
    sku: str
    version: str = "latest"

    @property
    def reference(self) -> dict[str, str]:
        return {"publisher": self.publisher, "offer": self.offer, "sku": self.sku, "version": self.version}


IMAGES: Mapping[str, tuple[System, str, Image]] = {
    "ubuntu-24.04": (System.LINUX, "Ubuntu Server 24.04 LTS", Image("Canonical", "ubuntu-24_04-lts", "server")),
    "ubuntu-22.04": (
        System.LINUX,
        "Ubuntu Server 22.04 LTS",
        Image("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"),
    ),
    "windows-2022": (
        System.WINDOWS,
        "Windows Server 2022 Core",
        Image("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-core"),
    ),
    "windows-2025": (
        System.WINDOWS,
        "Windows Server 2025 Core",
        Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition-core"),
    ),
}


@dataclass(frozen=True)
class Wish:
    """The machines somebody wants. image: a key of IMAGES; zones: spread over these, none for Azure's own choice."""

    name: str
    region: str
    image: str
    size: str
    count: int = 1
    zones: tuple[str, ...] = ()
    spot: bool = False
    disk_gib: int = 64

    @property
    def system(self) -> System:
        return IMAGES[self.image][0]


def machines_template(wish: Wish, tags: Mapping[str, str]) -> dict[str, Any]:
    """The template of `wish`. Its parameters: adminPassword and setup, both secure. Its outputs: machine names."""
    if not 1 <= wish.count <= MAX_COUNT:
        raise ValueError(f"a batch has 1 to {MAX_COUNT} machines")
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "region": {"type": "string", "defaultValue": wish.region},
            "size": {"type": "string", "defaultValue": wish.size},
            "count": {"type": "int", "defaultValue": wish.count, "minValue": 1, "maxValue": MAX_COUNT},
            "adminPassword": {"type": "securestring"},
            "setup": {"type": "securestring", "metadata": {"description": "What a machine runs to become a host."}},
        },
        "variables": {"tags": dict(tags)},
        "resources": [
            _closed(wish.name),
            _network(wish.name),
            _each(_address(wish)),
            _each(_card(wish)),
            _each(_machine(wish)),
            _each(_setup(wish)),
        ],
        "outputs": {
            "machines": {
                "type": "array",
                "copy": {"count": "[parameters('count')]", "input": f"[concat('{wish.name}-', copyIndex(1))]"},
            }
        },
    }


def _base(kind: str, api: str, name: str) -> Resource:
    return {
        "type": kind,
        "apiVersion": api,
        "name": name,
        "location": "[parameters('region')]",
        "tags": "[variables('tags')]",
    }


def _each(resource: Resource) -> Resource:
    """One for each machine."""
    kind = str(resource["type"]).rsplit("/", 1)[-1].lower()
    return {**resource, "copy": {"name": f"each-{kind}", "count": "[parameters('count')]"}}


def _numbered(name: str, suffix: str = "") -> str:
    end = f", '{suffix}'" if suffix else ""
    return f"[concat('{name}-', copyIndex(1){end})]"


def _id(kind: str, name: str) -> str:
    """An expression for the id of a resource of this group; `name` is the inside of an expression."""
    return f"[resourceId('{kind}', {name})]"


def _closed(name: str) -> Resource:
    """Nothing comes in: agents dial out."""
    deny = {
        "name": "no-inbound",
        "properties": {
            "priority": 4096,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "Internet",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    }
    resource = _base("Microsoft.Network/networkSecurityGroups", NETWORK_API, f"{name}-closed")
    return {**resource, "properties": {"securityRules": [deny]}}


def _network(name: str) -> Resource:
    resource = _base("Microsoft.Network/virtualNetworks", NETWORK_API, f"{name}-net")
    group = {"id": _id("Microsoft.Network/networkSecurityGroups", f"'{name}-closed'")}
    return {
        **resource,
        "dependsOn": [group["id"]],
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.42.0.0/16"]},
            "subnets": [
                {
                    "name": "hosts",
                    "properties": {"addressPrefix": "10.42.0.0/22", "networkSecurityGroup": group},
                }
            ],
        },
    }


def _address(wish: Wish) -> Resource:
    """Machines need a way out, and new networks have none by themselves; the security group keeps it one-way."""
    resource = _base("Microsoft.Network/publicIPAddresses", NETWORK_API, _numbered(wish.name, "-ip"))
    zones = {"zones": list(wish.zones)} if wish.zones else {}
    return {
        **resource,
        **zones,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }


def _card(wish: Wish) -> Resource:
    resource = _base("Microsoft.Network/networkInterfaces", NETWORK_API, _numbered(wish.name, "-nic"))
    address = _id("Microsoft.Network/publicIPAddresses", f"concat('{wish.name}-', copyIndex(1), '-ip')")
    network = _id("Microsoft.Network/virtualNetworks", f"'{wish.name}-net'")
    subnet = f"[resourceId('Microsoft.Network/virtualNetworks/subnets', '{wish.name}-net', 'hosts')]"
    return {
        **resource,
        "dependsOn": [address, network],
        "properties": {
            "ipConfigurations": [
                {
                    "name": "main",
                    "properties": {
                        "privateIPAllocationMethod": "Dynamic",
                        "subnet": {"id": subnet},
                        "publicIPAddress": {"id": address, "properties": {"deleteOption": "Delete"}},
                    },
                }
            ]
        },
    }


def _machine(wish: Wish) -> Resource:
    resource = _base("Microsoft.Compute/virtualMachines", COMPUTE_API, _numbered(wish.name))
    card = _id("Microsoft.Network/networkInterfaces", f"concat('{wish.name}-', copyIndex(1), '-nic')")
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": "[parameters('size')]"},
        "storageProfile": {
            "imageReference": IMAGES[wish.image][2].reference,
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
    return {**resource, **zones, "dependsOn": [card], "properties": properties}


def _os_profile(wish: Wish) -> dict[str, Any]:
    """Nobody signs in: the password is random and forgotten. Windows names have at most 15 characters."""
    prefix = wish.name[:11] if wish.system is System.WINDOWS else wish.name
    profile: dict[str, Any] = {
        "computerName": _numbered(prefix),
        "adminUsername": "pierhead",
        "adminPassword": "[parameters('adminPassword')]",
    }
    if wish.system is System.LINUX:
        profile["linuxConfiguration"] = {"disablePasswordAuthentication": False, "provisionVMAgent": True}
    else:
        profile["windowsConfiguration"] = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
    return profile


def _setup(wish: Wish) -> Resource:
    """The extension that makes the machine a host; what it runs is in its protected settings alone."""
    resource = _base("Microsoft.Compute/virtualMachines/extensions", COMPUTE_API, _numbered(wish.name, "/pierhead"))
    machine = _id("Microsoft.Compute/virtualMachines", f"concat('{wish.name}-', copyIndex(1))")
    linux = wish.system is System.LINUX
    return {
        **resource,
        "dependsOn": [machine],
        "properties": {
            "publisher": "Microsoft.Azure.Extensions" if linux else "Microsoft.Compute",
            "type": "CustomScript" if linux else "CustomScriptExtension",
            "typeHandlerVersion": "2.1" if linux else "1.10",
            "autoUpgradeMinorVersion": True,
            "settings": {},
            "protectedSettings": {("script" if linux else "commandToExecute"): "[parameters('setup')]"},
        },
    }
