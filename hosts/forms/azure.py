"""Forms of the Azure pages: a subscription to connect, machines to make."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hosts.azure.types import Account, Cloud, CredentialKind
from hosts.azure.wishes import IMAGES, MAX_COUNT, Wish, image_title
from hosts.models import AzureSubscription
from portal.people.models import Team

from .labels import LabelsField


class Unshown(forms.Textarea):
    """A field whose value is never written into a page, like that of a password."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class SubscriptionForm(forms.Form):
    """How the portal signs in. The secret is never shown again."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), empty_label=None)
    subscription_id = forms.CharField(label=_("Subscription id"), max_length=36)
    kind = forms.ChoiceField(label=_("The portal signs in as"), choices=AzureSubscription.KINDS)
    tenant_id = forms.CharField(label=_("Tenant"), max_length=64, required=False)
    client_id = forms.CharField(label=_("Application (client) id"), max_length=64, required=False)
    secret = forms.CharField(
        label=_("Secret, or certificate and key as PEM"),
        required=False,
        max_length=20_000,
        strip=False,
        widget=Unshown(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Kept encrypted, used only to sign in, never shown again."),
    )
    cloud = forms.ChoiceField(label=_("Cloud"), choices=AzureSubscription.CLOUDS)

    def __init__(self, *args: Any, teams: "QuerySet[Team]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = teams

    def account(self) -> Account:
        values = self.cleaned_data
        return Account(
            subscription_id=values["subscription_id"].strip(),
            kind=CredentialKind(values["kind"]),
            tenant_id=values["tenant_id"].strip(),
            client_id=values["client_id"].strip(),
            secret=values["secret"].strip(),
            cloud=Cloud(values["cloud"]),
        )


class MachinesForm(forms.Form):
    """Machines that become hosts."""

    subscription = forms.ModelChoiceField(
        label=_("Subscription"), queryset=AzureSubscription.objects.none(), empty_label=None
    )
    name = forms.CharField(label=_("Name"), max_length=22, help_text=_("Machines are called NAME-1, NAME-2 and so on."))
    image = forms.ChoiceField(label=_("System"), choices=[(key, label) for key, (_s, label, _i) in IMAGES.items()])
    region = forms.CharField(
        label=_("Region"),
        max_length=40,
        initial="westeurope",
        help_text=_("Such as westeurope."),
        widget=forms.TextInput(attrs={"list": "azure-regions", "autocomplete": "off"}),
    )
    size = forms.CharField(
        label=_("Size"),
        max_length=60,
        initial="Standard_B2s",
        widget=forms.TextInput(attrs={"list": "azure-sizes", "autocomplete": "off"}),
        help_text=_("Such as Standard_B2s or Standard_D2s_v5."),
    )
    count = forms.IntegerField(label=_("Machines"), min_value=1, max_value=MAX_COUNT, initial=1)
    disk_gib = forms.IntegerField(label=_("Disk in GiB"), min_value=30, max_value=4095, initial=64)
    zones = forms.MultipleChoiceField(
        label=_("Zones"),
        choices=[(zone, zone) for zone in ("1", "2", "3")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: Azure chooses."),
    )
    spot = forms.BooleanField(
        label=_("Spot price"), required=False, help_text=_("Cheaper; Azure may stop the machines at any time.")
    )
    labels = LabelsField(label=_("Host labels"), required=False, max_length=2000)

    def __init__(
        self, *args: Any, subscriptions: "QuerySet[AzureSubscription]", image: str = "", **kwargs: Any
    ) -> None:
        """image: an image of the Marketplace that is offered beside the usual ones, as `image_key` gives it."""
        super().__init__(*args, **kwargs)
        field, images = self.fields["subscription"], self.fields["image"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = subscriptions
        if image and isinstance(images, forms.ChoiceField):
            if image not in IMAGES:
                offered = [(key, label) for key, (_system, label, _image) in IMAGES.items()]
                images.choices = [*offered, (image, image_title(image))]
            images.initial = image

    def wish(self) -> Wish:
        """What was asked for; fields that are wrong or missing are as the form begins."""
        values = {name: field.initial for name, field in self.fields.items()} | self.cleaned_data
        return Wish(
            name=values["name"] or "",
            region=values["region"].strip().lower(),
            image=values["image"],
            size=values["size"].strip(),
            count=values["count"],
            zones=tuple(values["zones"] or ()),
            spot=bool(values["spot"]),
            disk_gib=values["disk_gib"],
        )
