"""Answers of outside services through the database: fresh ones at once, others asked for within a budget of time, stale
ones shown with their age when the source is away."""

import hashlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.problems import Problem, TooMany, Unavailable

from .asking import Flights, StillAsking, flights
from .models import KeptAnswer, SourceState
from .problems import RegistryDenied, SourceLimited
from .together import PATIENCE, ask_together

T = TypeVar("T")

AWAY = timedelta(seconds=30)
MOST_KEPT = 20_000
KEEP = timedelta(days=60)
PAGE_BUDGET = 1.0
DEPLOY_BUDGET = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question(Generic[T]):
    """What is asked, of whom, and how an answer is had.

    source: name of the service, as in `SourceState`. kind, subject: what. type: of the answer, a frozen dataclass or a
    collection of them. ask: has it from outside; runs in a thread. problem_of: the problem an error of `ask` is, or
    StillAsking; away: the problem of a source that is not asked now, from the reason.
    max_age: how old an answer may be before it is asked for again; None: it never changes.
    patience: seconds that another process which asks the same is waited for; for questions that take long.
    """

    source: str
    kind: str
    subject: str
    type: type[T]
    ask: Callable[[], T]
    problem_of: Callable[[Exception], Problem]
    away: Callable[[str], Problem]
    max_age: timedelta | None
    budget: float = PAGE_BUDGET
    stale_allowed: bool = True
    patience: float = PATIENCE

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.source}\n{self.kind}\n{self.subject}".encode()).hexdigest()

    def fly(self) -> T:
        """Ask, or take the answer of another process that is asking already."""
        return ask_together(self.key, self.type, self.ask, patience=self.patience)


@dataclass(frozen=True)
class Kept(Generic[T]):
    """An answer. fetched_at: when it came. problem: why it could not be had anew; None when it is fresh enough."""

    value: T
    fetched_at: datetime
    problem: Problem | None = None

    @property
    def stale(self) -> bool:
        return self.problem is not None


def away_problem(source: str, make: Callable[[str], Problem]) -> Problem | None:
    """Why `source` is not asked now; None when it may be asked. make: a problem from its detail."""
    now = timezone.now()
    state = SourceState.objects.filter(source=source, away_until__gt=now).first()
    if state is None or state.away_until is None:
        return None
    problem = SourceLimited(state.reason) if state.limited else make(state.reason)
    problem.retry_after = max(1, int((state.away_until - now).total_seconds()))
    return problem


def answer_to(question: Question[T], *, by: Flights = flights) -> Kept[T]:
    """The answer: kept and fresh, asked for now, or kept and stale with the reason why.

    Raises the problem when nothing is kept, or when the source says that what was asked for is not there.
    """
    kept = _kept(question)
    if kept is not None and (question.max_age is None or timezone.now() - kept.fetched_at <= question.max_age):
        return kept
    try:
        value = _asked(question, by)
    except (Unavailable, TooMany) as problem:
        if kept is None or not question.stale_allowed:
            raise
        return Kept(kept.value, kept.fetched_at, problem)
    now = timezone.now()
    _keep(question, value, now)
    return Kept(value, now)


def kept_answer(source: str, kind: str, subject: str, answer: type[T]) -> T | None:
    """What is kept, however old; nothing is asked for."""
    key = hashlib.sha256(f"{source}\n{kind}\n{subject}".encode()).hexdigest()
    row = KeptAnswer.objects.filter(key=key).first()
    try:
        return None if row is None else msgspec.convert(row.body, answer, strict=False)
    except msgspec.ValidationError:
        return None


def prefetch(question: Question[T], *, by: Flights = flights) -> None:
    """Start asking, so that `answer_to` soon finds the answer: for pages that ask several sources."""
    kept = _kept(question)
    if kept is not None and (question.max_age is None or timezone.now() - kept.fetched_at <= question.max_age):
        return
    if away_problem(question.source, Problem) is None:
        by.begin(question.key, question.fly, question.source)


def _asked(question: Question[T], by: Flights) -> T:
    problem = away_problem(question.source, question.away)
    if problem is not None and not by.landed(question.key):
        raise problem
    try:
        value = by.ask(question.key, question.fly, question.budget, question.source)
    except StillAsking as error:
        raise question.problem_of(error) from error
    except Exception as error:
        problem = question.problem_of(error)
        if isinstance(problem, Unavailable | TooMany):
            source_failed(question.source, problem)
        elif isinstance(problem, RegistryDenied):
            _account_refused(question.source, problem)
        raise problem from error
    _source_answered(question.source)
    return value


def _account_refused(source: str, problem: Problem) -> None:
    """The page of the team's accounts says which one needs another secret."""
    from .services.registries import account_refused

    _, marked, key = source.partition("#")
    if marked:
        _write(lambda: account_refused(key=key, detail=problem.detail))


def source_failed(source: str, problem: Problem) -> None:
    """Remember that a source is away, for half a minute or as long as it asked for."""
    limited = isinstance(problem, TooMany)
    wait = timedelta(seconds=problem.retry_after) if problem.retry_after else AWAY
    values = {"away_until": timezone.now() + wait, "limited": limited, "reason": problem.detail[:600]}
    _write(lambda: SourceState.objects.update_or_create(source=source, defaults=values))


def _source_answered(source: str) -> None:
    if SourceState.objects.filter(source=source, away_until__isnull=False).exists():
        values = {"away_until": None, "limited": False, "reason": "", "answered_at": timezone.now()}
        _write(lambda: SourceState.objects.filter(source=source).update(**values))


def source_forgive(source: str) -> None:
    """Ask it again at the next question, unless it asked us to wait: then it is left alone until that time."""
    SourceState.objects.filter(source=source, limited=False).update(away_until=None, limited=False, reason="")


def _kept(question: Question[T]) -> Kept[T] | None:
    row = KeptAnswer.objects.filter(key=question.key).first()
    if row is None:
        return None
    try:
        return Kept(msgspec.convert(row.body, question.type, strict=False), row.fetched_at)
    except msgspec.ValidationError:  # kept by an older version of the portal
        return None


def _keep(question: Question[T], value: T, now: datetime) -> None:
    values = {
        "source": question.source,
        "kind": question.kind,
        "subject": question.subject[:600],
        "body": msgspec.to_builtins(value),
        "permanent": question.max_age is None,
        "fetched_at": now,
    }
    _write(lambda: KeptAnswer.objects.update_or_create(key=question.key, defaults=values))
    if random.random() < 0.005:  # noqa: S311  now and then
        _write(answers_prune)


def answers_prune() -> None:
    """Drop answers that are old, and the oldest when there are too many."""
    KeptAnswer.objects.filter(fetched_at__lt=timezone.now() - KEEP).delete()
    oldest = KeptAnswer.objects.order_by("-fetched_at").values_list("pk", flat=True)[MOST_KEPT:]
    KeptAnswer.objects.filter(pk__in=list(oldest)).delete()


def _write(work: Callable[[], object]) -> None:
    """A cache that cannot be written must not break the page that reads it."""
    try:
        with transaction.atomic():
            work()
    except DatabaseError:
        log.warning("An answer could not be kept", exc_info=True)
