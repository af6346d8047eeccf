"""What the gallery keeps in the database: answers of outside services, how those are, accounts there, tags,
the Azure Marketplace's images, and what teams point at."""

from .answers import KeptAnswer, SourceState
from .basket import BasketItem
from .favourites import Collection, CollectionItem, Favourite
from .index import IndexedRepository, IndexMark
from .marketplace import MarketplaceImage, MarketplaceOffer, MarketplacePublisher
from .registries import AccountState, RegistryAccount
from .template_lists import CheckedImage, ListedTemplate, TemplateList
from .templates import TeamTemplate
from .updates import TagDigest, WatchedTag

__all__ = [
    "AccountState",
    "BasketItem",
    "CheckedImage",
    "Collection",
    "CollectionItem",
    "Favourite",
    "IndexMark",
    "IndexedRepository",
    "KeptAnswer",
    "ListedTemplate",
    "MarketplaceImage",
    "MarketplaceOffer",
    "MarketplacePublisher",
    "RegistryAccount",
    "SourceState",
    "TagDigest",
    "TeamTemplate",
    "TemplateList",
    "WatchedTag",
]
