"""The network of machines: closed to the Internet, but for the ports that a web address needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from .wishes import Wish

NETWORK_API = "2024-05-01"
ANYWHERE = "Internet"

Resource = dict[str, Any]


def base(kind: str, api: str, name: str) -> Resource:
    """What every resource begins with."""
    return {
        "type": kind,
        "apiVersion": api,
        "name": name,
        "location": "[parameters('region')]",
        "tags": "[variables('tags')]",
    }


def numbered(name: str, suffix: str = "") -> str:
    """An expression for the name of each machine's own part: NAME-1, NAME-2 and so on."""
    end = f", '{suffix}'" if suffix else ""
    return f"[concat('{name}-', copyIndex(1){end})]"


def id_of(kind: str, name: str) -> str:
    """An expression for the id of a resource of this group; `name` is the inside of an expression."""
    return f"[resourceId('{kind}', {name})]"


def guard(wish: Wish, reach: str = ANYWHERE) -> Resource:
    """The security group of a group of machines. Nothing comes in but to its open ports, from `reach`: agents dial out.

    reach: an address range such as 203.0.113.0/24, or "Internet".
    """
    rules = [_rule("no-inbound", 4096, "Deny", ANYWHERE, "*")]
    if wish.open_ports:
        rules.insert(0, _rule("web", 200, "Allow", reach, [str(port) for port in wish.open_ports]))
    resource = base("Microsoft.Network/networkSecurityGroups", NETWORK_API, f"{wish.name}-closed")
    return {**resource, "properties": {"securityRules": rules}}


def _rule(name: str, priority: int, access: str, source: str, ports: str | list[str]) -> Resource:
    where = {"destinationPortRange": ports} if isinstance(ports, str) else {"destinationPortRanges": ports}
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": access,
            "protocol": "Tcp" if access == "Allow" else "*",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            **where,
        },
    }


def network(name: str, wishes: Sequence[Wish]) -> Resource:
    """One network with a part for each group of machines; inside of it every machine reaches every other."""
    resource = base("Microsoft.Network/virtualNetworks", NETWORK_API, f"{name}-net")
    groups = [id_of("Microsoft.Network/networkSecurityGroups", f"'{wish.name}-closed'") for wish in wishes]
    subnets = [
        {
            "name": subnet_name(wish),
            "properties": {"addressPrefix": f"10.42.{4 * index}.0/22", "networkSecurityGroup": {"id": group}},
        }
        for index, (wish, group) in enumerate(zip(wishes, groups, strict=True))
    ]
    space = {"addressPrefixes": ["10.42.0.0/16"]}
    return {**resource, "dependsOn": groups, "properties": {"addressSpace": space, "subnets": subnets}}


def subnet_name(wish: Wish) -> str:
    """The part of the network that a group of machines is in."""
    return wish.role or "hosts"


def address(wish: Wish) -> Resource:
    """Machines need a way out, and new networks have none by themselves; the security group keeps it one-way."""
    resource = base("Microsoft.Network/publicIPAddresses", NETWORK_API, numbered(wish.name, "-ip"))
    zones = {"zones": list(wish.zones)} if wish.zones else {}
    return {
        **resource,
        **zones,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }


def card(wish: Wish, network_name: str) -> Resource:
    """The network card of each machine, with its address."""
    resource = base("Microsoft.Network/networkInterfaces", NETWORK_API, numbered(wish.name, "-nic"))
    public = id_of("Microsoft.Network/publicIPAddresses", f"concat('{wish.name}-', copyIndex(1), '-ip')")
    whole = id_of("Microsoft.Network/virtualNetworks", f"'{network_name}-net'")
    names = f"'{network_name}-net', '{subnet_name(wish)}'"
    subnet = f"[resourceId('Microsoft.Network/virtualNetworks/subnets', {names})]"
    return {
        **resource,
        "dependsOn": [public, whole],
        "properties": {
            "ipConfigurations": [
                {
                    "name": "main",
                    "properties": {
                        "privateIPAllocationMethod": "Dynamic",
                        "subnet": {"id": subnet},
                        "publicIPAddress": {"id": public, "properties": {"deleteOption": "Delete"}},
                    },
                }
            ]
        },
    }


def machines_output(wish: Wish, count: str) -> Mapping[str, Any]:
    """An output with the name of each machine and its addresses: inside of the network, and from outside."""
    nic = f"reference(resourceId('Microsoft.Network/networkInterfaces', concat('{wish.name}-', copyIndex(1), '-nic')))"
    pip = f"reference(resourceId('Microsoft.Network/publicIPAddresses', concat('{wish.name}-', copyIndex(1), '-ip')))"
    entry = (
        f"[createObject('name', concat('{wish.name}-', copyIndex(1)), "
        f"'private', {nic}.ipConfigurations[0].properties.privateIPAddress, 'public', {pip}.ipAddress)]"
    )
    return {"type": "array", "copy": {"count": count, "input": entry}}
