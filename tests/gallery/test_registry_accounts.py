"""Accounts at registries: kept sealed, tried, used for what is the team's own, and never seen by others."""

from collections.abc import Callable
from typing import Any

import pytest

from gallery.hub.types import SearchFilter
from gallery.models import AccountState, KeptAnswer, RegistryAccount
from gallery.own import own_answers, registry_sources
from gallery.search import SearchRequest, search
from gallery.selectors.registries import (
    access_for,
    access_for_image,
    access_of,
    access_of_actor,
    account_get,
    accounts_visible,
)
from gallery.services.registries import (
    MOST_ACCOUNTS,
    AccountInput,
    Trial,
    account_add,
    account_change,
    account_refused,
    account_remove,
    account_try,
    host_of,
)
from gallery.sources import ANONYMOUS, hub_client
from portal.people.access import Actor
from portal.people.models import AuditEntry, Team, User
from portal.people.secrets import seal
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.standins.hub import HubStandIn, StandInRepository

pytestmark = pytest.mark.django_db
ActorOf = Callable[[User], Actor]
HUB = AccountInput("docker.io", "acme", "dckr_pat_1")


@pytest.fixture
def by_admin(admin: User, actor_of_user: ActorOf) -> Actor:
    return actor_of_user(admin)


@pytest.fixture
def signed_hub(hub: HubStandIn) -> HubStandIn:
    """Docker Hub with an account, and a private repository of it."""
    hub.accounts["acme"] = "dckr_pat_1"
    hub.content["acme/hidden"] = StandInRepository("acme", "hidden", "Not for everybody.", private=True)
    return hub


def test_the_secret_is_sealed(team: Team, by_admin: Actor) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    row: dict[str, Any] = dict(RegistryAccount.objects.filter(pk=account.pk).values().get())
    assert b"dckr_pat_1" not in bytes(row["sealed"])
    assert "dckr_pat_1" not in f"{row} {account!r} {HUB!r}"
    assert access_of(account).secret == "dckr_pat_1"
    assert "dckr_pat_1" not in repr(access_of(account))
    assert all("dckr_pat_1" not in str(entry.detail) for entry in AuditEntry.objects.all())


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("docker.io", "docker.io"),
        ("https://index.docker.io/", "docker.io"),
        ("Docker Hub", "docker.io"),
        (" GHCR.io ", "ghcr.io"),
        ("https://myregistry.azurecr.io/v2/", "myregistry.azurecr.io"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("localhost", "localhost"),
    ],
)
def test_hosts_as_people_write_them(text: str, host: str) -> None:
    assert host_of(text) == host


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (AccountInput("nohost", "u", "s"), "host"),
        (AccountInput("", "u", "s"), "host"),
        (AccountInput("ghcr.io/team", "u", "s"), "host"),
        (AccountInput("evil.test@ghcr.io", "u", "s"), "host"),
        (AccountInput("ghcr.io", "u", ""), "secret"),
        (AccountInput("ghcr.io", "u", "two\nlines"), "secret"),
        (AccountInput("ghcr.io", "u", "x" * 20_000), "secret"),
        (AccountInput("ghcr.io", "", "s"), "username"),
        (AccountInput("docker.io", "", ""), "username"),
        (AccountInput("ghcr.io", "u:v", "s"), "username"),
        (AccountInput("ghcr.io", "u\x00", "s"), "username"),
        (AccountInput("r.test:5000", "", "", "no certificate"), "certificates"),
        (AccountInput("r.test:5000", "", "", "-----BEGIN PRIVATE KEY-----\n"), "certificates"),
        (AccountInput("r.test:5000", "", "", "x" * 70_000), "certificates"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    team: Team, by_admin: Actor, given: AccountInput, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        account_add(team=team, given=given, actor=by_admin)
    assert field in caught.value.fields
    assert not RegistryAccount.objects.exists()


def test_once_per_team_and_not_too_many(team: Team, other_team: Team, by_admin: Actor, superuser: User) -> None:
    account_add(team=team, given=HUB, actor=by_admin)
    with pytest.raises(Conflict):
        account_add(team=team, given=HUB, actor=by_admin)
    everywhere = Actor(user=None, label="portal", everywhere=True)
    account_add(team=other_team, given=HUB, actor=everywhere)
    RegistryAccount.objects.bulk_create(
        [RegistryAccount(team=team, host=f"r{number}.test") for number in range(MOST_ACCOUNTS)]
    )
    with pytest.raises(Conflict, match="at most"):
        account_add(team=team, given=AccountInput("ghcr.io", "u", "s"), actor=by_admin)


def test_others_neither_see_nor_change_it(
    team: Team, by_admin: Actor, viewer: User, stranger: User, actor_of_user: ActorOf
) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    by_viewer, by_stranger = actor_of_user(viewer), actor_of_user(stranger)
    assert account_get(by_viewer, account.pk) == account
    with pytest.raises(NotFound):
        account_get(by_stranger, account.pk)
    assert not accounts_visible(by_stranger).exists()
    assert access_of_actor(by_stranger, "", "acme") == ANONYMOUS
    for act in (
        lambda: account_add(team=team, given=AccountInput("ghcr.io", "u", "s"), actor=by_viewer),
        lambda: account_change(account=account, given=HUB, actor=by_viewer),
        lambda: account_try(account=account, actor=by_viewer),
        lambda: account_remove(account=account, actor=by_viewer),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert AuditEntry.objects.filter(result="denied").count() == 4


def test_a_change_keeps_the_secret_unless_there_is_a_new_one(team: Team, by_admin: Actor) -> None:
    account = account_add(team=team, given=AccountInput("ghcr.io", "u", "first"), actor=by_admin)
    before = access_of(account)
    account_change(account=account, given=AccountInput("ghcr.io", "v", None), actor=by_admin)
    account.refresh_from_db()
    assert (access_of(account).username, access_of(account).secret) == ("v", "first")
    assert access_of(account).account != before.account
    account_change(account=account, given=AccountInput("ghcr.io", "v", "second"), actor=by_admin)
    assert access_of(account).secret == "second"
    with pytest.raises(Invalid):
        account_change(account=account, given=AccountInput("ghcr.io", "v", ""), actor=by_admin)


def test_signing_in_at_docker_hub_finds_the_namespaces(team: Team, by_admin: Actor, signed_hub: HubStandIn) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    assert account_try(account=account, actor=by_admin).state == AccountState.ACCEPTED
    account.refresh_from_db()
    assert account.namespaces == ["acme", "acme-org"]
    assert account.checked_at is not None


def test_a_refused_secret_is_told(team: Team, by_admin: Actor, signed_hub: HubStandIn) -> None:
    account = account_add(team=team, given=AccountInput("docker.io", "acme", "wrong"), actor=by_admin)
    result = account_try(account=account, actor=by_admin)
    assert result.state == AccountState.REFUSED
    assert "Enter a new access token" in result.detail
    asked = signed_hub.asked.count("/v2/auth/token")
    assert account_try(account=account, actor=by_admin).state == AccountState.REFUSED
    assert signed_hub.asked.count("/v2/auth/token") == asked
    account_change(account=account, given=HUB, actor=by_admin)
    assert account_try(account=account, actor=by_admin).state == AccountState.ACCEPTED


def test_a_registry_that_is_away_refuses_nothing(team: Team, by_admin: Actor) -> None:
    account = account_add(team=team, given=AccountInput("127.0.0.1:9", "u", "s"), actor=by_admin)
    assert account_try(account=account, actor=by_admin).state == AccountState.AWAY
    account.refresh_from_db()
    assert "refused" in account.detail


def test_a_secret_of_another_key_is_told(team: Team, by_admin: Actor) -> None:
    account = account_add(team=team, given=AccountInput("ghcr.io", "u", "s"), actor=by_admin)
    account.sealed = seal(b"s", purpose="something else")
    account.save()
    assert access_for([team.pk], "ghcr.io") == ANONYMOUS
    trial = account_try(account=account, actor=by_admin, trial=lambda account, access: Trial(AccountState.ACCEPTED))
    assert trial.state == AccountState.REFUSED
    assert "secret key" in trial.detail


def test_an_account_is_used_for_its_namespaces_and_for_pulls(
    team: Team, by_admin: Actor, signed_hub: HubStandIn
) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    account_try(account=account, actor=by_admin)
    account.refresh_from_db()
    assert access_of_actor(by_admin, "", "acme") == access_of(account)
    assert access_of_actor(by_admin, "", "library") == ANONYMOUS
    assert access_for([team.pk], "", "library", pulling=True) == access_of(account)
    assert access_for([team.pk], "registry-1.docker.io", "acme") == access_of(account)
    assert access_for([team.pk], "ghcr.io", "acme") == ANONYMOUS


def test_the_deploy_form_asks_with_an_account_where_one_deploys(
    team: Team, by_admin: Actor, viewer: User, actor_of_user: ActorOf, signed_hub: HubStandIn
) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    assert access_for_image(by_admin, "nginx:1") == access_of(account)
    assert access_for_image(by_admin, "ghcr.io/a/b:1") == ANONYMOUS
    assert access_for_image(by_admin, "NOT A NAME") == ANONYMOUS
    assert access_for_image(actor_of_user(viewer), "nginx:1") == ANONYMOUS


def test_private_repositories_are_found_by_the_team_alone(
    team: Team, by_admin: Actor, stranger: User, actor_of_user: ActorOf, signed_hub: HubStandIn
) -> None:
    account_try(account=account_add(team=team, given=HUB, actor=by_admin), actor=by_admin)
    own = own_answers(by_admin, SearchRequest(q="hidden"))
    assert [item.name.familiar for item in own[0].items] == ["acme/hidden"]
    assert own[0].items[0].private
    found = search(actor_of_user(stranger), SearchRequest(q="hidden"))
    assert not any(item.name.familiar == "acme/hidden" for answer in found.answers for item in answer.items)
    assert not KeptAnswer.objects.filter(source="hub", body__icontains="acme/hidden").exists()


def test_what_an_account_saw_is_forgotten_with_it(team: Team, by_admin: Actor, signed_hub: HubStandIn) -> None:
    account = account_add(team=team, given=HUB, actor=by_admin)
    account_try(account=account, actor=by_admin)
    own_answers(by_admin, SearchRequest())
    assert KeptAnswer.objects.filter(source__contains="#").exists()
    account_remove(account=account, actor=by_admin)
    assert not KeptAnswer.objects.filter(source__contains="#").exists()
    assert AuditEntry.objects.filter(action="registry.remove", team=team).exists()


def test_a_refusal_in_use_marks_the_account_of_that_secret_alone(team: Team, by_admin: Actor) -> None:
    account = account_add(team=team, given=AccountInput("ghcr.io", "u", "s"), actor=by_admin)
    old = access_of(account).account
    account_change(account=account, given=AccountInput("ghcr.io", "u", "new"), actor=by_admin)
    account_refused(key=old, detail="no")
    account_refused(key="nonsense", detail="no")
    account.refresh_from_db()
    assert account.state == AccountState.UNTRIED
    account_refused(key=access_of(account).account, detail="It does not accept the password.")
    account.refresh_from_db()
    assert account.state == AccountState.REFUSED


def test_registries_of_the_team_can_be_chosen(
    team: Team, by_admin: Actor, stranger: User, actor_of_user: ActorOf
) -> None:
    account_add(team=team, given=AccountInput("ghcr.io", "u", "s"), actor=by_admin)
    account_add(team=team, given=HUB, actor=by_admin)
    assert "ghcr.io" in {source.slug for source in registry_sources(by_admin)}
    assert "docker.io" not in {source.slug for source in registry_sources(by_admin)}
    assert "ghcr.io" not in {source.slug for source in registry_sources(actor_of_user(stranger))}


def test_public_answers_stay_everybodys(team: Team, by_admin: Actor, signed_hub: HubStandIn) -> None:
    account_try(account=account_add(team=team, given=HUB, actor=by_admin), actor=by_admin)
    signed_hub.authorizations.clear()
    hub_client().search(SearchFilter("nginx"))
    assert signed_hub.authorizations == [""]
