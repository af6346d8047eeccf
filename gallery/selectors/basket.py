"""What is in somebody's basket, and the one application that it makes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from gallery.catalogue.types import Parameter, Template
from gallery.compose.errors import ComposeInvalid
from gallery.compose.joining import Joined, Part, join
from gallery.compose.write import compose_text
from gallery.models import BasketItem
from gallery.problems import TemplateNotFound
from gallery.registry.reference import parse_reference
from portal.people.access import Actor

from .templates import template_seen

# Ports that browsers and scripts ask; others are for services of the same application, by name.
PUBLISHED = {80: 8080, 443: 8443, 3000: 3000, 5000: 5000, 8000: 8000, 8080: 8080, 8443: 8443, 9000: 9000, 9090: 9090}
_CHARS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Basket:
    """items: in the order they were put in. compose: "" when it is empty or a text makes no sense (`problem`).

    parameters: the questions of all templates in it, under the names they have in the text. notes: what was changed so
    that all fit together, and what is not known. name: a proposal for the application.
    """

    items: tuple[BasketItem, ...] = ()
    compose: str = ""
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    name: str = ""

    @property
    def plain_values(self) -> dict[str, str]:
        """The usual answers, for what is no secret."""
        return {one.name: one.default for one in self.parameters if not one.secret}

    @property
    def secret_names(self) -> list[str]:
        return [one.name for one in self.parameters if one.secret]


def basket_count(actor: Actor) -> int:
    """How many things are in it."""
    return BasketItem.objects.filter(user=actor.user).count() if actor.user is not None else 0


def basket_of(actor: Actor) -> Basket:
    """The actor's basket, joined. Nothing outside is asked."""
    if actor.user is None:
        return Basket()
    rows = tuple(BasketItem.objects.filter(user=actor.user))
    parts: list[Part] = []
    asked: list[Sequence[Parameter]] = []
    notes: list[str] = []
    for row in rows:
        try:
            part, parameters, told = _part(actor, row)
        except TemplateNotFound:
            notes.append(_("The template %(slug)s is gone, and is left out.") % {"slug": row.reference})
            continue
        parts.append(part)
        asked.append(parameters)
        notes += told
    if not parts:
        return Basket(rows, notes=tuple(notes))
    try:
        joined = join(parts)
    except ComposeInvalid as problem:
        return Basket(rows, notes=tuple(notes), problem=problem.detail)
    return Basket(
        rows, joined.compose, _parameters(joined, parts, asked), (*joined.notes, *notes), name=parts[0].name[:63]
    )


def _part(actor: Actor, row: BasketItem) -> tuple[Part, Sequence[Parameter], list[str]]:
    """Raises TemplateNotFound."""
    if not row.is_template:
        return _image_part(row)
    template: Template = template_seen(actor, row.reference)
    name = _word(template.slug.rpartition("--")[2].rpartition("__")[2])
    defaults = {one.name: one.default for one in template.parameters}
    return Part(name, template.title, template.compose, defaults), template.parameters, []


def _image_part(row: BasketItem) -> tuple[Part, Sequence[Parameter], list[str]]:
    """One service, with what it listens on for browsers published, and what it writes kept."""
    name = _word(parse_reference(row.reference).repository.rpartition("/")[2])
    service: dict[str, Any] = {"image": row.reference, "restart": "unless-stopped"}
    numbers = [int(text.partition("/")[0]) for text in row.ports if text.partition("/")[0].isdigit()]
    if ports := [f"{PUBLISHED[number]}:{number}" for number in numbers if number in PUBLISHED]:
        service["ports"] = ports
    notes = [_("%(name)s: %(note)s") % {"name": row.reference, "note": row.note}] if row.note else []
    if inner := [str(number) for number in numbers if number not in PUBLISHED]:
        told = {"name": row.reference, "ports": ", ".join(inner)}
        notes.append(
            _("%(name)s listens on %(ports)s, for the other services alone: publish it if more need it.") % told
        )
    keys = {f"{name}-data{f'-{n}' if n > 1 else ''}": path for n, path in enumerate(row.volumes, start=1)}
    if keys:
        service["volumes"] = [f"{key}:{path}" for key, path in keys.items()]
    text = compose_text({"services": {name: service}, "volumes": {key: {} for key in keys}})
    return Part(name, row.reference, text), (), notes


def _parameters(joined: Joined, parts: Sequence[Part], asked: Sequence[Sequence[Parameter]]) -> tuple[Parameter, ...]:
    """The questions of all parts; one whose name was taken says whose it is."""
    found: list[Parameter] = []
    for part, names, parameters in zip(parts, joined.renamed, asked, strict=True):
        for one in parameters:
            name = names.get(one.name, one.name)
            label = f"{one.label} ({part.title})"[:100] if name != one.name else one.label
            found.append(replace(one, name=name, label=label, default=joined.defaults.get(name, one.default)))
    return tuple(found)


def _word(text: str) -> str:
    """A name for services: small letters, digits and dashes."""
    return _CHARS.sub("-", text.lower()).strip("-")[:40] or "app"
