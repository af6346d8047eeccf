"""What Azure offers and asks for it, kept with its age: regions, sizes, quotas, prices. A page waits a moment only."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from gallery.answers import Kept, Question, answer_to
from gallery.asking import StillAsking
from gallery.fetch import FetchError
from hosts.azure.errors import AzureError, Throttled
from hosts.azure.prices import Price, PriceClient
from hosts.azure.types import Machine, Quota, Size
from hosts.models import AzureMachine, AzureSubscription
from hosts.problems import AzureAway, AzureRefused
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from portal.problems import Problem

T = TypeVar("T")

PRICES = "azure-prices"
REGIONS_AGE = timedelta(days=7)
SIZES_AGE = timedelta(hours=12)
QUOTAS_AGE = timedelta(minutes=2)
MACHINES_AGE = timedelta(minutes=1)
PRICES_AGE = timedelta(days=1)
BUDGET = 4.0  # seconds for a fragment beside a form; the page itself waits for nothing


def azure_problem(error: Exception) -> Problem:
    """The problem that an error of the client is for a person."""
    if isinstance(error, StillAsking):
        return AzureAway(_("Azure has not answered yet; the answer is shown as soon as it comes."), retry_after=2)
    if isinstance(error, AzureError):
        wait = int(error.retry_after) or 30 if isinstance(error, Throttled) else None
        return AzureRefused(words_of(error)) if error.permanent else AzureAway(words_of(error), retry_after=wait)
    return AzureAway(_("Azure does not answer."))


def price_problem(error: Exception) -> Problem:
    """Of the price service; none of its problems blocks anything."""
    if isinstance(error, StillAsking):
        return AzureAway(_("The price service has not answered yet."), retry_after=2)
    text = str(error) if isinstance(error, FetchError) else _("its answer makes no sense.")
    return AzureAway(_("The price service cannot be used: %(why)s") % {"why": text})


def _asked(
    subscription: AzureSubscription, kind: str, subject: str, answer: type[T], age: timedelta, ask: Callable[[], T]
) -> Kept[T]:
    source = f"azure:{subscription.pk}"
    return answer_to(Question(source, kind, subject, answer, ask, azure_problem, AzureAway, age, budget=BUDGET))


def regions_of(subscription: AzureSubscription, ask: ClientFor = client_for) -> Kept[tuple[tuple[str, str], ...]]:
    """(name, title) of each region. Raises AzureAway, AzureRefused when nothing is kept."""
    client = ask(subscription)
    return _asked(
        subscription, "regions", "", tuple[tuple[str, str], ...], REGIONS_AGE, lambda: tuple(client.regions())
    )


def sizes_of(subscription: AzureSubscription, region: str, ask: ClientFor = client_for) -> Kept[tuple[Size, ...]]:
    """The machine sizes of a region with what restricts them. Raises as `regions_of`."""
    client = ask(subscription)
    return _asked(subscription, "sizes", region, tuple[Size, ...], SIZES_AGE, lambda: tuple(client.sizes(region)))


def quotas_of(subscription: AzureSubscription, region: str, ask: ClientFor = client_for) -> Kept[tuple[Quota, ...]]:
    """CPUs used and allowed in a region, by family. Raises as `regions_of`."""
    client = ask(subscription)
    return _asked(subscription, "quotas", region, tuple[Quota, ...], QUOTAS_AGE, lambda: tuple(client.quotas(region)))


def prices_of(region: str, size: str) -> Kept[tuple[Price, ...]]:
    """What a size costs an hour in a region. Raises AzureAway when nothing is kept."""
    url, currency = settings.AZURE_PRICES_URL, settings.AZURE_CURRENCY
    client = PriceClient(url, ca=settings.AZURE_CA_FILE, seconds=settings.OUTSIDE_TIMEOUT_SECONDS)
    return answer_to(
        Question(
            PRICES,
            "price",
            f"{region} {size} {currency}",
            tuple[Price, ...],
            lambda: client.prices(region, size, currency),
            price_problem,
            AzureAway,
            PRICES_AGE,
            budget=BUDGET,
        )
    )


def machines_of(subscription: AzureSubscription, ask: ClientFor = client_for) -> Kept[tuple[Machine, ...]]:
    """Every machine of a subscription, ours or not. Raises as `regions_of`."""
    client = ask(subscription)
    return _asked(subscription, "machines", "", tuple[Machine, ...], MACHINES_AGE, lambda: tuple(client.machines_all()))


def machine_sizes_of(machine: AzureMachine, ask: ClientFor = client_for) -> Kept[tuple[str, ...]]:
    """Names of sizes that a machine can get as it stands. Raises as `regions_of`."""
    subscription, group = machine.batch.subscription, machine.batch.group
    client = ask(subscription)
    subject = f"{group}/{machine.name} {machine.power} {machine.size}"
    return _asked(
        subscription,
        "fitting-sizes",
        subject,
        tuple[str, ...],
        QUOTAS_AGE,
        lambda: tuple(client.machine_sizes(group, machine.name)),
    )
