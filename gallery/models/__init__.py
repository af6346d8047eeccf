"""What the gallery keeps in the database: answers of outside services, how those are, and accounts there."""

from .answers import KeptAnswer, SourceState
from .registries import AccountState, RegistryAccount

__all__ = ["AccountState", "KeptAnswer", "RegistryAccount", "SourceState"]
