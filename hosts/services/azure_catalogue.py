"""A walk through the Marketplace by the eyes of a connected subscription, some steps at a time.

What is found goes to the gallery. A whole walk is tens of thousands of questions, so a run asks a few dozen and the
next one goes on: where it stands is in the database, as the age of each publisher and offer.
"""

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from gallery.marketplace.types import SkuFacts
from gallery.models import MarketplaceImage, MarketplaceOffer, MarketplacePublisher
from gallery.services.marketplace import (
    image_due,
    image_put,
    offer_due,
    offers_put,
    publisher_due,
    publishers_due,
    publishers_put,
    skus_put,
    walked,
)
from hosts.azure.client import AzureClient
from hosts.azure.errors import AzureError, Missing, NotPermitted, Rejected, Throttled
from hosts.models import AzureSubscription
from hosts.services.azure_subscriptions import ClientFor, client_for
from portal.problems import Problem

USUAL_REGION = "westeurope"
WAIT_KEY, WAIT_SECONDS = "azure-catalogue-wait", 600
RUN_SECONDS = timedelta(seconds=60)


def catalogue_walk(*, ask: ClientFor = client_for, most: int | None = None) -> int:
    """Ask Azure at most `most` questions about the Marketplace; how many were asked.

    None without a subscription that can be signed in to, and for a while after Azure has refused or asked to wait.
    """
    left = settings.AZURE_MARKET_STEPS if most is None else most
    if left <= 0 or cache.get(WAIT_KEY):
        return 0
    subscription = AzureSubscription.objects.filter(problem="").order_by("created_at", "id").first()
    if subscription is None:
        return 0
    walk = _Walk(subscription, left)
    try:
        walk.go(ask(subscription))
    except (AzureError, Problem) as error:
        wait = error.retry_after if isinstance(error, Throttled) and error.retry_after else WAIT_SECONDS
        cache.set(WAIT_KEY, str(error)[:200], int(wait))
    return walk.asked


class _Walk:
    """One run. asked: questions so far."""

    def __init__(self, subscription: AzureSubscription, most: int) -> None:
        self._subscription = subscription
        self._most = most
        self._until = timezone.now() + RUN_SECONDS
        self._terms_refused = False
        self.asked = 0

    def go(self, azure: AzureClient) -> None:
        """Publishers once a week; then what is due: images that are known by name, SKUs of offers, offers."""
        region = self._region(azure)
        if publishers_due():
            self.asked += 1
            publishers_put(azure.publishers(region))
        while self.asked < self._most and timezone.now() < self._until:
            row = image_due() or offer_due() or publisher_due()
            if row is None:
                return
            try:
                self._ask(azure, region, row)
            except Rejected:  # of this one alone; the walk goes on
                walked(row)

    def _ask(
        self, azure: AzureClient, region: str, row: MarketplaceImage | MarketplaceOffer | MarketplacePublisher
    ) -> None:
        self.asked += 1
        if isinstance(row, MarketplacePublisher):
            offers_put(row, azure.offers(region, row.name))
        elif isinstance(row, MarketplaceOffer):
            skus_put(row, azure.skus(region, row.publisher.name, row.name))
        else:
            self.asked += 1
            found = azure.image(region, row.offer.publisher.name, row.offer.name, row.sku)
            image_put(row, self._with_terms(azure, found))

    def _region(self, azure: AzureClient) -> str:
        """The region that is looked at: the one of the settings, else the usual one where the cloud has it."""
        if settings.AZURE_MARKET_REGION:
            return str(settings.AZURE_MARKET_REGION)
        key = f"azure-catalogue-region:{self._subscription.pk}"
        known = cache.get(key)
        if not known:
            self.asked += 1
            names = [name for name, _title in azure.regions()]
            known = USUAL_REGION if USUAL_REGION in names or not names else names[0]
            cache.set(key, known, 86_400)
        return str(known)

    def _with_terms(self, azure: AzureClient, found: SkuFacts) -> SkuFacts:
        """With where the terms of its plan are; an identity that may not read them costs no image."""
        if found.plan is None or self._terms_refused:
            return found
        self.asked += 1
        try:
            agreement = azure.agreement(found.plan.publisher, found.plan.product, found.plan.name)
        except Missing:
            return found
        except NotPermitted:
            self._terms_refused = True
            return found
        return replace(found, terms=agreement.terms)
