"""A team's templates are written, changed and removed here, and only here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from gallery.catalogue.categories import CATEGORIES
from gallery.catalogue.loader import sample_values
from gallery.catalogue.types import Parameter, ParameterKind
from gallery.catalogue.values import value_problem
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project, project_variables
from gallery.compose.sources import MAIN, Sources
from gallery.models import TeamTemplate
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

MOST_TEMPLATES = 200  # of a team
MOST_PARAMETERS = 50
MOST_CHOICES = 50
MOST_COMPOSE = 256 * 1024  # bytes
MOST_DESCRIPTION = 20_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")


@dataclass(frozen=True)
class TemplateInput:
    """What a person writes. description: markdown. compose: text with ${NAME} for each parameter."""

    title: str
    compose: str
    parameters: tuple[Parameter, ...] = ()
    summary: str = ""
    description: str = ""
    categories: tuple[str, ...] = field(default=())


def template_add(*, team: Team, given: TemplateInput, actor: Actor) -> TeamTemplate:
    """A new template of a team. Raises Invalid (fields), Conflict, NotAllowed."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="template.add")
    values = _checked(given)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        if TeamTemplate.objects.filter(team=team).count() >= MOST_TEMPLATES:
            raise Conflict(_("A team has at most %(most)d templates. Remove one first.") % {"most": MOST_TEMPLATES})
        row = TeamTemplate.objects.create(
            team=team, slug=_free_slug(team, given.title), changed_by=actor.user, **values
        )
        audit_record(actor=actor, action="template.add", team=team, target=row, detail={"template": row.slug})
    return row


def template_change(*, row: TeamTemplate, given: TemplateInput, actor: Actor) -> TeamTemplate:
    """Another text; the address stays, and so do applications made from it. Raises Invalid (fields), NotAllowed."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=row.team, action="template.change", target=row)
    for name, value in _checked(given).items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = actor.user, timezone.now()
    with transaction.atomic():
        row.save()
        audit_record(actor=actor, action="template.change", team=row.team, target=row, detail={"template": row.slug})
    return row


def template_remove(*, row: TeamTemplate, actor: Actor) -> None:
    """Take it out of the gallery. Applications made from it stay as they are."""
    permission_require(actor=actor, permission=Permission.DEPLOY, team=row.team, action="template.remove", target=row)
    with transaction.atomic():
        audit_record(actor=actor, action="template.remove", team=row.team, target=row, detail={"template": row.slug})
        row.delete()


def parameters_written(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """Questions as they are stored."""
    return [{**asdict(one), "kind": one.kind.value, "choices": list(one.choices)} for one in parameters]


def _free_slug(team: Team, title: str) -> str:
    start = f"{team.slug[:39]}--{slugify(title)[:36].strip('-') or 'template'}"
    slug, number = start, 1
    while TeamTemplate.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{start[:76]}-{number}"
    return slug


def _checked(given: TemplateInput) -> dict[str, Any]:
    """The columns of the row. Raises Invalid with everything that is wrong."""
    fields: dict[str, list[str]] = {}
    title = " ".join(given.title.split())
    compose = given.compose.replace("\r\n", "\n")
    if not title or len(title) > 100:
        fields["title"] = [_("Give it a title of at most 100 characters.")]
    if len(given.summary) > 300:
        fields["summary"] = [_("Write at most 300 characters here; the description has room for more.")]
    if len(given.description) > MOST_DESCRIPTION:
        fields["description"] = [_("Write at most %(most)d characters.") % {"most": MOST_DESCRIPTION}]
    if unknown := sorted(set(given.categories) - set(CATEGORIES)):
        fields["categories"] = [_("There is no category “%(name)s”.") % {"name": unknown[0][:60]}]
    if wrong := parameters_problems(given.parameters):
        fields["parameters"] = wrong
    images: list[str] = []
    if not fields.get("parameters"):
        images, of_text = _text_checked(compose, given.parameters)
        fields |= of_text
    if fields:
        raise Invalid(_("The template cannot be kept like this."), fields=fields)
    return {
        "title": title,
        "summary": " ".join(given.summary.split()),
        "description": given.description.replace("\r\n", "\n"),
        "categories": list(dict.fromkeys(given.categories)),
        "compose": compose,
        "parameters": parameters_written(given.parameters),
        "images": images,
    }


def parameters_problems(parameters: Sequence[Parameter]) -> list[str]:
    """What is wrong with the questions themselves, a sentence for each."""
    if len(parameters) > MOST_PARAMETERS:
        return [_("Ask at most %(most)d questions.") % {"most": MOST_PARAMETERS}]
    names = [one.name for one in parameters]
    found = [f"{name}: {_('it is asked for twice.')}" for name in sorted({n for n in names if names.count(n) > 1})]
    for one in parameters:
        if problem := _parameter_problem(one):
            found.append(f"{one.name[:100] or '—'}: {problem}")
    return found


def _parameter_problem(one: Parameter) -> str:
    if not _NAME.match(one.name):
        return _("a name has letters, digits and “_”, and starts with no digit.")
    if not one.label.strip() or len(one.label) > 100 or len(one.help) > 300:
        return _("write a question of at most 100 characters, and a hint of at most 300.")
    if one.kind is ParameterKind.CHOICE and not 1 <= len(one.choices) <= MOST_CHOICES:
        return _("give from 1 to %(most)d choices.") % {"most": MOST_CHOICES}
    if one.kind is not ParameterKind.CHOICE and one.choices:
        return _("only a choice has choices.")
    if one.secret and one.default:
        return _("a secret has no usual answer: whoever sees the template would see it.")
    usual = Parameter(one.name, one.label, one.kind, choices=one.choices)
    return value_problem(usual, one.default)


def _text_checked(compose: str, parameters: Sequence[Parameter]) -> tuple[list[str], Mapping[str, list[str]]]:
    """(images with the usual answers, what is wrong): every variable is asked for or has a default, and the text makes
    sense with the usual answers in it."""
    if len(compose.encode()) > MOST_COMPOSE:
        return [], {"compose": [_("The text is larger than %(most)d KiB.") % {"most": MOST_COMPOSE // 1024}]}
    names = {one.name for one in parameters}
    try:
        used = {one.name: one for one in project_variables(compose)}
        missing = sorted(name for name, one in used.items() if one.required and name not in names)
        if missing:
            message = _("Ask for %(names)s, or give it a default in the text: ${NAME:-default}.")
            return [], {"parameters": [message % {"names": ", ".join(missing)}]}
        if idle := sorted(names - set(used)):
            message = _("The text does not use %(names)s. Write ${%(first)s} in it, or take the question out.")
            return [], {"parameters": [message % {"names": ", ".join(idle), "first": idle[0]}]}
        values = sample_values(tuple(parameters))
        secrets = {one.name: values[one.name] for one in parameters if one.secret}
        project = load_project(Sources({MAIN: compose}, (MAIN,), values, secrets), "template")
    except ComposeInvalid as problem:
        return [], {"compose": problem.fields["compose"]}
    return list(dict.fromkeys(service.image for service in project.services if service.image)), {}
