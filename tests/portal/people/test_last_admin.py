"""A team never loses its last admin."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection

from portal.people.access import Actor, actor_for_user
from portal.people.models import Membership, Role, Team, User
from portal.people.services.teams import member_remove, member_role_change
from portal.problems import Conflict
from tests.people import make_user

ActorOf = Callable[[User], Actor]


@pytest.fixture
def second(team: Team) -> User:
    return make_user("second", team, Role.ADMIN)


def test_the_last_admin_cannot_step_down(team: Team, admin: User, actor_of_user: ActorOf) -> None:
    with pytest.raises(Conflict) as problem:
        member_role_change(team=team, user=admin, role="viewer", actor=actor_of_user(admin))
    assert problem.value.code == "last-admin"
    assert Membership.objects.get(user=admin).role == Role.ADMIN


def test_the_last_admin_cannot_leave_or_be_removed(
    team: Team, admin: User, superuser: User, actor_of_user: ActorOf
) -> None:
    for actor in (actor_of_user(admin), actor_of_user(superuser)):
        with pytest.raises(Conflict):
            member_remove(team=team, user=admin, actor=actor)


def test_with_a_second_admin_one_may_go(team: Team, admin: User, second: User, actor_of_user: ActorOf) -> None:
    member_remove(team=team, user=admin, actor=actor_of_user(second))
    with pytest.raises(Conflict):
        member_role_change(team=team, user=second, role="deployer", actor=actor_of_user(second))


def test_an_admin_who_cannot_sign_in_does_not_count(
    team: Team, admin: User, second: User, actor_of_user: ActorOf
) -> None:
    second.is_active = False
    second.save()
    with pytest.raises(Conflict):
        member_remove(team=team, user=admin, actor=actor_of_user(admin))


def test_the_admin_role_given_again_changes_nothing(team: Team, admin: User, actor_of_user: ActorOf) -> None:
    assert member_role_change(team=team, user=admin, role="admin", actor=actor_of_user(admin)).role == Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_do_not_both_succeed() -> None:
    team = Team.objects.create(name="Harbour", slug="harbour")
    one, two = (make_user(name, team, Role.ADMIN) for name in ("one", "two"))
    actors = {one.pk: actor_for_user(one), two.pk: actor_for_user(two)}
    start = Barrier(2)

    def demote(target: User, by: User) -> None:
        start.wait()
        try:
            member_role_change(team=team, user=target, role="viewer", actor=actors[by.pk])
        except Conflict:
            pass
        finally:
            connection.close()

    threads = [Thread(target=demote, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Membership.objects.filter(team=team, role=Role.ADMIN).count() == 1
