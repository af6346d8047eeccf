"""The Azure pages: what a member sees, what an admin can do, and that secrets are not shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import AzureBatch, AzureMachine, AzureSubscription
from hosts.models.azure import BatchState
from portal.people.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def batch_in(subscription: AzureSubscription, state: str, **fields: Any) -> AzureBatch:
    usual = {"name": "web", "region": "westeurope", "image": "ubuntu-24.04", "size": "Standard_B2s", "count": 2}
    row: AzureBatch = AzureBatch.objects.create(
        team=subscription.team, subscription=subscription, state=state, **{**usual, **fields}
    )
    return row


def test_without_a_subscription_the_page_says_what_to_do(viewer: User, client_of: ClientOf) -> None:
    page = client_of(viewer).get("/azure/").content.decode()
    assert "No subscription is connected" in page
    assert "/azure/subscriptions/add/" not in page


def test_the_overview_has_states_in_words(subscription: AzureSubscription, admin: User, client_of: ClientOf) -> None:
    batch = batch_in(subscription, BatchState.FAILED, error="Quota exceeded.")
    page = client_of(admin).get("/azure/").content.decode()
    assert "Harbour" in page
    assert "Failed" in page
    assert f"/azure/machines/{batch.pk}/" in page
    assert "/azure/machines/new/" in page


def test_a_plan_is_a_table_of_changes_with_the_button(
    subscription: AzureSubscription, admin: User, viewer: User, client_of: ClientOf
) -> None:
    changes = [
        {"kind": "Create", "type": "Microsoft.Compute/virtualMachines", "name": "web-1", "paths": []},
        {"kind": "NoChange", "type": "Microsoft.Network/virtualNetworks", "name": "web-net", "paths": []},
    ]
    batch = batch_in(subscription, BatchState.PLANNED, changes=changes)
    page = client_of(admin).get(f"/azure/machines/{batch.pk}/").content.decode()
    assert "web-1" in page
    assert "web-net" not in page
    assert f"/azure/machines/{batch.pk}/deploy/" in page
    assert "/deploy/" not in client_of(viewer).get(f"/azure/machines/{batch.pk}/rows/").content.decode()


def test_a_failure_says_why_and_what_to_do(subscription: AzureSubscription, viewer: User, client_of: ClientOf) -> None:
    batch = batch_in(subscription, BatchState.FAILED, error="Too many cores.", advice="Choose fewer machines.")
    page = client_of(viewer).get(f"/azure/machines/{batch.pk}/").content.decode()
    assert "Too many cores. Choose fewer machines." in page


def test_a_machine_is_stopped_from_its_row(subscription: AzureSubscription, admin: User, client_of: ClientOf) -> None:
    batch = batch_in(subscription, BatchState.READY)
    AzureMachine.objects.create(batch=batch, name="web-1", power="running", seen_at=timezone.now())
    page = client_of(admin).get(f"/azure/machines/{batch.pk}/").content.decode()
    assert f"/azure/machines/{batch.pk}/web-1/stop/" in page
    answer = client_of(admin).post(f"/azure/machines/{batch.pk}/web-1/fly/")
    assert answer.status_code == 422


def test_a_secret_that_was_refused_has_to_be_typed_again(admin: User, client_of: ClientOf) -> None:
    fields = {"team": admin.memberships.get().team_id, "subscription_id": "nonsense", "kind": "secret"}
    answer = client_of(admin).post(
        "/azure/subscriptions/add/", {**fields, "secret": "hunter2-hunter2", "cloud": "public"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "A subscription id looks like" in page
    assert "hunter2" not in page


def test_the_role_to_copy_is_there(admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).get("/azure/subscriptions/add/").content.decode()
    assert "Microsoft.Compute/virtualMachines/*" in page


def test_the_api_shows_no_secret(subscription: AzureSubscription, admin: User, api_of: Callable[[User], Any]) -> None:
    [row] = api_of(admin).get("azure/subscriptions").json()["items"]
    assert row["display_name"] == "Harbour"
    assert not {"secret", "sealed", "client_id"} & set(row)
