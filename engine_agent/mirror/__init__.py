"""What the engine holds, as the portal is told of it: read, kept, and told in snapshots and deltas."""

from .book import Book
from .watch import Mirror

__all__ = ["Book", "Mirror"]
