"""Tags of a repository, the same for every source: all of them, grouped by digest, narrowed, newest first."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.problems import NotFound, Problem

from .answers import Kept, Question, answer_to
from .docker_hub import hub_problem, hub_tags_question, tag_row
from .hub import types
from .hub.walk import PAGE_SIZE, TagWalk, moment_of, tags_walk
from .images import registry_problem, repository_tags
from .problems import HubUnavailable, RegistryUnavailable
from .registries import grouped, registry_tags
from .registry.types import Resolved
from .repositories import RepositoryName, TagFilter, TagList, TagRow
from .sources import HUB, default_registry_host, default_registry_is_hub, hub_client, registry_client
from .versions import choices_of, natural

FIRST_PAGE = TagFilter(size=PAGE_SIZE)
WALK_AGE = timedelta(minutes=30)
WALK_PATIENCE = 60.0
Groups = tuple[tuple[TagRow, ...], ...]
LEFT_OUT = (".sig", ".att", ".sbom")


def repository_tags_list(name: RepositoryName, wanted: TagFilter) -> Kept[TagList]:
    """A page of tags. Raises RepositoryNotFound, ImageNotFound, SourceLimited, HubUnavailable, RegistryUnavailable."""
    return _hub_tags(name, wanted) if name.source.is_hub else registry_tags(name, wanted)


def walk_question(name: RepositoryName, first: types.TagPage) -> Question[TagWalk]:
    """Every tag of a repository on Docker Hub; `first` is its first page, read already."""
    client = hub_client(name.access)
    return Question(
        name.access.source(HUB),
        "tag-walk",
        name.path,
        TagWalk,
        lambda: tags_walk(client, name.namespace, name.name, first),
        hub_problem,
        HubUnavailable,
        WALK_AGE,
        patience=WALK_PATIENCE,
    )


@dataclass(frozen=True)
class _Every:
    """All the tags that could be had of a repository, newest first."""

    rows: tuple[TagRow, ...]
    fetched_at: datetime
    problem: Problem | None
    note: str
    growing: bool


def _hub_tags(name: RepositoryName, wanted: TagFilter) -> Kept[TagList]:
    every = _every(name)
    found = [row for row in every.rows if wanted.names(row.name) and wanted.runs(row.platforms)]
    groups = grouped(found)
    start = (wanted.page - 1) * wanted.size
    shown = _with_digests(name, groups[start : start + wanted.size])
    listed = TagList(
        tuple(row for group in shown for row in group),
        len(found),
        start + wanted.size < len(groups),
        shown,
        choices_of(row.name for row in every.rows),
        every.note,
        every.growing,
    )
    return Kept(listed, every.fetched_at, every.problem)


def tags_flat(name: RepositoryName, wanted: TagFilter) -> Kept[TagList]:
    """The same for programs: tag by tag, `wanted.size` of them a page, without groups. Raises as the other."""
    if not name.source.is_hub:
        return registry_tags(name, wanted)
    every = _every(name)
    found = [row for row in every.rows if wanted.names(row.name) and wanted.runs(row.platforms)]
    start = (wanted.page - 1) * wanted.size
    rows = tuple(found[start : start + wanted.size])
    listed = TagList(rows, len(found), start + wanted.size < len(found), note=every.note, growing=every.growing)
    return Kept(listed, every.fetched_at, every.problem)


def _every(name: RepositoryName) -> _Every:
    first = answer_to(hub_tags_question(name, FIRST_PAGE))
    tags = {tag.name: tag for tag in first.value.tags}
    problem, fetched_at, note, growing = first.problem, first.fetched_at, "", False
    if first.value.total > PAGE_SIZE:
        walk, later = _walk(name, first.value)
        growing = bool(getattr(later, "slow", False))
        if walk is not None:
            tags = {tag.name: tag for tag in walk.value.tags} | tags
            note, fetched_at, later = walk.value.stopped, min(fetched_at, walk.fetched_at), walk.problem
        elif later is not None:
            note = later.detail
        problem = problem or (None if growing else later)
    rows = [tag_row(tag) for tag in tags.values()]
    if note and not growing:
        rows += _named_by_the_registry(name, tags)
    rows.sort(key=lambda row: natural(row.name), reverse=True)
    rows.sort(key=lambda row: -moment_of(row.pushed_at))
    return _Every(tuple(rows), fetched_at, problem, note, growing)


def _walk(name: RepositoryName, first: types.TagPage) -> tuple[Kept[TagWalk] | None, Problem | None]:
    try:
        return answer_to(walk_question(name, first)), None
    except NotFound:
        raise
    except Problem as problem:
        return None, problem


def _named_by_the_registry(name: RepositoryName, known: dict[str, types.Tag]) -> list[TagRow]:
    """Tags that Docker Hub's web API does not give and its registry names, which counts no pull."""
    if not default_registry_is_hub():
        return []
    try:
        names = repository_tags(name.reference, name.access)
    except Problem:
        return []
    return [
        TagRow(tag)
        for tag in names
        if tag not in known and not tag.startswith("sha256-") and not tag.endswith(LEFT_OUT)
    ]


def _with_digests(name: RepositoryName, groups: Groups) -> Groups:
    """Digests that Docker Hub's web API leaves out at times, asked of its registry by HEAD."""
    missing = tuple(group[0].name for group in groups if not group[0].digest)
    if not missing or not default_registry_is_hub():
        return groups
    client = registry_client("", name.access)

    def ask() -> tuple[tuple[str, Resolved], ...]:
        return tuple((tag, client.resolve(name.path, tag)) for tag in missing)

    question = Question(
        name.access.source(default_registry_host()),
        "digests",
        f"{name.path}:{','.join(missing)}",
        tuple[tuple[str, Resolved], ...],
        ask,
        lambda error: registry_problem(name.reference, error),
        RegistryUnavailable,
        timedelta(minutes=5),
    )
    try:
        digests = {tag: found.digest for tag, found in answer_to(question).value}
    except Problem:
        return groups
    return tuple(
        tuple(replace(row, digest=row.digest or digests.get(row.name, "")) for row in group) for group in groups
    )
