"""What a person has put aside to make one application of."""

from django.db import models
from django.utils import timezone

from portal.people.models import User


class BasketItem(models.Model):
    """An image or a template. `gallery.services.basket` is the only writer.

    kind: "image" or "template". reference: "nginx:1.27", or the slug of the template. ports: what the image listens on
    ("80/tcp"). volumes: where it writes. note: why that is not known, a sentence.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="basket")
    kind = models.CharField(max_length=8)
    reference = models.CharField(max_length=400)
    ports = models.JSONField(default=list, blank=True)
    volumes = models.JSONField(default=list, blank=True)
    note = models.CharField(max_length=600, blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_template(self) -> bool:
        return self.kind == "template"
