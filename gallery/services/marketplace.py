"""Writing the Azure Marketplace's images down, step by step, as somebody walks through it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from gallery.marketplace.types import SkuFacts, Terms
from gallery.models import MarketplaceImage, MarketplaceOffer, MarketplacePublisher

# Asked for before all others: images that hosts are usually made of.
FIRST = (
    "Canonical",
    "MicrosoftWindowsServer",
    "Debian",
    "MicrosoftCBLMariner",
    "RedHat",
    "SUSE",
    "Oracle",
    "almalinux",
    "resf",
    "kinvolk",
    "center-for-internet-security-inc",
)
PUBLISHERS_AGE = timedelta(days=7)
OFFERS_AGE = timedelta(days=14)
IMAGES_AGE = timedelta(days=7)
MOST_VERSIONS, MOST_WORDS = 20, 20_000


def publishers_due(now: datetime | None = None) -> bool:
    """Whether the list of publishers is to be asked for."""
    newest = MarketplacePublisher.objects.aggregate(newest=Max("listed_at"))["newest"]
    return newest is None or newest < (now or timezone.now()) - PUBLISHERS_AGE


def publishers_put(names: Iterable[str]) -> int:
    """Keep who publishes; who is gone goes with all offers. How many there are now."""
    now, wanted = timezone.now(), {name for name in names if name}
    order = {name.lower(): place for place, name in enumerate(FIRST)}
    rows = [
        MarketplacePublisher(name=name, place=order.get(name.lower(), 100), listed_at=now) for name in sorted(wanted)
    ]
    with transaction.atomic():
        MarketplacePublisher.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["name"], update_fields=["listed_at", "place"]
        )
        MarketplacePublisher.objects.exclude(listed_at=now).delete()
    return len(wanted)


def publisher_due(now: datetime | None = None) -> MarketplacePublisher | None:
    """Whose offers are to be asked for next: those never asked for, then the longest ago."""
    since = (now or timezone.now()) - OFFERS_AGE
    rows = MarketplacePublisher.objects.filter(Q(walked_at=None) | Q(walked_at__lt=since))
    return rows.order_by("place", F("walked_at").asc(nulls_first=True), "name").first()


def offers_put(publisher: MarketplacePublisher, names: Iterable[str]) -> None:
    """Keep what a publisher offers; what is gone goes with its images."""
    wanted = sorted({name for name in names if name})
    with transaction.atomic():
        publisher.offers.exclude(name__in=wanted).delete()
        rows = [
            MarketplaceOffer(publisher=publisher, name=name, words=f"{publisher.name} {name}".lower())
            for name in wanted
        ]
        MarketplaceOffer.objects.bulk_create(rows, ignore_conflicts=True)
        MarketplacePublisher.objects.filter(pk=publisher.pk).update(walked_at=timezone.now())


def offer_due(now: datetime | None = None) -> MarketplaceOffer | None:
    """Whose SKUs are to be asked for next."""
    since = (now or timezone.now()) - OFFERS_AGE
    rows = MarketplaceOffer.objects.filter(Q(walked_at=None) | Q(walked_at__lt=since)).select_related("publisher")
    return rows.order_by(F("walked_at").asc(nulls_first=True), "publisher__place", "name").first()


def skus_put(offer: MarketplaceOffer, names: Iterable[str]) -> None:
    """Keep the names of an offer's images; what is gone goes."""
    wanted = sorted({name for name in names if name})
    with transaction.atomic():
        offer.images.exclude(sku__in=wanted).delete()
        rows = [MarketplaceImage(offer=offer, sku=name) for name in wanted]
        MarketplaceImage.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
        words = " ".join([offer.publisher.name, offer.name, *wanted]).lower()[:MOST_WORDS]
        MarketplaceOffer.objects.filter(pk=offer.pk).update(words=words, walked_at=timezone.now())


def image_due(now: datetime | None = None) -> MarketplaceImage | None:
    """What image is to be asked for next."""
    since = (now or timezone.now()) - IMAGES_AGE
    rows = MarketplaceImage.objects.filter(Q(walked_at=None) | Q(walked_at__lt=since))
    rows = rows.select_related("offer", "offer__publisher")
    return rows.order_by(F("walked_at").asc(nulls_first=True), "offer__publisher__place", "pk").first()


def image_put(image: MarketplaceImage, found: SkuFacts) -> None:
    """Keep what an image is, and what a search needs to know of its offer."""
    with transaction.atomic():
        MarketplaceImage.objects.filter(pk=image.pk).update(**_fields(found), walked_at=timezone.now())
        images = list(MarketplaceImage.objects.filter(offer=image.offer_id))
        MarketplaceOffer.objects.filter(pk=image.offer_id).update(
            systems=" ".join(sorted({one.os for one in images if one.os})),
            architectures=" ".join(sorted({one.architecture for one in images if one.architecture})),
            plans=any(one.plan for one in images),
        )


def walked(row: MarketplacePublisher | MarketplaceOffer | MarketplaceImage) -> None:
    """Ask for it again another time: Azure would not say."""
    type(row).objects.filter(pk=row.pk).update(walked_at=timezone.now())


def _fields(one: SkuFacts) -> dict[str, object]:
    terms = one.terms if one.plan else Terms()
    return {
        "versions": list(one.versions[:MOST_VERSIONS]),
        "os": one.os,
        "architecture": one.architecture,
        "generation": one.generation,
        "plan": one.plan.name if one.plan else "",
        "product": one.plan.product if one.plan else "",
        "seller": one.plan.publisher if one.plan else "",
        "licence": _address(terms.licence),
        "privacy": _address(terms.privacy),
    }


def _address(text: str) -> str:
    """An https address, and nothing else that a page would make a link of."""
    return text[:500] if text.startswith("https://") else ""
