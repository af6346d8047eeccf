"""What the gallery keeps in the database: answers of outside services, and how those services are."""

from .answers import KeptAnswer, SourceState

__all__ = ["KeptAnswer", "SourceState"]
