"""The least that the portal's identity must be allowed, as a role definition to copy."""

import json

ACTIONS = (
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/locations/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/resourceGroups/write",
    "Microsoft.Resources/subscriptions/resourceGroups/delete",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Network/networkSecurityGroups/*",
    "Microsoft.Network/virtualNetworks/*",
    "Microsoft.Network/publicIPAddresses/*",
    "Microsoft.Network/networkInterfaces/*",
    "Microsoft.Compute/virtualMachines/*",
    "Microsoft.Compute/disks/*",
    "Microsoft.Compute/skus/read",
    "Microsoft.Compute/locations/usages/read",
    "Microsoft.Compute/locations/publishers/read",
    "Microsoft.Compute/locations/publishers/artifacttypes/*/read",
    "Microsoft.MarketplaceOrdering/offertypes/publishers/offers/plans/agreements/read",
    "Microsoft.MarketplaceOrdering/offertypes/publishers/offers/plans/agreements/write",
    "Microsoft.Compute/register/action",
    "Microsoft.Network/register/action",
)


def role_definition(subscription_id: str) -> str:
    """JSON for `az role definition create --role-definition FILE`."""
    definition = {
        "Name": "Pierhead",
        "Description": "Make, run and remove machines that Pierhead manages.",
        "Actions": list(ACTIONS),
        "NotActions": [],
        "AssignableScopes": [f"/subscriptions/{subscription_id}"],
    }
    return json.dumps(definition, indent=2)
