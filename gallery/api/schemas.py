"""What the gallery part of the API gives."""

from collections.abc import Iterable
from datetime import datetime

from ninja import Schema
from pydantic import Field

from gallery.catalogue.types import Parameter
from gallery.fits import Fit
from gallery.registry.types import Platform
from gallery.repositories import TagRow


class PlatformOut(Schema):
    """os and architecture in Go's words. os_version: Windows only."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""


class SearchItemOut(Schema):
    """reference: what is deployed, without a tag; template: the slug when the item is a template.

    stars, pulls: the source's own counts, approximate; pulls_exact is false when `pulls` is a lower bound; null:
    unknown. platforms: empty when the source does not tell. fits: ids of the hosts it runs on, as far as its platforms
    are known.
    """

    source: str
    namespace: str
    name: str
    reference: str
    summary: str
    official: bool
    badge: str = ""
    archived: bool = False
    stars: int | None = None
    pulls: int | None = None
    pulls_exact: bool = True
    updated_at: datetime | None = None
    categories: list[str] = Field(default_factory=list)
    platforms: list[PlatformOut] = Field(default_factory=list)
    fits: list[str] = Field(default_factory=list)
    template: str | None = None


class SourceOut(Schema):
    """How a source answered. state: online; stale: what it said before; limited; offline. detail: why, a sentence."""

    source: str
    title: str
    state: str
    detail: str = ""
    fetched_at: datetime | None = None
    total: int | None = None


class SearchOut(Schema):
    items: list[SearchItemOut]
    next: str | None
    sources: list[SourceOut]


class RepositoryOut(Schema):
    """readme: markdown as the publisher wrote it, not to be trusted; readme_html: the same, made safe.

    stale: true when the source could not be asked; `detail` says why and `fetched_at` how old this is.
    """

    source: str
    namespace: str
    name: str
    reference: str
    summary: str
    readme: str
    readme_html: str
    official: bool
    archived: bool
    stars: int | None
    pulls: int | None
    last_updated: datetime | None
    registered_at: datetime | None
    categories: list[str]
    license: str
    fetched_at: datetime
    stale: bool
    detail: str = ""


class TagPlatformOut(PlatformOut):
    """digest: of this platform's manifest. size: compressed bytes to pull, null when unknown."""

    digest: str
    size: int | None


class TagOut(Schema):
    """digest: of the index, "" when unknown. size: of the smallest platform. fits: ids of the hosts it runs on."""

    name: str
    reference: str
    digest: str
    platforms: list[TagPlatformOut]
    size: int | None
    pushed_at: datetime | None
    fits: list[str]
    detail: str = ""


class TagsOut(Schema):
    """complete: whether every tag of the repository was looked at; `note` says why not."""

    items: list[TagOut]
    next: str | None
    total: int | None
    fetched_at: datetime
    stale: bool
    detail: str = ""
    note: str = ""
    complete: bool = True


class ParameterOut(Schema):
    """kind: string, number, secret, choice, port or host-path. choices: of a choice alone."""

    name: str
    label: str
    kind: str
    default: str
    required: bool
    secret: bool
    help: str
    choices: list[str]


class TemplateRowOut(Schema):
    """origin: whose it is, "" for the portal's own. team: the slug of the team that wrote it. platforms: [] unknown.

    warning: why it may not run (an image is gone, no platform fits, it cannot be converted), "" otherwise.
    repository, file: of a git repository, for a stack of another's list, which has no compose text here.
    """

    slug: str
    name: str
    summary: str
    categories: list[str]
    platforms: list[PlatformOut]
    images: list[str]
    fits: list[str]
    origin: str = ""
    team: str = ""
    warning: str = ""
    repository: str = ""
    file: str = ""


class TemplateOut(TemplateRowOut):
    """description: markdown. compose: text with ${NAME} for each parameter; give them as `values`."""

    description: str
    parameters: list[ParameterOut]
    compose: str


class TemplateList(Schema):
    items: list[TemplateRowOut]
    next: str | None = None


def parameters_out(parameters: Iterable[Parameter]) -> list[ParameterOut]:
    """The questions of a template or a solution."""
    return [
        ParameterOut(
            name=one.name,
            label=one.label,
            kind=one.kind.value,
            default=one.default,
            required=one.required,
            secret=one.secret,
            help=one.help,
            choices=list(one.choices),
        )
        for one in parameters
    ]


def platforms_out(platforms: tuple[Platform, ...]) -> list[PlatformOut]:
    return [
        PlatformOut(os=p.os, architecture=p.architecture, variant=p.variant, os_version=p.os_version) for p in platforms
    ]


def fitting_ids(fits: tuple[Fit, ...]) -> list[str]:
    """Ids of the hosts that can run it."""
    return [fit.host_id for fit in fits if fit.ok]


def tag_out(row: TagRow, reference: str, fits: tuple[Fit, ...]) -> TagOut:
    """One tag."""
    return TagOut(
        name=row.name,
        reference=reference,
        digest=row.digest,
        platforms=[
            TagPlatformOut(
                os=one.platform.os,
                architecture=one.platform.architecture,
                variant=one.platform.variant,
                os_version=one.platform.os_version,
                digest=one.digest,
                size=one.size_bytes,
            )
            for one in row.manifests
        ],
        size=row.smallest,
        pushed_at=row.pushed_at,
        fits=fitting_ids(fits),
        detail=row.problem,
    )
