"""What the stand-in offers: sizes with restrictions, quotas by family, prices, and a catalogue of Marketplace images.

Shapes after the published examples: Microsoft.Compute skus (2021-07-01), usages and vmImages, MarketplaceOrdering
agreements (2021-01-01), and the retail price list (2023-01-01-preview).
"""

import re
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class SizeOffer:
    """hourly: USD; spot and Windows are derived. arm: ARM processors. refused: no longer for this subscription."""

    name: str
    cpus: int
    memory: int
    family: str
    hourly: float
    zones: tuple[str, ...] = ("1", "2", "3")
    zones_refused: tuple[str, ...] = ()
    arm: bool = False
    refused: bool = False


@dataclass(frozen=True)
class ImageOffer:
    """versions: oldest first. plan: its purchase plan's name, empty for images that cost nothing."""

    publisher: str
    offer: str
    sku: str
    versions: tuple[str, ...]
    os: str = "Linux"
    generation: str = "V2"
    architecture: str = "x64"
    plan: str = ""


SIZES = (
    SizeOffer("Standard_B2s", 2, 4, "standardBSFamily", 0.048),
    SizeOffer("Standard_D2s_v5", 2, 8, "standardDSv5Family", 0.115, zones=("1", "2", "3"), zones_refused=("3",)),
    SizeOffer("Standard_D4s_v5", 4, 16, "standardDSv5Family", 0.23),
    SizeOffer("Standard_D2ps_v5", 2, 8, "standardDPSv5Family", 0.092, arm=True),
    SizeOffer("Standard_M128s", 128, 2048, "standardMSFamily", 13.3, refused=True),
)
IMAGES = (
    ImageOffer("Canonical", "ubuntu-24_04-lts", "server", ("24.04.202601010", "24.04.202603020")),
    ImageOffer("Canonical", "ubuntu-24_04-lts", "server-arm64", ("24.04.202603020",), architecture="Arm64"),
    ImageOffer("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2", ("22.04.202602100",)),
    ImageOffer(
        "MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-core", ("20348.4.1",), os="Windows"
    ),
    ImageOffer(
        "MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition-core", ("26100.1.2",), os="Windows"
    ),
    ImageOffer("hardened-co", "hardened-linux", "ubuntu-cis", ("1.0.3", "1.0.10"), plan="ubuntu-cis"),
)


@dataclass
class Market:
    """quotas: family -> (used, limit). accepted: (publisher, offer, plan) whose terms were accepted. broken: the price
    list answers 503."""

    sizes: tuple[SizeOffer, ...] = SIZES
    images: tuple[ImageOffer, ...] = IMAGES
    quotas: dict[str, tuple[int, int]] = field(
        default_factory=lambda: {
            "standardBSFamily": (0, 100),
            "standardDSv5Family": (2, 10),
            "lowPriorityCores": (0, 8),
        }
    )
    accepted: set[tuple[str, str, str]] = field(default_factory=set)
    broken: bool = False

    def skus(self, region: str) -> list[Body]:
        """Microsoft.Compute/skus of a region."""
        return [_sku(one, region) for one in self.sizes] + [{"resourceType": "disks", "name": "StandardSSD_LRS"}]

    def usages(self, left: int) -> list[Body]:
        """Quotas by family. left: of all cores of the region."""
        rows = {"cores": (100 - left, 100), **self.quotas}
        titles = {"cores": "Total Regional vCPUs", "lowPriorityCores": "Total Regional Low-priority vCPUs"}
        return [
            {
                "name": {"value": name, "localizedValue": titles.get(name, f"{name} vCPUs")},
                "currentValue": used,
                "limit": limit,
                "unit": "Count",
            }
            for name, (used, limit) in rows.items()
        ]

    def prices(self, query: dict[str, list[str]]) -> Body:
        """The answer of the retail price list to a filter of equalities."""
        wanted = dict(re.findall(r"(\w+) eq '([^']*)'", query.get("$filter", [""])[0]))
        currency = query.get("currencyCode", ["'USD'"])[0].strip("'")
        rows = [row for one in self.sizes for row in _priced(one, wanted.get("armRegionName", ""), currency)]
        items = [row for row in rows if row["armSkuName"] == wanted.get("armSkuName")]
        return {"BillingCurrency": currency, "Items": items, "NextPageLink": None, "Count": len(items)}

    def catalogue(self, words: list[str], query: dict[str, list[str]]) -> Any:
        """A bare array of names below [publisher, offer, sku], or one version with what it is."""
        found = [
            one
            for one in self.images
            if all(a.lower() == b.lower() for a, b in zip(words, (one.publisher, one.offer, one.sku), strict=False))
        ]
        if len(words) == 4:
            return next((_version(one, words[3]) for one in found if words[3] in one.versions), None)
        if len(words) == 3:
            names = [version for one in found for version in one.versions]
            if "desc" in query.get("$orderby", [""])[0]:
                names.sort(key=lambda name: [int(part) for part in name.split(".")], reverse=True)
            names = names[: int(query.get("$top", ["1000"])[0])]
        else:
            names = list(dict.fromkeys((one.publisher, one.offer, one.sku)[len(words)] for one in found))
        return [{"id": f"/{name}", "name": name, "location": "westeurope"} for name in names] if found else None

    def agreement(self, publisher: str, offer: str, plan: str, *, accept: bool) -> Body | None:
        """The terms of a plan; None when there is no such plan."""
        if not any((one.publisher, one.offer, one.plan) == (publisher, offer, plan) for one in self.images):
            return None
        if accept:
            self.accepted.add((publisher, offer, plan))
        return {
            "id": "/agreements/current",
            "name": plan,
            "type": "Microsoft.MarketplaceOrdering/offertypes",
            "properties": {
                "publisher": publisher,
                "product": offer,
                "plan": plan,
                "licenseTextLink": "https://example.org/license.txt",
                "privacyPolicyLink": "https://example.org/privacy",
                "signature": "SIGNATURE",
                "accepted": (publisher, offer, plan) in self.accepted,
            },
        }


def _sku(one: SizeOffer, region: str) -> Body:
    restrictions = []
    if one.refused:
        reason = "NotAvailableForSubscription"
        restrictions.append({"type": "Location", "values": [region], "restrictionInfo": {}, "reasonCode": reason})
    if one.zones_refused:
        info = {"locations": [region], "zones": list(one.zones_refused)}
        restrictions.append(
            {
                "type": "Zone",
                "values": [region],
                "restrictionInfo": info,
                "reasonCode": "NotAvailableForSubscription",
            }
        )
    able = {"vCPUs": one.cpus, "MemoryGB": one.memory, "CpuArchitectureType": "Arm64" if one.arm else "x64"}
    return {
        "resourceType": "virtualMachines",
        "name": one.name,
        "family": one.family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": list(one.zones)}],
        "capabilities": [{"name": name, "value": str(value)} for name, value in able.items()],
        "restrictions": restrictions,
    }


def _priced(one: SizeOffer, region: str, currency: str) -> list[Body]:
    """Linux and Windows, usual and spot, and a row each that is not meant: low priority, a year's reservation."""
    usual = {"currencyCode": currency, "armRegionName": region, "armSkuName": one.name, "unitOfMeasure": "1 Hour"}
    shared = {
        **usual,
        "type": "Consumption",
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "productName": "Virtual Machines",
    }
    rows = []
    for windows in (False, True):
        for kind, part in (("", 1.0), (" Spot", 0.2), (" Low Priority", 0.1)):
            price = round(one.hourly * (1.8 if windows else 1.0) * part, 6)
            product = "Virtual Machines Windows" if windows else "Virtual Machines"
            rows.append({**shared, "productName": product, "skuName": f"{one.name}{kind}", "retailPrice": price})
    return [*rows, {**shared, "type": "Reservation", "skuName": one.name, "retailPrice": 0.001}]


def _version(one: ImageOffer, version: str) -> Body:
    properties: Body = {
        "osDiskImage": {"operatingSystem": one.os},
        "hyperVGeneration": one.generation,
        "architecture": one.architecture,
        "features": [],
        "dataDiskImages": [],
    }
    if one.plan:
        properties["plan"] = {"publisher": one.publisher, "name": one.plan, "product": one.offer}
    return {"id": f"/{version}", "name": version, "location": "westeurope", "properties": properties}
