"""The Azure Marketplace's images of machines, as a subscription showed them.

`gallery.selectors.marketplace` reads them, `gallery.services.marketplace` writes them.
"""

from django.db import models


class MarketplacePublisher(models.Model):
    """Who publishes images. listed_at: when the list of all was asked for; walked_at: when its offers were, or None."""

    name = models.CharField(max_length=120, unique=True)
    place = models.PositiveIntegerField(default=100)  # the order in which publishers are asked for
    listed_at = models.DateTimeField()
    walked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["walked_at", "place"])]

    def __str__(self) -> str:
        return self.name


class MarketplaceOffer(models.Model):
    """What a publisher offers; its images are its SKUs. words: what a search looks through, in small letters.

    systems, architectures: of its images, as far as they are known. walked_at: when its SKUs were last asked for.
    """

    publisher = models.ForeignKey(MarketplacePublisher, on_delete=models.CASCADE, related_name="offers")
    name = models.CharField(max_length=120)
    words = models.TextField()
    systems = models.CharField(max_length=40, blank=True)
    architectures = models.CharField(max_length=40, blank=True)
    plans = models.BooleanField(default=False)  # whether one of its images is sold by a plan
    walked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publisher", "name"], name="marketplace_offer_once")]
        indexes = [models.Index(fields=["walked_at"])]

    def __str__(self) -> str:
        return self.name


class MarketplaceImage(models.Model):
    """An image, by its SKU. versions: names, the newest first. os, architecture: in Go's words, "" when unknown.

    plan, product, seller: what is bought with it, empty for an image that costs nothing beside its machine.
    licence, privacy: addresses of the terms of that plan. walked_at: when it was last asked for; None: only its name is
    known.
    """

    offer = models.ForeignKey(MarketplaceOffer, on_delete=models.CASCADE, related_name="images")
    sku = models.CharField(max_length=120)
    versions = models.JSONField(default=list)
    os = models.CharField(max_length=16, blank=True)
    architecture = models.CharField(max_length=16, blank=True)
    generation = models.CharField(max_length=8, blank=True)
    plan = models.CharField(max_length=120, blank=True)
    product = models.CharField(max_length=120, blank=True)
    seller = models.CharField(max_length=120, blank=True)
    licence = models.CharField(max_length=500, blank=True)
    privacy = models.CharField(max_length=500, blank=True)
    walked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sku"]
        constraints = [models.UniqueConstraint(fields=["offer", "sku"], name="marketplace_image_once")]
        indexes = [models.Index(fields=["walked_at"])]

    def __str__(self) -> str:
        return self.sku

    @property
    def version(self) -> str:
        """The newest; "" when none is known."""
        return str(self.versions[0]) if self.versions else ""
