"""The Marketplace as a subscription sees it: who publishes images, what is offered, and the terms of what is sold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gallery.marketplace.types import Plan, SkuFacts, Terms

from .connection import Connection
from .errors import Missing

AGREEMENTS_API = "2021-01-01"
ARCHITECTURES = {"x64": "amd64", "arm64": "arm64"}


@dataclass(frozen=True)
class Agreement:
    """What a subscription has agreed to. accepted: without it Azure makes no machine of the plan's images."""

    publisher: str
    offer: str
    plan: str
    accepted: bool
    terms: Terms


class Catalogue(Connection):
    """Each question is one request, but for `image`, which is two. Raises AzureError."""

    def publishers(self, region: str) -> list[str]:
        """Who publishes images of machines in a region."""
        return self._names(lambda images: images.list_publishers(region))

    def offers(self, region: str, publisher: str) -> list[str]:
        return self._names(lambda images: images.list_offers(region, publisher))

    def skus(self, region: str, publisher: str, offer: str) -> list[str]:
        return self._names(lambda images: images.list_skus(region, publisher, offer))

    def image(self, region: str, publisher: str, offer: str, sku: str) -> SkuFacts:
        """An image with its versions, and what its newest one is."""
        versions = self._names(lambda images: images.list(region, publisher, offer, sku))
        versions.sort(key=_numbers, reverse=True)
        if not versions:
            return SkuFacts(sku)
        found = self._call(lambda: self._compute.virtual_machine_images.get(region, publisher, offer, sku, versions[0]))
        return facts_of(sku, tuple(versions), found)

    def agreement(self, publisher: str, offer: str, plan: str) -> Agreement:
        """The terms of a plan, and whether the subscription has accepted them."""
        return _agreement(publisher, offer, plan, self._send("GET", self._agreed(publisher, offer, plan)))

    def agreement_accept(self, publisher: str, offer: str, plan: str) -> Agreement:
        """Accept the terms of a plan as they are now: they go back as they came."""
        path = self._agreed(publisher, offer, plan)
        body = self._send("GET", path)
        body["properties"] = {**body["properties"], "accepted": True}
        return _agreement(publisher, offer, plan, self._send("PUT", path, body))

    def _agreed(self, publisher: str, offer: str, plan: str) -> str:
        names = f"publishers/{quote(publisher, '')}/offers/{quote(offer, '')}/plans/{quote(plan, '')}"
        return (
            f"/subscriptions/{self.account.subscription_id}/providers/Microsoft.MarketplaceOrdering"
            f"/offerTypes/virtualmachine/{names}/agreements/current?api-version={AGREEMENTS_API}"
        )

    def _names(self, ask: Callable[[Any], Any]) -> list[str]:
        """Names in an answer; none where Azure has nothing of that kind."""
        try:
            return [str(row.name) for row in self._call(lambda: list(ask(self._compute.virtual_machine_images)))]
        except Missing:
            return []


def facts_of(sku: str, versions: tuple[str, ...], found: Any) -> SkuFacts:
    """An image in our own words, from what the SDK says of its newest version."""
    system = str(_word(getattr(found.os_disk_image, "operating_system", ""))).lower()
    architecture = ARCHITECTURES.get(str(_word(found.architecture)).lower(), "")
    plan = Plan(str(found.plan.name), str(found.plan.product), str(found.plan.publisher)) if found.plan else None
    return SkuFacts(sku, versions, system, architecture or "amd64", str(_word(found.hyper_v_generation)), plan)


def _word(value: Any) -> Any:
    return getattr(value, "value", value) or ""


def _numbers(version: str) -> tuple[int, ...]:
    """A sort key: 1.0.10 comes after 1.0.9."""
    return tuple(int(part) if part.isdigit() else -1 for part in version.split("."))


def _agreement(publisher: str, offer: str, plan: str, body: dict[str, Any]) -> Agreement:
    given = body.get("properties") or {}
    terms = Terms(str(given.get("licenseTextLink") or ""), str(given.get("privacyPolicyLink") or ""))
    return Agreement(publisher, offer, plan, bool(given.get("accepted")), terms)
