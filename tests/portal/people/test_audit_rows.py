"""Rows of the audit: what they keep, and that nothing changes them."""

from collections.abc import Callable

import pytest
from django.db import transaction

from portal.people.access import Actor, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.people.models.audit import Immutable
from portal.people.services.audit import FAILED, audit_record, known_address


@pytest.fixture
def entry(admin: User, team: Team, actor_of_user: Callable[[User], Actor]) -> AuditEntry:
    actor = Actor(user=admin, label=admin.label, address="192.0.2.7")
    return audit_record(actor=actor, action="team.paint", team=team, target=team, detail={"colour": "blue"})


def test_a_row_keeps_who_what_where_and_from_where(entry: AuditEntry, admin: User, team: Team) -> None:
    kept = AuditEntry.objects.get()
    assert (kept.actor, kept.actor_label, kept.team, kept.action) == (admin, "admin", team, "team.paint")
    assert (kept.target_type, kept.target_id, kept.target_label) == ("team", str(team.pk), "Harbour")
    assert (kept.result, kept.detail, kept.address) == ("done", {"colour": "blue"}, "192.0.2.7")
    assert str(kept) == "admin team.paint Harbour"


def test_a_row_is_not_changed(entry: AuditEntry) -> None:
    entry.action = "team.burn"
    with pytest.raises(Immutable):
        entry.save()
    with pytest.raises(Immutable):
        AuditEntry.objects.update(action="team.burn")
    with pytest.raises(Immutable):
        AuditEntry.objects.filter(pk=entry.pk).update(result=FAILED)
    assert AuditEntry.objects.get().action == "team.paint"


def test_a_row_is_not_removed(entry: AuditEntry) -> None:
    with pytest.raises(Immutable):
        entry.delete()
    with pytest.raises(Immutable):
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1


def test_a_row_outlives_its_user_and_its_team(entry: AuditEntry, admin: User, team: Team) -> None:
    admin.delete()
    team.delete()
    kept = AuditEntry.objects.get()
    assert (kept.actor, kept.team) == (None, None)
    assert (kept.actor_label, kept.target_label) == ("admin", "Harbour")


def test_a_row_goes_with_the_transaction_that_wrote_it(team: Team) -> None:
    with transaction.atomic():
        audit_record(actor=portal_actor(), action="team.paint", team=team)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_long_words_are_cut_and_not_refused(team: Team) -> None:
    audit_record(actor=Actor(user=None, label="x" * 500), action="a" * 100)
    kept = AuditEntry.objects.get()
    assert (len(kept.actor_label), len(kept.action)) == (160, 64)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"), ("unix:", None), ("", None), (None, None)],
)
def test_only_an_ip_address_is_kept(given: str | None, kept: str | None) -> None:
    assert known_address(given) == kept
