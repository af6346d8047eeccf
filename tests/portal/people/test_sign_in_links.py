"""One-time sign-in links: who makes them, that they work once, and that looking does not spend them."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.people.access import Actor, portal_actor
from portal.people.models import AuditEntry, Membership, Role, SignInLink, Team, User
from portal.people.services.sign_in import may_hand_over, sign_in_link_create, sign_in_link_open, sign_in_link_spend
from portal.problems import NotAllowed, NotFound
from tests.people import make_user

ActorOf = Callable[[User], Actor]


@pytest.fixture
def newcomer(team: Team) -> User:
    """A viewer without a password who has never signed in."""
    user = make_user("newcomer", team, Role.VIEWER)
    user.set_unusable_password()
    user.save()
    return user


def test_a_link_works_once(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor())
    assert sign_in_link_spend(secret=secret) == viewer
    with pytest.raises(NotFound):
        sign_in_link_spend(secret=secret)


def test_a_link_ends_at_its_time(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor(), ttl=timedelta(seconds=-1))
    assert not sign_in_link_open(secret)
    with pytest.raises(NotFound):
        sign_in_link_spend(secret=secret)


def test_a_link_of_somebody_shut_out_does_not_work(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor())
    User.objects.update(is_active=False)
    with pytest.raises(NotFound):
        sign_in_link_spend(secret=secret)


def test_the_secret_is_not_kept(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor())
    assert secret not in str(SignInLink.objects.values().get())
    assert secret not in str(list(AuditEntry.objects.values()))


def test_used_expired_and_unknown_links_are_told_apart_by_nobody(viewer: User) -> None:
    used = sign_in_link_create(user=viewer, actor=portal_actor())
    sign_in_link_spend(secret=used)
    old = sign_in_link_create(user=viewer, actor=portal_actor(), ttl=timedelta(seconds=-1))
    answers = set()
    for secret in (used, old, "unknown"):
        with pytest.raises(NotFound) as problem:
            sign_in_link_spend(secret=secret)
        answers.add((problem.value.code, problem.value.detail))
    assert len(answers) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_spend_it_at_once_get_in_once() -> None:
    user = make_user("viewer")
    secret = sign_in_link_create(user=user, actor=portal_actor())
    start = Barrier(4)
    results: list[str] = []

    def spend() -> None:
        start.wait()
        try:
            sign_in_link_spend(secret=secret)
            results.append("in")
        except NotFound:
            results.append("out")
        finally:
            connection.close()

    threads = [Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "out", "out", "out"]


def test_looking_does_not_spend_it_and_the_button_does(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor())
    client = Client()
    page = client.get(f"/sign-in/link/{secret}/")
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert client.get("/account/").status_code == 302
    answer = client.post(f"/sign-in/link/{secret}/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200
    assert Client().post(f"/sign-in/link/{secret}/").status_code == 404


def test_a_spent_link_says_what_to_do(db: None) -> None:
    page = Client().get("/sign-in/link/unknown/")
    assert page.status_code == 404
    assert "Ask for a new one" in page.content.decode()


def test_the_button_needs_the_forms_own_token(viewer: User) -> None:
    secret = sign_in_link_create(user=viewer, actor=portal_actor())
    assert Client(enforce_csrf_checks=True).post(f"/sign-in/link/{secret}/").status_code == 403
    assert sign_in_link_open(secret)


def test_it_takes_over_from_whoever_was_signed_in_before(viewer: User, admin: User) -> None:
    client = Client()
    client.force_login(admin)
    before = client.session.session_key
    client.post(f"/sign-in/link/{sign_in_link_create(user=viewer, actor=portal_actor())}/")
    assert client.session["_auth_user_id"] == str(viewer.pk)
    assert client.session.session_key != before


def test_the_team_admin_makes_one_for_a_newcomer(newcomer: User, admin: User, actor_of_user: ActorOf) -> None:
    secret = sign_in_link_create(user=newcomer, actor=actor_of_user(admin))
    assert sign_in_link_spend(secret=secret) == newcomer


def test_nobody_makes_one_into_more_than_they_have(
    newcomer: User,
    viewer: User,
    deployer: User,
    admin: User,
    superuser: User,
    other_team: Team,
    actor_of_user: ActorOf,
) -> None:
    by_admin = actor_of_user(admin)
    assert may_hand_over(by_admin, newcomer)
    assert not may_hand_over(actor_of_user(deployer), newcomer)
    assert not may_hand_over(by_admin, viewer), "has a password of their own"
    superuser.set_unusable_password()
    superuser.save()
    assert not may_hand_over(by_admin, superuser)
    Membership.objects.create(user=newcomer, team=other_team, role=Role.VIEWER)
    assert not may_hand_over(by_admin, newcomer), "is in a team that the admin does not manage"
    with pytest.raises(NotAllowed):
        sign_in_link_create(user=newcomer, actor=by_admin)


def test_somebody_who_has_signed_in_is_no_newcomer(newcomer: User, admin: User, actor_of_user: ActorOf) -> None:
    User.objects.filter(pk=newcomer.pk).update(last_login=timezone.now())
    newcomer.refresh_from_db()
    assert not may_hand_over(actor_of_user(admin), newcomer)


def test_an_administrator_makes_one_for_everybody_but_no_token_does(
    viewer: User, superuser: User, team: Team, actor_of_user: ActorOf
) -> None:
    assert may_hand_over(actor_of_user(superuser), viewer)
    scripted = Actor(user=viewer, label="viewer", roles={team.pk: Role.VIEWER}, token_id=1)
    assert not may_hand_over(scripted, viewer)
