"""The form of a webhook."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.models import Webhook
from hosts.models.webhooks import WebhookEvent


class WebhookForm(forms.Form):
    """Where to, and what of."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("https://… It gets a signed POST for each event; a 2xx answer means that it was taken."),
        widget=forms.TextInput(attrs={"class": "code", "inputmode": "url", "placeholder": "https://"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=WebhookEvent.choices,
        initial=list(WebhookEvent.values),
        widget=forms.CheckboxSelectMultiple,
    )

    @classmethod
    def of(cls, row: Webhook) -> "WebhookForm":
        """The form as the webhook is now."""
        return cls(initial={"url": row.url, "events": row.events})
