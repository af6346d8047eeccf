"""The deploy form: one service from an image, or a template's parameters, or compose text; and where it shall run."""

import re
import shlex
from collections.abc import Container, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gallery.catalogue.types import Parameter, ParameterKind
from gallery.catalogue.values import value_problem
from hosts.models import Cluster, Host
from portal.people.models import Team

from .labels import LabelsField
from .rows import Rows

RESTART_POLICIES = [
    ("unless-stopped", _("Unless stopped")),
    ("always", _("Always")),
    ("on-failure", _("On failure")),
    ("no", _("Never")),
]
# The network mode of `docker run` without --network: bridge on Linux, nat on Windows.
ENGINE_DEFAULT = "default"
SHARED, OWN = "shared", "own"
NETWORKS = [
    (SHARED, _("The engine's default, as docker run")),
    (OWN, _("One of its own")),
]
TARGETS = [
    ("any", _("Any host that fits")),
    ("hosts", _("One of these hosts")),
    ("labels", _("A host with these labels")),
]
IN_CLUSTER = ("cluster", _("In a cluster"))
STRATEGIES = [
    ("pack", _("Keep services together")),
    ("spread", _("Spread replicas over the hosts")),
]
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(b|k|kb|ki|kib|m|mb|mi|mib|g|gb|gi|gib)?\Z", re.IGNORECASE)
_MAX_COMPOSE = 256 * 1024


class TargetForm(forms.Form):
    """The part that every way of deploying shares: name, team and place."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), empty_label=None)
    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        help_text=_("Small letters, digits, “-” and “_”. It names the compose project on the host."),
    )
    target = forms.ChoiceField(label=_("Where"), choices=TARGETS, widget=forms.RadioSelect)
    hosts = forms.ModelMultipleChoiceField(label=_("Hosts"), queryset=Host.objects.none(), required=False)
    host_labels = LabelsField(label=_("Host labels"), required=False, max_length=2000)
    cluster = forms.ModelChoiceField(
        label=_("Cluster"), queryset=Cluster.objects.none(), required=False, empty_label=None
    )
    strategy = forms.ChoiceField(label=_("With several hosts"), choices=STRATEGIES, required=False)

    def __init__(self, *args: Any, teams: "QuerySet[Team]", hosts: "QuerySet[Host]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set_queryset("team", teams)
        self._set_queryset("hosts", hosts)
        clusters = Cluster.objects.filter(team__in=teams)
        self._set_queryset("cluster", clusters)
        self.has_clusters = clusters.exists()
        target = self.fields["target"]
        if self.has_clusters and isinstance(target, forms.ChoiceField):
            target.choices = [*TARGETS, IN_CLUSTER]

    def _set_queryset(self, name: str, rows: "QuerySet[Any]") -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not _PROJECT.match(name):
            raise ValidationError(_("Start with a small letter or a digit; then small letters, digits, “-” and “_”."))
        return name

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        kind = values.get("target")
        if kind == "hosts" and "hosts" not in self.errors and not values.get("hosts"):
            self.add_error("hosts", _("Choose at least one host, or let any host that fits be chosen."))
        if kind == "labels" and "host_labels" not in self.errors and not values.get("host_labels"):
            self.add_error("host_labels", _("Write at least one label, such as zone=eu."))
        if kind == "cluster" and "cluster" not in self.errors and not values.get("cluster"):
            self.add_error("cluster", _("Choose a cluster."))
        return values

    def targets(self) -> dict[str, Any]:
        """The public contract's targets: any, hosts, labels or cluster; with a strategy where it is not the usual."""
        kind = self.cleaned_data["target"]
        if kind == "cluster":
            return {"cluster": str(self.cleaned_data["cluster"].pk)}
        spread = {"strategy": "spread"} if self.cleaned_data.get("strategy") == "spread" else {}
        if kind == "hosts":
            return {"hosts": [str(host.pk) for host in self.cleaned_data["hosts"]], **spread}
        if kind == "labels":
            return {"labels": self.cleaned_data["host_labels"], **spread}
        return {"any": True, **spread}

    def chosen_host_ids(self) -> list[str]:
        """Ids ticked so far, as typed; for drawing the choices again."""
        value = self["hosts"].value() or []
        return [str(getattr(entry, "pk", entry)) for entry in value]


class ImageForm(TargetForm):
    """One service from an image."""

    image = forms.CharField(
        label=_("Image"),
        max_length=400,
        help_text=_("Repository and tag, for example nginx:1.27 or registry.example/team/app:2."),
    )
    command = forms.CharField(
        label=_("Command"),
        required=False,
        max_length=4000,
        help_text=_("Empty: the image's own command."),
    )
    restart = forms.ChoiceField(label=_("Restart"), choices=RESTART_POLICIES)
    network = forms.ChoiceField(
        label=_("Network"),
        choices=NETWORKS,
        required=False,
        help_text=_("One of its own keeps it apart from other containers, and takes a moment longer to start."),
    )
    cpus = forms.DecimalField(
        label=_("CPU limit"),
        required=False,
        min_value=0,
        max_digits=7,
        decimal_places=3,
        help_text=_("In CPUs, such as 0.5."),
    )
    memory = forms.CharField(
        label=_("Memory limit"), required=False, max_length=20, help_text=_("Such as 256M or 1G; at least 6M.")
    )

    def clean_image(self) -> str:
        image = str(self.cleaned_data["image"]).strip()
        if re.search(r"\s", image):
            raise ValidationError(_("An image reference has no spaces."))
        return image

    def clean_command(self) -> list[str]:
        try:
            return shlex.split(str(self.cleaned_data["command"]))
        except ValueError as error:
            raise ValidationError(_("A quotation mark is not closed.")) from error

    def clean_memory(self) -> str:
        text = str(self.cleaned_data["memory"]).strip()
        if not text:
            return ""
        return memory_text(text)

    def service(self, rows: Rows) -> dict[str, Any]:
        """The compose service attributes of form and rows. Call after both are valid."""
        values = self.cleaned_data
        service: dict[str, Any] = {"image": values["image"], "restart": values["restart"]}
        if values["command"]:
            service["command"] = values["command"]
        if values["network"] == SHARED:
            service["network_mode"] = ENGINE_DEFAULT
        if values["cpus"]:
            service["cpus"] = float(values["cpus"])
        if values["memory"]:
            service["mem_limit"] = values["memory"]
        return {**service, **rows.as_compose()}


class ComposeForm(TargetForm):
    """Compose text, and values for what it interpolates."""

    compose = forms.CharField(
        label=_("Compose file"),
        max_length=_MAX_COMPOSE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "wrap": "off"}),
    )
    values = forms.CharField(
        label=_("Values"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("NAME=value, one a line, for ${NAME} in the file."),
    )

    def clean_values(self) -> dict[str, str]:
        return values_from(str(self.cleaned_data["values"]).splitlines())


class TemplateForm(TargetForm):
    """The parameters of a gallery template, as fields named `param_NAME`.

    kept: names of secrets that the application has already; left empty, they stay as they are.
    """

    def __init__(self, *args: Any, parameters: Iterable[Parameter], kept: Container[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parameters = tuple(parameters)
        self.kept = kept
        for parameter in self.parameters:
            stays = parameter.secret and parameter.name in kept
            self.fields[f"param_{parameter.name}"] = parameter_field(parameter, stays=stays)

    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[f"param_{one.name}"] for one in self.parameters]

    def values(self) -> dict[str, str]:
        """NAME -> value for interpolation, without secrets; one that is left empty and was never set is empty text."""
        secrets = self.secrets()
        return {
            one.name: self._answer(one)
            for one in self.parameters
            if not one.secret or (one.name not in secrets and one.name not in self.kept)
        }

    def secrets(self) -> dict[str, str]:
        """NAME -> what was typed for a secret, to be sealed."""
        return {one.name: answer for one in self.parameters if one.secret and (answer := self._answer(one))}

    def _answer(self, parameter: Parameter) -> str:
        value = self.cleaned_data[f"param_{parameter.name}"]
        return "" if value is None else str(value)


def parameter_field(parameter: Parameter, *, stays: bool = False) -> forms.Field:
    """A form field for one template parameter. stays: a secret that is kept when the field is left empty."""
    common: dict[str, Any] = {
        "label": parameter.label,
        "help_text": _("Stored already. Leave it empty to keep it.") if stays else parameter.help,
        "required": parameter.required and not stays,
        "initial": parameter.default,
    }
    if parameter.kind is ParameterKind.CHOICE:
        blank = [] if parameter.required or parameter.default else [("", "—")]
        return forms.ChoiceField(choices=[*blank, *((choice, choice) for choice in parameter.choices)], **common)
    if parameter.kind is ParameterKind.PORT:
        return forms.IntegerField(min_value=1, max_value=65535, widget=_number_input(), **common)

    def fits(value: str) -> None:
        if problem := value_problem(parameter, value):
            raise ValidationError(problem)

    common["validators"] = [fits]
    if parameter.kind is ParameterKind.NUMBER:
        return forms.CharField(max_length=30, widget=_number_input(), **common)
    if parameter.secret:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(widget=widget, strip=False, max_length=4000, **common)
    if parameter.kind is ParameterKind.HOST_PATH:
        path = forms.TextInput(attrs={"class": "code", "autocomplete": "off", "spellcheck": "false"})
        return forms.CharField(max_length=4000, widget=path, **common)
    return forms.CharField(max_length=4000, **common)


def _number_input() -> forms.TextInput:
    """A field for digits without the browser's little arrows."""
    return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


def values_from(lines: Iterable[str]) -> dict[str, str]:
    """{NAME: value} from NAME=value lines. Raises ValidationError with the number of the first bad line."""
    values: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", name.strip()):
            raise ValidationError(_now("Line %(number)d is not NAME=value.") % {"number": number})
        values[name.strip()] = value
    return values


def memory_text(text: str) -> str:
    """A memory limit in compose's words ("256m"). Raises ValidationError; the engine wants 6 MB."""
    match = _MEMORY.match(text)
    if not match:
        raise ValidationError(_now("Write a number and a unit, such as 256M or 1.5G."))
    unit = (match[2] or "m")[0].lower()
    size = float(match[1]) * {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[unit]
    if size < 6 * 1024**2:
        raise ValidationError(_now("The engine needs a limit of at least 6M."))
    return f"{int(size)}b" if size % 1024**2 else f"{int(size) // 1024**2}m"
