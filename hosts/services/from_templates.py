"""What an application made from a gallery template is: its text, the answers, and the secrets among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gallery.catalogue.values import values_problems
from gallery.selectors.templates import template_seen
from portal.people.access import Actor
from portal.problems import Invalid


@dataclass(frozen=True)
class Answered:
    """compose: the template's text. values: for interpolation. secrets: to be sealed; never among the values."""

    compose: str
    values: dict[str, str]
    secrets: dict[str, str] = field(repr=False)


def template_answered(*, slug: str, values: Mapping[str, str], secrets: Mapping[str, str], actor: Actor) -> Answered:
    """The template with these answers, the usual ones where none is given; a secret may stand in either.

    Raises TemplateNotFound; Invalid under "values" with every answer that is none.
    """
    template = template_seen(actor, slug)
    if not template.compose:
        message = "This template has no compose text here: it lies in a git repository, or cannot be converted."
        raise Invalid(message, fields={"template": [message]})
    given = {**values, **secrets}
    if wrong := values_problems(template.parameters, given):
        messages = [f"{name}: {problem}" for name, problem in sorted(wrong.items())]
        raise Invalid(messages[0], code="values-invalid", fields={"values": messages})
    answers = {one.name: given.get(one.name, one.default) for one in template.parameters}
    sealed = {one.name: answers[one.name] for one in template.parameters if one.secret and answers[one.name]}
    plain = {name: value for name, value in answers.items() if name not in sealed}
    return Answered(template.compose, plain, sealed)
