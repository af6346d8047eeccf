"""Kept answers: fresh ones at once, stale ones with age and reason, and a source that is away is left alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.answers import AWAY, Question, answer_to, answers_prune, away_problem, source_forgive
from gallery.asking import Flights
from gallery.models import KeptAnswer, SourceState
from portal.problems import NotFound, Problem, TooMany, Unavailable

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Thing:
    name: str
    parts: tuple[int, ...] = ()


def problem_of(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    return Unavailable(str(error))


def question(
    ask: Callable[[], Thing], *, max_age: timedelta | None = timedelta(minutes=1), **more: bool
) -> Question[Thing]:
    return Question("source.test", "thing", "one", Thing, ask, problem_of, Unavailable, max_age, 1.0, **more)


def failing(problem: Problem) -> Callable[[], Thing]:
    def ask() -> Thing:
        raise problem

    return ask


def age(by: timedelta) -> None:
    KeptAnswer.objects.update(fetched_at=timezone.now() - by)


def test_asks_once_while_it_is_fresh() -> None:
    calls: list[int] = []

    def ask() -> Thing:
        calls.append(1)
        return Thing("a", (1, 2))

    flights = Flights()
    first = answer_to(question(ask), by=flights)
    second = answer_to(question(ask), by=flights)
    assert first.value == second.value == Thing("a", (1, 2))
    assert not second.stale
    assert second.fetched_at == first.fetched_at
    assert len(calls) == 1


def test_asks_again_when_it_is_old_unless_it_never_changes() -> None:
    answer_to(question(lambda: Thing("old")))
    age(timedelta(hours=1))
    assert answer_to(question(lambda: Thing("never asked"), max_age=None)).value.name == "old"
    assert answer_to(question(lambda: Thing("new"))).value.name == "new"


def test_shows_the_last_answer_with_its_age_when_the_source_is_away() -> None:
    answer_to(question(lambda: Thing("old")))
    age(timedelta(hours=1))
    kept = answer_to(question(failing(Unavailable("the wire is cut"))))
    assert kept.stale
    assert kept.value.name == "old"
    assert kept.problem is not None
    assert kept.problem.detail == "the wire is cut"
    assert timezone.now() - kept.fetched_at > timedelta(minutes=59)


def test_raises_when_nothing_is_kept_or_stale_is_not_wanted() -> None:
    with pytest.raises(Unavailable):
        answer_to(question(failing(Unavailable("away"))))
    source_forgive("source.test")
    answer_to(question(lambda: Thing("old")))
    age(timedelta(hours=1))
    with pytest.raises(Unavailable):
        answer_to(question(failing(Unavailable("away")), stale_allowed=False))


def test_what_is_not_there_is_said_although_something_was_kept() -> None:
    answer_to(question(lambda: Thing("old")))
    age(timedelta(hours=1))
    with pytest.raises(NotFound):
        answer_to(question(failing(NotFound("gone"))))
    assert not SourceState.objects.exists()


def test_a_source_that_is_away_is_left_alone_for_a_while() -> None:
    with pytest.raises(Unavailable):
        answer_to(question(failing(Unavailable("no network"))))
    with pytest.raises(Unavailable, match="no network") as caught:
        answer_to(question(lambda: pytest.fail("asked although it is away")))
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= AWAY.total_seconds()
    SourceState.objects.update(away_until=timezone.now() - timedelta(seconds=1))
    assert answer_to(question(lambda: Thing("back"))).value.name == "back"
    assert away_problem("source.test", Unavailable) is None


def test_a_limit_is_kept_as_long_as_it_was_asked_for() -> None:
    with pytest.raises(TooMany):
        answer_to(question(failing(TooMany("wait", retry_after=600))))
    state = SourceState.objects.get()
    assert state.limited
    assert state.away_until is not None
    assert state.away_until - timezone.now() > timedelta(seconds=550)


def test_answers_of_an_older_portal_are_asked_for_again() -> None:
    answer_to(question(lambda: Thing("old")))
    KeptAnswer.objects.update(body={"another": "shape"})
    assert answer_to(question(lambda: Thing("new"))).value.name == "new"


def test_old_answers_are_pruned() -> None:
    answer_to(question(lambda: Thing("old")))
    answers_prune()
    assert KeptAnswer.objects.count() == 1
    age(timedelta(days=90))
    answers_prune()
    assert KeptAnswer.objects.count() == 0
