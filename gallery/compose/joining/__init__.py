"""Several compose texts -> one: names made unique, the old ones still answered, host ports out of each other's way."""

from .join import Joined, Part, join

__all__ = ["Joined", "Part", "join"]
