"""What the gallery keeps in the database: answers of outside services, how those are, accounts there, and tags."""

from .answers import KeptAnswer, SourceState
from .basket import BasketItem
from .index import IndexedRepository, IndexMark
from .registries import AccountState, RegistryAccount
from .templates import TeamTemplate
from .updates import TagDigest, WatchedTag

__all__ = [
    "AccountState",
    "BasketItem",
    "IndexMark",
    "IndexedRepository",
    "KeptAnswer",
    "RegistryAccount",
    "SourceState",
    "TagDigest",
    "TeamTemplate",
    "WatchedTag",
]
