"""/gallery/marketplace: images of machines, as connected subscriptions have shown them."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from gallery.models import MarketplaceImage
from gallery.selectors.marketplace import images_found, key_of, marketplace_fetched_at, offer_get
from gallery.sources import MARKETPLACE
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

from .schemas import RepositoryOut, TagOut, TagPlatformOut, TagsOut

router = Router()


class PlanOut(Schema):
    """What is bought with an image. licence, privacy: addresses of its terms, "" when Azure has not said."""

    name: str
    product: str
    publisher: str
    licence: str
    privacy: str


class MarketplaceImageOut(Schema):
    """image: what POST /azure/machines takes as `image`. version: the newest; os: "" when not asked for yet."""

    image: str
    publisher: str
    offer: str
    sku: str
    version: str
    versions: list[str]
    os: str
    architecture: str
    generation: str
    plan: PlanOut | None
    fetched_at: datetime | None


class MarketplaceList(Schema):
    """fetched_at: when Azure was last asked; null without a connected subscription that has shown anything."""

    items: list[MarketplaceImageOut]
    next: str | None
    fetched_at: datetime | None


@router.get("/gallery/marketplace", response=MarketplaceList, summary="Images of machines in the Azure Marketplace")
def marketplace(
    request: HttpRequest,
    q: Annotated[str, Field(max_length=200)] = "",
    publisher: Annotated[str, Field(max_length=120)] = "",
    offer: Annotated[str, Field(max_length=120)] = "",
    os: Literal["", "linux", "windows"] = "",
    architecture: Literal["", "amd64", "arm64"] = "",
    plan: bool | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> MarketplaceList:
    """q: words that publisher, offer or SKU have; plan: only images that are sold by one, or only the others."""
    actor_of(request)
    rows = images_found(q, publisher=publisher, offer=offer, os=os, architecture=architecture, plan=plan)
    page = page_of(rows, order=["offer__publisher__place", "offer_id", "sku", "id"], cursor=cursor, limit=limit)
    return MarketplaceList(
        items=[image_out(row) for row in page.items], next=page.next, fetched_at=marketplace_fetched_at()
    )


def image_out(row: MarketplaceImage) -> MarketplaceImageOut:
    plan = None
    if row.plan:
        plan = PlanOut(
            name=row.plan, product=row.product, publisher=row.seller, licence=row.licence, privacy=row.privacy
        )
    return MarketplaceImageOut(
        image=key_of(row),
        publisher=row.offer.publisher.name,
        offer=row.offer.name,
        sku=row.sku,
        version=row.version,
        versions=[str(one) for one in row.versions],
        os=row.os,
        architecture=row.architecture,
        generation=row.generation,
        plan=plan,
        fetched_at=row.walked_at,
    )


def offer_out(publisher: str, offer: str) -> RepositoryOut:
    """An offer in the words of repositories. Raises RepositoryNotFound."""
    found = offer_get(publisher, offer)
    return RepositoryOut(
        source=MARKETPLACE,
        namespace=found.publisher.name,
        name=found.name,
        reference="",
        summary="Images of machines.",
        readme="",
        readme_html="",
        official=False,
        archived=False,
        stars=None,
        pulls=None,
        last_updated=None,
        registered_at=None,
        categories=[],
        license="",
        fetched_at=found.walked_at or found.publisher.walked_at or found.publisher.listed_at,
        stale=False,
    )


def skus_out(publisher: str, offer: str, *, q: str, os: str, architecture: str) -> TagsOut:
    """Its images in the words of tags: a tag is a SKU, its reference what new machines are made of."""
    found = offer_get(publisher, offer)
    images = [
        one
        for one in found.images.all()
        if q.lower() in one.sku.lower() and os in {"", one.os} and architecture in {"", one.architecture}
    ]
    return TagsOut(
        items=[_sku_out(one) for one in images],
        next=None,
        total=len(images),
        fetched_at=found.walked_at or found.publisher.listed_at,
        stale=False,
        complete=found.walked_at is not None,
    )


def _sku_out(image: MarketplaceImage) -> TagOut:
    platforms = []
    if image.os:
        platforms = [TagPlatformOut(os=image.os, architecture=image.architecture, digest="", size=None)]
    return TagOut(
        name=image.sku,
        reference=key_of(image),
        digest="",
        platforms=platforms,
        size=None,
        pushed_at=None,
        fits=[],
        detail=f"plan {image.plan}" if image.plan else "",
    )
