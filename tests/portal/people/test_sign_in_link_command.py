"""`manage.py sign_in_link`: the way back in for an administrator who is locked out."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from portal.people.models import AuditEntry, User


def link_for(name: str) -> str:
    out = StringIO()
    call_command("sign_in_link", "--user", name, stdout=out)
    return out.getvalue()


def test_prints_one_link_that_signs_the_user_in(admin: User) -> None:
    printed = link_for(admin.username)
    assert printed.count("\n") == 1
    browser = Client()
    browser.post(urlsplit(printed.strip()).path)
    assert browser.session["_auth_user_id"] == str(admin.pk)


def test_leaves_an_audit_row(admin: User) -> None:
    link_for(admin.username)
    row = AuditEntry.objects.filter(action="user.sign-in-link").latest("id")
    assert (row.actor_label, row.target_label) == ("manage.py sign_in_link", admin.username)


def test_an_unknown_user_is_named_with_the_remedy(db: None) -> None:
    with pytest.raises(CommandError, match=r"no user nobody.*token_create"):
        link_for("nobody")


def test_a_user_who_is_not_active_gets_none(admin: User) -> None:
    admin.is_active = False
    admin.save()
    with pytest.raises(CommandError, match="administrator"):
        link_for(admin.username)
