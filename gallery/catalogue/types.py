"""A template of the gallery: a ready application with its parameters and its text."""

from dataclasses import dataclass
from enum import StrEnum

from gallery.registry.types import Platform


class ParameterKind(StrEnum):
    """What a parameter is, for forms."""

    STRING = "string"
    NUMBER = "number"
    SECRET = "secret"  # noqa: S105 - a kind of field
    PORT = "port"
    CHOICE = "choice"
    HOST_PATH = "host-path"


@dataclass(frozen=True)
class Parameter:
    """A question that a template asks. name: of the variable in its compose text. choices: for the kind choice only."""

    name: str
    label: str
    kind: ParameterKind
    default: str = ""
    required: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()

    @property
    def secret(self) -> bool:
        """Whether its value is hidden in pages and logs."""
        return self.kind is ParameterKind.SECRET


@dataclass(frozen=True)
class Template:
    """slug: in addresses. logo: name of an icon. description: markdown. compose: text with ${NAME} for each parameter.

    images: references as they are with the default values. platforms: that all of its images have; empty: not known.
    origin: whose it is, "" for the portal's own. team: the slug of the team that wrote it, "" when none did.
    warning: why it may not run, a sentence. repository, file: of a git repository when compose is "".
    """

    slug: str
    title: str
    summary: str
    description: str
    categories: tuple[str, ...]
    logo: str
    platforms: tuple[Platform, ...]
    parameters: tuple[Parameter, ...]
    compose: str
    images: tuple[str, ...]
    order: int = 100
    origin: str = ""
    team: str = ""
    warning: str = ""
    repository: str = ""
    file: str = ""

    @property
    def name(self) -> str:
        """The title, for people."""
        return self.title

    @property
    def sample(self) -> bool:
        """Whether it needs no network at all."""
        return "samples" in self.categories
