"""Questions to registries other than Docker Hub, kept and answered through `answers`."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from portal.problems import Problem

from .answers import Kept, Question, answer_to
from .hub.documents import moment
from .images import near_tags, registry_problem, repository_tags
from .problems import RegistryUnavailable
from .registry.client import RegistryClient
from .registry.documents import Index, Manifest
from .registry.errors import RegistryError
from .registry.types import ImageConfig, PlatformManifest
from .repositories import Repository, RepositoryName, TagFilter, TagList, TagRow
from .sources import ANONYMOUS, Access, Source, registry_client
from .versions import choices_of, natural, tag_version

CATALOG_AGE = timedelta(minutes=1)
ROWS_AGE = timedelta(minutes=2)
ROWS_BUDGET = 3.0
MAX_CATALOG = 20_000
AT_ONCE = 8
_LEFT_OUT = re.compile(r"sha256-|.*\.(sig|att|sbom)\Z")
_LINKS = {
    "org.opencontainers.image.url": "Home page",
    "org.opencontainers.image.documentation": "Documentation",
    "org.opencontainers.image.source": "Source",
}


def catalog_question(source: Source, access: Access = ANONYMOUS) -> Question[tuple[str, ...]]:
    """Every repository of a registry that has a catalog."""
    client = registry_client(source.slug, access)

    def ask() -> tuple[str, ...]:
        page = client.catalog()
        names = list(page.repositories)
        while page.next and len(names) < MAX_CATALOG:
            page = client.catalog(page.next)
            names += page.repositories
        return tuple(dict.fromkeys(names))

    name = RepositoryName(source, "", "catalog")
    return Question(
        access.source(source.slug),
        "catalog",
        "",
        tuple[str, ...],
        ask,
        lambda error: registry_problem(name.reference, error),
        RegistryUnavailable,
        CATALOG_AGE,
    )


def registry_catalog(source: Source, q: str = "", access: Access = ANONYMOUS) -> Kept[tuple[str, ...]]:
    """Repositories of a registry whose path contains every word of `q`, the exact name first."""
    kept = answer_to(catalog_question(source, access))
    words = q.lower().split()
    found = [path for path in kept.value if all(word in path.lower() for word in words)]
    found.sort(key=lambda path: (path.rpartition("/")[2] != q.lower(), path))
    return Kept(tuple(found), kept.fetched_at, kept.problem)


def registry_tag_names(name: RepositoryName) -> tuple[str, ...]:
    """Tags of a repository: latest first, then by version, the highest first; signatures left out."""
    tags = [tag for tag in repository_tags(name.reference, name.access) if not _LEFT_OUT.match(tag)]
    tags.sort(key=natural, reverse=True)
    return tuple(sorted(tags, key=lambda tag: tag != "latest"))


def registry_tags(name: RepositoryName, wanted: TagFilter) -> Kept[TagList]:
    """A page of tags with what each is. Raises ImageNotFound, RegistryDenied, RegistryUnavailable, SourceLimited."""
    every = registry_tag_names(name)
    names = [tag for tag in every if wanted.names(tag)]
    start = (wanted.page - 1) * wanted.size
    shown = tuple(names[start : start + wanted.size])
    kept = answer_to(
        Question(
            name.access.source(name.source.slug),
            "tag-rows",
            f"{name.path}:{','.join(shown)}",
            tuple[TagRow, ...],
            lambda: _rows(registry_client(name.source.slug, name.access), name, shown),
            lambda error: registry_problem(name.reference, error),
            RegistryUnavailable,
            ROWS_AGE,
            ROWS_BUDGET,
        )
    )
    rows = tuple(row for row in kept.value if wanted.runs(row.platforms))
    more = start + wanted.size < len(names)
    found = TagList(rows, len(names), more, grouped(rows), choices_of(every))
    return Kept(found, kept.fetched_at, kept.problem)


def grouped(rows: Iterable[TagRow]) -> tuple[tuple[TagRow, ...], ...]:
    """Rows with the same digest together, in the order of the first of each. What has no digest stands alone."""
    groups: dict[str, list[TagRow]] = {}
    for row in rows:
        groups.setdefault(row.digest or f"no digest: {row.name}", []).append(row)
    return tuple(tuple(sorted(group, key=_main_first)) for group in groups.values())


def _main_first(row: TagRow) -> tuple[bool, int, str]:
    """latest, then the most exact version."""
    version = tag_version(row.name)
    return (row.name != "latest", -len(version.numbers) if version else 0, row.name)


def _rows(client: RegistryClient, name: RepositoryName, tags: tuple[str, ...]) -> tuple[TagRow, ...]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tags") as pool:
        return tuple(pool.map(lambda tag: _row(client, name, tag), tags))


def _row(client: RegistryClient, name: RepositoryName, tag: str) -> TagRow:
    """What a tag is; what cannot be had of one tag must not hide the others."""
    try:
        digest = client.resolve(name.path, tag).digest
        document = client.manifest(name.path, digest)
        if isinstance(document, Index):
            sized = tuple(_sized(client, name, one) for one in document.platforms[:12]) + document.platforms[12:]
            return TagRow(tag, digest, sized)
        config = client.config(name.path, document.config_digest)
        pushed = moment(config.created)
        return TagRow(tag, digest, (PlatformManifest(config.platform, digest, document.size),), pushed)
    except RegistryError as error:
        return TagRow(tag, problem=str(error))


def _sized(client: RegistryClient, name: RepositoryName, manifest: PlatformManifest) -> PlatformManifest:
    document = client.manifest(name.path, manifest.digest)
    size = document.size if isinstance(document, Manifest) else None
    return PlatformManifest(manifest.platform, manifest.digest, size)


def registry_repository(name: RepositoryName) -> Kept[Repository]:
    """What a registry knows of a repository: the labels of its newest image. Raises as `registry_tags`."""
    tags = registry_tag_names(name)
    if not tags:
        return Kept(Repository(name), datetime.now(UTC))
    newest = near_tags("latest", tags)[0] if "latest" in tags else tags[0]
    client = registry_client(name.source.slug, name.access)

    def ask() -> tuple[ImageConfig, ...]:
        document = client.manifest(name.path, client.resolve(name.path, newest).digest)
        if isinstance(document, Index):
            if not document.platforms:
                return ()
            document = client.manifest(name.path, document.platforms[0].digest)
        return (client.config(name.path, document.config_digest),) if isinstance(document, Manifest) else ()

    def problem_of(error: Exception) -> Problem:
        return registry_problem(name.reference, error)

    question = Question(
        name.access.source(name.source.slug),
        "labels",
        name.path,
        tuple[ImageConfig, ...],
        ask,
        problem_of,
        RegistryUnavailable,
        ROWS_AGE,
        ROWS_BUDGET,
    )
    kept = answer_to(question)
    repository = from_labels(name, kept.value[0]) if kept.value else Repository(name)
    return Kept(repository, kept.fetched_at, kept.problem)


def from_labels(name: RepositoryName, config: ImageConfig) -> Repository:
    """A repository as the labels of an image describe it. [OCI image specification, pre-defined annotation keys]"""
    labels = config.labels
    links = [(word, labels[key]) for key, word in _LINKS.items() if labels.get(key, "").startswith("https://")]
    return Repository(
        name,
        summary=labels.get("org.opencontainers.image.description", "")[:300],
        license=labels.get("org.opencontainers.image.licenses", "")[:120],
        last_updated=moment(config.created),
        links=tuple(links),
        config=config,
    )
