"""What a wish for machines would cost, and why Azure would refuse it: what the form shows beside its fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from gallery.answers import Kept
from hosts.azure.checks import ALL_CORES, Fault, wish_faults
from hosts.azure.prices import Price, price_for
from hosts.azure.types import Quota, Size
from hosts.azure.wishes import System, Wish
from hosts.models import AzureSubscription
from hosts.services.azure_subscriptions import ClientFor, client_for
from portal.problems import Problem

from .azure_market import prices_of, quotas_of, regions_of, sizes_of

T = TypeVar("T")

MOST_SIZES = 400


@dataclass(frozen=True)
class Estimate:
    """price: of one machine an hour; None: unknown, and price_problem says why. faults: messages by field.

    notes: what Azure did not say; none of them blocks. priced_at, asked_at: the age of what is shown.
    """

    wish: Wish
    faults: dict[str, list[str]] = field(default_factory=dict)
    price: Price | None = None
    price_problem: str = ""
    priced_at: datetime | None = None
    size: Size | None = None
    sizes: tuple[Size, ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    quotas: tuple[Quota, ...] = ()
    notes: tuple[str, ...] = ()
    asked_at: datetime | None = None

    @property
    def monthly(self) -> float | None:
        """All machines, running all month (730 hours)."""
        return self.price.monthly * self.wish.count if self.price else None

    @property
    def waiting(self) -> bool:
        """Whether something has not been answered yet and may be in a moment."""
        return bool(self.notes or self.price_problem)


def estimate_of(subscription: AzureSubscription, wish: Wish, *, ask: ClientFor = client_for) -> Estimate:
    """Asks what is not known yet, a few seconds at most. It raises nothing for a service that does not answer."""
    notes: list[str] = []
    regions = _had(lambda: regions_of(subscription, ask), notes)
    sizes = _had(lambda: sizes_of(subscription, wish.region, ask), notes)
    quotas = _had(lambda: quotas_of(subscription, wish.region, ask), notes)
    refused: list[str] = []
    prices = _had(lambda: prices_of(wish.region, wish.size), refused) if wish.size else None
    price = None
    if prices is not None:
        price = price_for(prices.value, windows=wish.system is System.WINDOWS, spot=wish.spot)
        if price is None:
            refused.append(_("The price list has no price for this size there."))
    names = [name for name, _title in regions.value] if regions else None
    faults = wish_faults(wish, sizes.value if sizes else None, quotas.value if quotas else None, names)
    size = next((one for one in sizes.value if one.name.lower() == wish.size.lower()), None) if sizes else None
    return Estimate(
        wish,
        _by_field(faults),
        price,
        next(iter(refused), ""),
        prices.fetched_at if prices else None,
        size,
        tuple(one for one in sizes.value if not one.refused)[:MOST_SIZES] if sizes else (),
        regions.value if regions else (),
        _shown(quotas.value if quotas else (), size),
        tuple(dict.fromkeys(notes)),
        sizes.fetched_at if sizes else None,
    )


def sentence(fault: Fault) -> str:
    """What is wrong and what to do."""
    text = {
        "region": _("The subscription has no region %(region)s. Choose another, such as %(near)s."),
        "size-unknown": _("%(size)s is not offered in %(region)s. Choose another, such as %(near)s."),
        "size-refused": _(
            "The subscription may not use %(size)s in %(region)s (%(reason)s). Choose another, such as %(near)s, "
            "or another region."
        ),
        "size-arm": _(
            "%(size)s has ARM processors, which the system cannot use. Choose a size without a p in its name."
        ),
        "quota": _(
            "%(needed)d processors are needed and %(left)d of %(limit)d are left (%(family)s): at most %(most)d "
            "machines. Choose fewer or smaller ones, another region, or ask Azure for a higher quota."
        ),
    }
    if fault.code == "zones":
        if fault.values["has"]:
            return _("%(size)s is not offered in zone %(missing)s of %(region)s, only in %(has)s.") % fault.values
        return _("%(size)s cannot be placed in zones of %(region)s. Choose no zone.") % fault.values
    return text[fault.code] % fault.values


def _by_field(faults: list[Fault]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault.field, []).append(sentence(fault))
    return found


def _shown(quotas: tuple[Quota, ...], size: Size | None) -> tuple[Quota, ...]:
    wanted = {ALL_CORES, size.family.lower() if size else ""}
    return tuple(one for one in quotas if one.family.lower() in wanted)


def _had(work: Callable[[], Kept[T]], notes: list[str]) -> Kept[T] | None:
    """An answer, however old; None when there is none, and why is noted."""
    try:
        kept = work()
    except Problem as problem:
        notes.append(problem.detail)
        return None
    if kept.problem is not None:
        notes.append(kept.problem.detail)
    return kept
