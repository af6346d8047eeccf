"""What the editor begins with: an example, a template of the gallery, or what is in the basket."""

from collections.abc import Iterable, Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from gallery.catalogue.types import Parameter
from gallery.selectors.basket import basket_of
from gallery.selectors.templates import template_seen
from hosts.forms.editor import START, Typed
from hosts.services.editing import values_written
from portal.people.access import Actor


def started(request: HttpRequest, actor: Actor) -> tuple[Typed, Sequence[str]]:
    """The page as the address asks (`basket=1`, `template=SLUG`), with notes about it. Raises TemplateNotFound."""
    team = request.GET.get("team", "")
    if request.GET.get("basket"):
        basket = basket_of(actor)
        if basket.compose:
            return _typed(team, basket.name, basket.compose, basket.parameters), basket.notes
    if slug := request.GET.get("template", ""):
        template = template_seen(actor, slug)
        name = slug.rpartition("--")[2].rpartition("__")[2]
        typed = _typed(team, name, template.compose, template.parameters)
        if template.repository:
            typed.git_url, typed.git_path = template.repository, template.file
            return typed, (_("Press Fetch: the compose file of this template lies in a git repository."),)
        return typed, ()
    return Typed(team=team), ()


def _typed(team: str, name: str, compose: str, parameters: Iterable[Parameter]) -> Typed:
    """Usual answers as values; what asks for a secret as the name of one."""
    asked = list(parameters)
    values = values_written({one.name: one.default for one in asked if not one.secret})
    secrets = {one.name: "" for one in asked if one.secret}
    return Typed(name=name[:63], team=team, compose=compose or START, values=values, secrets=secrets)
