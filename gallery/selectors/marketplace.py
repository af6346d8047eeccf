"""Reading the Azure Marketplace's images: what was found by words, an offer with its images."""

from datetime import datetime

from django.db.models import Max, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from gallery.found import PAGE_SIZE, Found, SearchRequest, SourceAnswer
from gallery.index.words import words_of
from gallery.marketplace.keys import image_key
from gallery.models import MarketplaceImage, MarketplaceOffer
from gallery.problems import MarketplaceUnknown, RepositoryNotFound
from gallery.registry.types import Platform
from gallery.repositories import RepositoryName
from gallery.sources import MARKETPLACE_SOURCE


def marketplace_fetched_at() -> datetime | None:
    """When Azure was last asked; None when nothing of the Marketplace is known."""
    moment: datetime | None = MarketplaceOffer.objects.aggregate(newest=Max("walked_at"))["newest"]
    return moment


def offers_found(q: str = "", *, os: str = "", architecture: str = "") -> "QuerySet[MarketplaceOffer]":
    """Offers that have every word of `q`, in the order of well-known publishers and then by name."""
    rows = MarketplaceOffer.objects.select_related("publisher")
    for word in words_of(q):
        rows = rows.filter(words__contains=word)
    if os:
        rows = rows.filter(systems__contains=os)
    if architecture:
        rows = rows.filter(architectures__contains=architecture)
    return rows.order_by("publisher__place", "publisher__name", "name")


def images_found(
    q: str = "", *, publisher: str = "", offer: str = "", os: str = "", architecture: str = "", plan: bool | None = None
) -> "QuerySet[MarketplaceImage]":
    """Images, by publisher, offer and SKU. plan: only those that are sold by a plan, or only those that are not."""
    rows = MarketplaceImage.objects.select_related("offer", "offer__publisher")
    for word in words_of(q):
        rows = rows.filter(Q(offer__words__contains=word))
    exact = {"offer__publisher__name__iexact": publisher, "offer__name__iexact": offer, "os": os}
    exact["architecture"] = architecture
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if plan is not None:
        rows = rows.exclude(plan="") if plan else rows.filter(plan="")
    return rows


def offer_get(publisher: str, offer: str) -> MarketplaceOffer:
    """An offer with its images. Raises RepositoryNotFound."""
    images = Prefetch("images", MarketplaceImage.objects.order_by("sku"))
    rows = MarketplaceOffer.objects.select_related("publisher").prefetch_related(images)
    found = rows.filter(publisher__name__iexact=publisher, name__iexact=offer).first()
    if found is None:
        raise RepositoryNotFound(_("The Marketplace, as far as the portal has seen it, has no such offer."))
    return found


def key_of(image: MarketplaceImage) -> str:
    """What the form for new machines calls it."""
    offer = image.offer
    return image_key(image.os, offer.publisher.name, offer.name, image.sku, plan=image.plan)


def platforms_of(systems: str, architectures: str) -> tuple[Platform, ...]:
    """Every system with every architecture, from the words that an offer keeps."""
    return tuple(Platform(os, one) for os in systems.split() for one in (architectures.split() or ["amd64"]))


def marketplace_answer(wanted: SearchRequest) -> SourceAnswer | None:
    """What the Marketplace has of it; None when it has nothing to say. Machine images run on no host of the fleet.

    Raises MarketplaceUnknown when it was asked for by name and nothing of it is known.
    """
    chosen = wanted.source == MARKETPLACE_SOURCE.slug
    elsewhere = wanted.official or wanted.verified or wanted.category or wanted.windows or wanted.fits_host
    if not chosen and (wanted.source or not wanted.q or elsewhere):
        return None
    moment = marketplace_fetched_at()
    if moment is None:
        if chosen:
            raise MarketplaceUnknown()
        return None
    if elsewhere:
        return SourceAnswer(MARKETPLACE_SOURCE, total=0, fetched_at=moment)
    rows = offers_found(wanted.q, os=wanted.os, architecture=wanted.architecture)
    total, start = rows.count(), (wanted.page - 1) * PAGE_SIZE
    items = tuple(_found(offer) for offer in rows[start : start + PAGE_SIZE])
    if not items and not chosen:
        return None
    return SourceAnswer(MARKETPLACE_SOURCE, items, total, start + PAGE_SIZE < total, moment)


def _found(offer: MarketplaceOffer) -> Found:
    return Found(
        RepositoryName(MARKETPLACE_SOURCE, offer.publisher.name, offer.name),
        _("Images of machines, sold by a plan.") if offer.plans else _("Images of machines."),
        publisher=offer.publisher.name,
        platforms=platforms_of(offer.systems, offer.architectures),
    )
