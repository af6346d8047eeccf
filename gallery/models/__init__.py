"""What the gallery keeps in the database: answers of outside services, how those are, accounts there, and tags."""

from .answers import KeptAnswer, SourceState
from .registries import AccountState, RegistryAccount
from .updates import TagDigest, WatchedTag

__all__ = ["AccountState", "KeptAnswer", "RegistryAccount", "SourceState", "TagDigest", "WatchedTag"]
