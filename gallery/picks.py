"""A pick: a repository or a template that a team points at, in its favourites and in its collections."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.problems import Invalid

from .registry.errors import NotAReference
from .registry.reference import DEFAULT_TAG, parse_reference
from .repositories import RepositoryName
from .sources import HUB_SOURCE, source_of

TEMPLATES = "templates"
PREFIX = "template:"
MOST_SLUG = 200
_SLUG = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*\Z")


@dataclass(frozen=True)
class Pick:
    """source: "hub", a registry's host or "templates". path: "library/nginx", or the slug of a template."""

    source: str
    path: str

    @property
    def is_template(self) -> bool:
        return self.source == TEMPLATES

    @property
    def name(self) -> RepositoryName:
        """Of a repository."""
        namespace, _slash, name = self.path.rpartition("/")
        return RepositoryName(source_of(self.source), namespace, name)

    def __str__(self) -> str:
        """As people write it, and as `pick_of` reads it: "nginx", "ghcr.io/owner/name", "template:hello"."""
        return f"{PREFIX}{self.path}" if self.is_template else self.name.familiar


def pick_of_name(name: RepositoryName) -> Pick:
    """The pick that is this repository."""
    return Pick(name.source.slug, name.path)


def pick_of(text: str, *, field: str = "item") -> Pick:
    """What a person or a script has written. Raises Invalid, with the reason at `field`."""
    text = text.strip()
    if text.startswith(PREFIX):
        slug = text.removeprefix(PREFIX)
        if len(slug) > MOST_SLUG or not _SLUG.match(slug):
            raise _invalid(field, _("“template:” is followed by a template's address name, as in template:hello."))
        return Pick(TEMPLATES, slug)
    try:
        reference = parse_reference(text)
    except NotAReference as error:
        raise _invalid(field, str(error)) from error
    if reference.digest or (reference.tag != DEFAULT_TAG or text.endswith(f":{DEFAULT_TAG}")):
        raise _invalid(field, _("Name the repository alone; which tag to take can be said in the note."))
    source = source_of(reference.host) if reference.host else HUB_SOURCE
    return Pick(source.slug, reference.repository)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: [message]})
