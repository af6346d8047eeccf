"""Repositories of plain registries, and what a team's accounts see: private repositories too."""

from dataclasses import replace

from portal.people.access import Actor
from portal.problems import Problem

from .answers import answer_to
from .docker_hub import hub_own_question
from .found import PAGE_SIZE, Found, SearchRequest, SourceAnswer
from .models import RegistryAccount
from .models.registries import HUB_HOST
from .registries import registry_catalog
from .repositories import RepositoryName
from .selectors.registries import access_of, accounts_visible
from .sources import ANONYMOUS, HUB_SOURCE, MARKETPLACE, Access, Source, named_registry

MOST_OWN = 10  # accounts asked for one page
NOT_HERE = ("templates", "hosts", MARKETPLACE)


def registry_sources(actor: Actor) -> tuple[Source, ...]:
    """The registries that can be chosen: the named one, and those the actor's teams have accounts at."""
    named = named_registry()
    hosts = accounts_visible(actor).exclude(host=HUB_HOST).values_list("host", flat=True).distinct()[:MOST_OWN]
    found = dict.fromkeys(Source(host, host) for host in hosts)
    return (*((named,) if named else ()), *(source for source in found if source != named))


def own_answers(actor: Actor, wanted: SearchRequest) -> tuple[SourceAnswer, ...]:
    """What the accounts of the actor's teams see at their registries, private repositories too."""
    narrowed = (
        wanted.official
        or wanted.verified
        or wanted.windows
        or wanted.category
        or wanted.os
        or wanted.architecture
        or wanted.fits_host
    )
    if narrowed or wanted.page > 1 or wanted.source in NOT_HERE:
        return ()
    answers: list[SourceAnswer] = []
    for account in accounts_visible(actor)[:MOST_OWN]:
        source = HUB_SOURCE if account.is_hub else Source(account.host, account.host)
        if wanted.source not in {"", source.slug} or source == named_registry():
            continue
        try:
            access = access_of(account)
            found = _own_hub(account, access, wanted) if account.is_hub else _own_registry(source, access, wanted)
        except Problem as problem:
            if wanted.source == source.slug or problem.status in {429, 503}:
                answers.append(SourceAnswer(_titled(source, account), problem=problem, own=True))
            continue
        answers.append(replace(found, source=_titled(source, account)))
    return tuple(answer for answer in answers if answer.items or answer.problem)


def _titled(source: Source, account: RegistryAccount) -> Source:
    return Source(source.slug, f"{source.title}: {account.username}" if account.username else source.title)


def _own_hub(account: RegistryAccount, access: Access, wanted: SearchRequest) -> SourceAnswer:
    items: list[Found] = []
    problem, oldest = None, None
    for namespace in account.namespaces[:5]:
        kept = answer_to(hub_own_question(access, namespace))
        problem, oldest = problem or kept.problem, min(oldest or kept.fetched_at, kept.fetched_at)
        items += [
            Found(
                RepositoryName(HUB_SOURCE, one.namespace, one.name),
                one.summary,
                stars=one.stars,
                pulls=one.pulls,
                updated_at=one.last_updated,
                archived=one.archived,
                private=one.is_private,
            )
            for one in kept.value.items
            if all(word in f"{one.namespace}/{one.name} {one.summary}".lower() for word in wanted.q.lower().split())
        ]
    return SourceAnswer(HUB_SOURCE, tuple(items[:PAGE_SIZE]), len(items), False, oldest, problem, own=True)


def _own_registry(source: Source, access: Access, wanted: SearchRequest) -> SourceAnswer:
    return replace(registry_answer(source, wanted, access), own=True)


def registry_answer(source: Source, wanted: SearchRequest, access: Access = ANONYMOUS) -> SourceAnswer:
    """A plain registry knows names only: filters that need more find nothing there."""
    if wanted.official or wanted.verified or wanted.category or wanted.os or wanted.architecture or wanted.windows:
        return SourceAnswer(source, total=0)
    kept = registry_catalog(source, wanted.q, access)
    start = (wanted.page - 1) * PAGE_SIZE
    found: list[Found] = []
    for path in kept.value[start : start + PAGE_SIZE]:
        namespace, _, name = path.rpartition("/")
        found.append(Found(RepositoryName(source, namespace, name)))
    more = start + PAGE_SIZE < len(kept.value)
    return SourceAnswer(source, tuple(found), len(kept.value), more, kept.fetched_at, kept.problem)
