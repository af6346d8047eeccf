"""Connecting a subscription: seen to work first, sealed, of one team."""

from typing import Any

import pytest

from hosts.azure.types import CredentialKind
from hosts.models import AzureBatch, AzureSubscription
from hosts.services.azure_subscriptions import (
    client_for,
    subscription_check,
    subscription_connect,
    subscription_forget,
)
from portal.people.access import Actor
from portal.people.models import AuditEntry, Team
from portal.problems import Conflict, Invalid, NotAllowed
from tests.standins.arm import Arm
from tests.standins.arm.server import SECRET, SUBSCRIPTION

from .conftest import account, client_of

pytestmark = pytest.mark.django_db


def test_a_subscription_is_kept_with_its_secret_sealed(team: Team, admin_actor: Actor, arm: Arm, settings: Any) -> None:
    settings.AZURE_URL, settings.AZURE_AUTHORITY_URL, settings.AZURE_CA_FILE = arm.url, arm.url, str(arm.ca)
    subscription = subscription_connect(team=team, actor=admin_actor, account=account())
    subscription.refresh_from_db()
    assert str(subscription) == "Harbour"
    assert SECRET.encode() not in bytes(subscription.sealed)
    assert client_for(subscription).check() == "Harbour"
    assert SECRET not in str(list(AuditEntry.objects.values_list("detail", "target_label")))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subscription_id": "mine"}, "subscription_id"),
        ({"tenant_id": ""}, "tenant_id"),
        ({"client_id": "me"}, "client_id"),
        ({"secret": ""}, "secret"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anyone_is_asked(
    team: Team, admin_actor: Actor, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        subscription_connect(team=team, actor=admin_actor, account=account(**changes))
    assert list(caught.value.fields) == [field]


def test_a_wrong_secret_is_said_beside_its_field_and_nothing_is_kept(team: Team, admin_actor: Actor, arm: Arm) -> None:
    with pytest.raises(Invalid) as caught:
        subscription_connect(
            team=team,
            actor=admin_actor,
            account=account(secret="old"),
            ask=lambda _row: client_of(arm, secret="old"),
        )
    assert "Invalid client secret" in caught.value.fields["secret"][0]
    assert not AzureSubscription.objects.exists()


def test_the_same_subscription_is_connected_once(
    team: Team, admin_actor: Actor, arm: Arm, subscription: AzureSubscription
) -> None:
    with pytest.raises(Conflict):
        subscription_connect(team=team, actor=admin_actor, account=account(), ask=lambda _row: client_of(arm))


def test_a_deployer_connects_nothing(team: Team, deployer_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        subscription_connect(team=team, actor=deployer_actor, account=account())


def test_an_identity_of_the_machine_needs_no_secret(team: Team, admin_actor: Actor, arm: Arm) -> None:
    identity = account(kind=CredentialKind.MANAGED, tenant_id="", client_id="", secret="")
    kept = subscription_connect(team=team, actor=admin_actor, account=identity, ask=lambda _row: client_of(arm))
    assert bytes(kept.sealed) == b""


def test_a_check_says_what_has_become_wrong(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> None:
    arm.switches.secret = "another"
    checked = subscription_check(subscription=subscription, actor=admin_actor, ask=lambda _row: client_of(arm))
    assert "does not let the portal sign in" in checked.problem
    arm.switches.secret = SECRET
    checked = subscription_check(subscription=subscription, actor=admin_actor, ask=lambda _row: client_of(arm))
    assert checked.problem == ""


def test_a_subscription_with_machines_is_not_forgotten(subscription: AzureSubscription, admin_actor: Actor) -> None:
    batch = AzureBatch.objects.create(
        team=subscription.team, subscription=subscription, name="web", region="r", image="ubuntu-24.04", size="s"
    )
    with pytest.raises(Conflict):
        subscription_forget(subscription=subscription, actor=admin_actor)
    AzureBatch.objects.filter(pk=batch.pk).update(state="deleted")
    subscription_forget(subscription=subscription, actor=admin_actor)
    assert SUBSCRIPTION not in AzureSubscription.objects.values_list("subscription_id", flat=True)
