"""Cursor paging: every row once, in order, whatever is added or removed between two pages."""

import base64
import json

import pytest
from django.db.models import QuerySet

from portal.paging import MAX_LIMIT, page_of
from portal.people.models import AuditEntry, Membership, Role, Team, User
from portal.problems import Invalid
from tests.people import make_user


@pytest.fixture
def teams(db: None) -> list[Team]:
    return [Team.objects.create(name=f"team {letter}", slug=letter) for letter in "abcdefg"]


def names(rows: "QuerySet[Team]", limit: int, order: list[str]) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = page_of(rows, order=order, cursor=cursor, limit=limit)
        found += [team.slug for team in page.items]
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize(("order", "expected"), [(["name", "id"], "abcdefg"), (["-name", "-id"], "gfedcba")])
def test_every_row_comes_once(teams: list[Team], limit: int, order: list[str], expected: str) -> None:
    assert "".join(names(Team.objects.all(), limit, order)) == expected


def test_rows_with_the_same_value_are_told_apart_by_the_last_field(team: Team, other_team: Team) -> None:
    for number in range(5):
        make_user(f"user-{number}", team, Role.VIEWER)
    rows = Membership.objects.all()
    found: list[int] = []
    cursor = None
    for _ in range(10):
        page = page_of(rows, order=["role", "id"], cursor=cursor, limit=2)
        found += [row.pk for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == sorted(found)
    assert len(found) == 5


def test_a_field_of_a_related_row_orders_too(team: Team) -> None:
    for name in ("zoe", "anna", "mara"):
        make_user(name, team, Role.VIEWER)
    first = page_of(Membership.objects.all(), order=["user__username"], limit=1)
    second = page_of(Membership.objects.all(), order=["user__username"], limit=1, cursor=first.next)
    assert [first.items[0].user.username, second.items[0].user.username] == ["anna", "mara"]


def test_times_survive_the_cursor(db: None) -> None:
    for number in range(5):
        AuditEntry.objects.create(actor_label="x", action=f"a.{number}")
    first = page_of(AuditEntry.objects.all(), order=["-at", "-id"], limit=3)
    second = page_of(AuditEntry.objects.all(), order=["-at", "-id"], limit=3, cursor=first.next)
    assert [row.action for row in [*first.items, *second.items]] == ["a.4", "a.3", "a.2", "a.1", "a.0"]


def test_a_row_that_came_or_went_repeats_and_hides_nothing(teams: list[Team]) -> None:
    first = page_of(Team.objects.all(), order=["name", "id"], limit=3)
    Team.objects.filter(slug__in="ac").delete()
    Team.objects.create(name="team aa", slug="aa")
    second = page_of(Team.objects.all(), order=["name", "id"], limit=10, cursor=first.next)
    assert "".join(team.slug for team in second.items) == "defg"


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (10_000, MAX_LIMIT)])
def test_the_limit_has_bounds(db: None, asked: int, given: int) -> None:
    User.objects.bulk_create(User(username=f"user-{number}") for number in range(MAX_LIMIT + 1))
    assert len(page_of(User.objects.all(), order=["id"], limit=asked).items) == given


def test_an_empty_list_has_one_empty_page(db: None) -> None:
    page = page_of(Team.objects.all(), order=["name", "id"])
    assert (list(page.items), page.next) == ([], None)


def forged(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "####",
        "ö",
        forged("text"),
        forged(7),
        forged({}),
        forged([]),
        forged(["one"]),
        forged(["a", "b", "c"]),
        forged(["a", "no number"]),
        forged([{"$gt": ""}, 1]),
        forged(["a", [1]]),
        forged([None, None]),
        forged(["a", 10**30]),
        forged(["a", float("inf")]),
        forged(["\x00", 1]),
        base64.urlsafe_b64encode(b"[" * 1_000).decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_and_never_fails(teams: list[Team], cursor: str) -> None:
    try:
        page = page_of(Team.objects.all(), order=["name", "id"], cursor=cursor)
    except Invalid as problem:
        assert "cursor" in problem.fields  # noqa: PT017 - both outcomes are right, a crash is not
    else:
        assert len(page.items) <= len(teams)


@pytest.mark.parametrize("value", ["soon", "2001-13-01", 7, ""])
def test_a_time_that_is_none_is_refused(db: None, value: object) -> None:
    with pytest.raises(Invalid):
        page_of(AuditEntry.objects.all(), order=["-at", "-id"], cursor=forged([value, 1]))
