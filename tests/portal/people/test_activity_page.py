"""The activity page: who sees which rows, filters in the address, pages, export."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.people.selectors.audit import AuditFilter, audit_visible
from portal.people.services.audit import DENIED, audit_record

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def rows(team: Team, other_team: Team, viewer: User, admin: User, stranger: User) -> None:
    audit_record(actor=actor_for_user(admin), action="host.enrol", team=team, target=team)
    audit_record(actor=actor_for_user(viewer), action="host.revoke", team=team, target=team, result=DENIED)
    audit_record(actor=actor_for_user(stranger), action="member.add", team=other_team, target=stranger)
    audit_record(actor=actor_for_user(viewer), action="user.sign-in", target=viewer)
    audit_record(actor=portal_actor(), action="team.create", team=None)


def seen(by: Actor, **wanted: Any) -> set[str]:
    return {row.action for row in audit_visible(by, AuditFilter(**wanted))}


def test_each_person_sees_their_share(
    rows: None, viewer: User, deployer: User, admin: User, stranger: User, superuser: User
) -> None:
    assert seen(actor_for_user(viewer)) == {"host.revoke", "user.sign-in"}
    assert seen(actor_for_user(deployer)) == set()
    assert seen(actor_for_user(admin)) == {"host.enrol", "host.revoke"}
    assert seen(actor_for_user(stranger)) == {"member.add"}
    assert len(seen(actor_for_user(superuser))) == 5


def test_a_token_sees_its_team_only(rows: None, viewer: User, team: Team) -> None:
    scripted = Actor(user=viewer, label="viewer", roles=actor_for_user(viewer).roles, token_id=1)
    assert seen(scripted) == {"host.revoke"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"team": "harbour"}, {"host.enrol", "host.revoke"}),
        ({"actor": "viewer"}, {"host.revoke", "user.sign-in"}),
        ({"action": "host"}, {"host.enrol", "host.revoke"}),
        ({"action": "host.enrol"}, {"host.enrol"}),
        ({"action": "hos"}, set()),
        ({"result": "denied"}, {"host.revoke"}),
        ({"target": "harb"}, {"host.enrol", "host.revoke"}),
        ({"since": timezone.now() + timedelta(days=1)}, set()),
        ({"until": timezone.now() - timedelta(days=1)}, set()),
    ],
)
def test_filters(rows: None, superuser: User, wanted: dict[str, Any], found: set[str]) -> None:
    assert seen(actor_for_user(superuser), **wanted) == found


def test_the_page_says_who_what_and_how_it_ended(rows: None, viewer: User, client_of: ClientOf) -> None:
    page = client_of(viewer).get("/activity/").content.decode()
    for words in ("host.revoke", "Denied", "Harbour", "user.sign-in"):
        assert words in page


def test_filters_live_in_the_address_and_stay_in_the_form(rows: None, admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).get("/activity/?action=host&result=denied").content.decode()
    assert "host.revoke" in page
    assert "host.enrol" not in page
    assert '<option value="denied" selected>' in page
    assert "export.csv?action=host&amp;result=denied" in page
    nothing = client_of(admin).get("/activity/?actor=nobody").content.decode()
    assert "Widen or clear the filters." in nothing


@pytest.mark.parametrize("query", ["since=soon", "team=lighthouse", "action=%00", "result=x", "cursor="])
def test_a_filter_that_makes_no_sense_breaks_nothing(rows: None, admin: User, client_of: ClientOf, query: str) -> None:
    assert client_of(admin).get(f"/activity/?{query}").status_code == 200


def test_a_cursor_that_is_not_ours_is_refused_in_words(admin: User, client_of: ClientOf) -> None:
    answer = client_of(admin).get("/activity/?cursor=nonsense")
    assert answer.status_code == 422
    assert "The cursor is not one of ours." in answer.content.decode()


def test_until_includes_its_day(rows: None, admin: User, client_of: ClientOf) -> None:
    today = timezone.localdate().isoformat()
    page = client_of(admin).get(f"/activity/?since={today}&until={today}").content.decode()
    assert "host.enrol" in page


def test_long_lists_come_in_pages_and_keep_the_filter(team: Team, admin: User, client_of: ClientOf) -> None:
    for number in range(60):
        audit_record(actor=actor_for_user(admin), action=f"host.act-{number}", team=team)
    client = client_of(admin)
    first = client.get("/activity/?action=host")
    assert first.content.decode().count('id="entry-') == 50
    second = client.get("/activity/", {"action": "host", "cursor": first.context["next"]}).content.decode()
    assert second.count('id="entry-') == 10
    assert "host.act-9<" in second
    assert "To the start" in second


def test_the_export_holds_the_same_rows(rows: None, admin: User, client_of: ClientOf) -> None:
    answer = client_of(admin).get("/activity/export.csv?action=host")
    assert answer["Content-Type"].startswith("text/csv")
    assert 'filename="pierhead-activity-' in answer["Content-Disposition"]
    table = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["action"] for row in table] == ["host.revoke", "host.enrol"]
    assert table[0]["result"] == "denied"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@cmd", "\t=1"])
def test_no_cell_of_the_export_is_a_formula(admin: User, team: Team, client_of: ClientOf, formula: str) -> None:
    audit_record(actor=Actor(user=admin, label=formula), action="host.enrol", team=team)
    table = list(csv.DictReader(io.StringIO(client_of(admin).get("/activity/export.csv").content.decode())))
    assert table[0]["actor"] == f"'{formula}"


def test_the_page_reads_the_database_a_fixed_number_of_times(
    team: Team, admin: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for _ in range(40):
        audit_record(actor=actor_for_user(admin), action="host.enrol", team=team, target=team)
    client = client_of(admin)
    with django_assert_max_num_queries(10):
        client.get("/activity/")
    assert AuditEntry.objects.count() == 40
