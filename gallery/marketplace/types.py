"""Images of the Azure Marketplace, as every part of the house sees them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What is bought with an image. name, product, publisher: as a machine's `plan` has them."""

    name: str
    product: str
    publisher: str


@dataclass(frozen=True)
class Terms:
    """Addresses of the licence and of what becomes of one's data; "" when Azure does not say."""

    licence: str = ""
    privacy: str = ""


@dataclass(frozen=True)
class SkuFacts:
    """An image of an offer. versions: the newest first. os: "linux", "windows" or ""; architecture: in Go's words.

    generation: of the virtual hardware, "V1" or "V2".
    """

    sku: str
    versions: tuple[str, ...] = ()
    os: str = ""
    architecture: str = ""
    generation: str = ""
    plan: Plan | None = None
    terms: Terms = Terms()
