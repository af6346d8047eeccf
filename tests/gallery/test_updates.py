"""Tags that run are asked about by HEAD, seldom, and never past a limit; what they named before is remembered."""

from datetime import UTC, datetime, timedelta

import pytest

from gallery.images import ResolvedImage
from gallery.models import TagDigest, WatchedTag
from gallery.problems import RegistryDenied, RegistryUnavailable, SourceLimited, TagNotFound
from gallery.registry.reference import Reference
from gallery.registry.types import Platform, PlatformManifest
from gallery.sources import Access
from gallery.updates import AFTER_TROUBLE, EVERY, SPREAD, Ask, Wish, fact_of, platforms_learn, tags_check, watch
from portal.people.models import Team
from portal.problems import Problem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
OLD, NEW, AMD64 = ("sha256:" + letter * 64 for letter in "abc")
LATER = EVERY + SPREAD + timedelta(minutes=1)


class Registry:
    """What a registry says, and what it was asked."""

    def __init__(self) -> None:
        self.digests: dict[str, str | Problem] = {}
        self.names: tuple[str, ...] = ()
        self.heads: list[str] = []
        self.lists: list[str] = []

    def digest(self, reference: Reference, access: Access) -> str:
        self.heads.append(str(reference))
        found = self.digests.get(str(reference), TagNotFound("There is none."))
        if isinstance(found, Problem):
            raise found
        return found

    def tags(self, reference: Reference, access: Access) -> tuple[str, ...]:
        self.lists.append(reference.familiar_repository)
        return self.names

    def resolve(self, reference: str, access: Access) -> ResolvedImage:
        return ResolvedImage(reference, NEW, (PlatformManifest(Platform("linux", "amd64"), AMD64),))

    @property
    def ask(self) -> Ask:
        return Ask(self.digest, self.tags, self.resolve)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def wish(team: Team) -> Wish:
    return Wish("r.test/app:1.27", team.pk)


def test_a_tag_is_asked_about_once_until_it_is_due(registry: Registry, wish: Wish) -> None:
    registry.digests["r.test/app:1.27"] = OLD
    registry.names = ("1.26", "1.27", "1.28", "1.29-rc1", "latest")
    assert tags_check([wish, wish], now=NOW, ask=registry.ask) == 1
    row = WatchedTag.objects.get()
    assert (row.digest, row.newer, row.checked_at, row.problem) == (OLD, "1.28", NOW, "")
    assert EVERY - SPREAD <= row.next_at - NOW <= EVERY + SPREAD
    assert tags_check([wish], now=NOW + timedelta(hours=4), ask=registry.ask) == 0
    assert tags_check([wish], now=NOW + LATER, ask=registry.ask) == 1
    assert registry.lists == ["r.test/app"]  # the list of tags is asked for once a day


def test_what_it_named_before_is_remembered(registry: Registry, wish: Wish) -> None:
    for number, digest in enumerate((OLD, OLD, NEW, OLD)):
        registry.digests["r.test/app:1.27"] = digest
        tags_check([wish], now=NOW + number * LATER, ask=registry.ask)
    rows = list(TagDigest.objects.values_list("digest", "first_seen", "last_seen"))
    assert rows == [
        (OLD, NOW + 3 * LATER, NOW + 3 * LATER),
        (NEW, NOW + 2 * LATER, NOW + 2 * LATER),
        (OLD, NOW, NOW + LATER),
    ]


@pytest.mark.parametrize(
    "problem", [SourceLimited("Wait.", retry_after=7200), RegistryUnavailable("It does not answer.")]
)
def test_a_registry_that_is_limited_or_away_is_left_alone(
    registry: Registry, team: Team, wish: Wish, problem: Problem
) -> None:
    registry.digests = {"r.test/app:1.27": OLD, "ghcr.io/a/b:1": OLD}
    other, elsewhere = Wish("r.test/other:1", team.pk), Wish("ghcr.io/a/b:1", team.pk)
    tags_check([wish], now=NOW, ask=registry.ask)
    registry.digests |= {"r.test/app:1.27": problem, "r.test/other:1": problem}
    registry.heads.clear()
    tags_check([wish, other, elsewhere], now=NOW + LATER, ask=registry.ask)
    assert sum(head.startswith("r.test") for head in registry.heads) == 1
    assert "ghcr.io/a/b:1" in registry.heads
    row = WatchedTag.objects.get(repository="app")
    assert row.digest == OLD
    late = next(one for one in WatchedTag.objects.filter(host="r.test") if one.problem)
    assert late.next_at - (NOW + LATER) >= max(AFTER_TROUBLE, timedelta(seconds=problem.retry_after or 0))


def test_a_tag_that_is_gone_and_comes_back(registry: Registry, wish: Wish) -> None:
    tags_check([wish], now=NOW, ask=registry.ask)
    assert fact_of(WatchedTag.objects.get()).gone
    registry.digests["r.test/app:1.27"] = NEW
    tags_check([wish], now=NOW + LATER, ask=registry.ask)
    assert not fact_of(WatchedTag.objects.get()).gone


def test_a_registry_that_wants_an_account_says_so(registry: Registry, wish: Wish) -> None:
    registry.digests["r.test/app:1.27"] = RegistryDenied("r.test wants a user name and a password.")
    tags_check([wish], now=NOW, ask=registry.ask)
    row = WatchedTag.objects.get()
    assert "user name" in row.problem
    assert row.next_at > NOW + timedelta(hours=4)


@pytest.mark.parametrize("reference", [f"nginx@{OLD}", f"nginx:1@{OLD}", "sha256:" + "1" * 64, "NOT A NAME", ""])
def test_what_names_no_tag_is_not_watched(team: Team, reference: str) -> None:
    assert watch([Wish(reference, team.pk)]) == {}
    assert not WatchedTag.objects.exists()


def test_the_same_tag_by_several_names_is_one(team: Team) -> None:
    found = watch([Wish(name, team.pk) for name in ("nginx", "nginx:latest", "docker.io/library/nginx:latest")])
    assert len(found) == 3
    assert WatchedTag.objects.count() == 1


def test_a_run_of_the_job_is_bounded(registry: Registry, team: Team) -> None:
    wishes = [Wish(f"r.test/app{number}:1", team.pk) for number in range(7)]
    registry.digests = {wish.reference: OLD for wish in wishes}
    assert tags_check(wishes, now=NOW, ask=registry.ask, most=5) == 5
    assert tags_check(wishes, now=NOW, ask=registry.ask, most=5) == 2


def test_platforms_are_learnt_of_the_index(registry: Registry, wish: Wish) -> None:
    registry.digests["r.test/app:1.27"] = NEW
    tags_check([wish], now=NOW, ask=registry.ask)
    row = WatchedTag.objects.get()
    assert fact_of(row).platforms is None
    assert platforms_learn(row, wish, ask=registry.ask).platforms == {AMD64}
    registry.digests["r.test/app:1.27"] = OLD
    tags_check([wish], now=NOW + LATER, ask=registry.ask)
    row.refresh_from_db()
    assert fact_of(row).platforms is None  # another index has other platforms


def test_a_day_of_checks_stays_small(registry: Registry, team: Team) -> None:
    wishes = [Wish(f"r.test/app{number}:1", team.pk) for number in range(30)]
    registry.digests = {wish.reference: OLD for wish in wishes}
    for turn in range(0, 24 * 60, 5):
        tags_check(wishes, now=NOW + timedelta(minutes=turn), ask=registry.ask, most=10)
    assert 30 * 3 <= len(registry.heads) <= 30 * 5
    assert len(registry.lists) <= 30
