"""The stand-in of Azure, and a team that has connected a subscription in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hosts.azure.client import AzureClient
from hosts.azure.types import Account, Endpoints
from hosts.models import AzureSubscription
from portal.people.access import Actor
from portal.people.models import Team, User
from portal.people.secrets import seal
from tests.standins.arm import Arm, start_arm
from tests.standins.arm.server import CLIENT, SECRET, SUBSCRIPTION, TENANT


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[Arm]:
    with start_arm(tmp_path) as running:
        yield running


def account(**changes: str) -> Account:
    fields = {"subscription_id": SUBSCRIPTION, "tenant_id": TENANT, "client_id": CLIENT, "secret": SECRET}
    return Account(**{**fields, **changes})  # type: ignore[arg-type]


def client_of(arm: Arm, **changes: str) -> AzureClient:
    endpoints = Endpoints(arm.url, arm.url, str(arm.ca))
    return AzureClient(account(**changes), endpoints, timeout=10, polling=0.05)


@pytest.fixture
def azure(arm: Arm) -> AzureClient:
    """The product's client, signed in to the stand-in through Microsoft's own libraries."""
    return client_of(arm)


@pytest.fixture
def subscription(team: Team) -> AzureSubscription:
    return AzureSubscription.objects.create(
        team=team,
        subscription_id=SUBSCRIPTION,
        tenant_id=TENANT,
        client_id=CLIENT,
        sealed=seal(SECRET.encode(), purpose="azure-subscription"),
        display_name="Harbour",
    )


@pytest.fixture
def admin_actor(admin: User, actor_of_user: Callable[[User], Actor]) -> Actor:
    return actor_of_user(admin)


@pytest.fixture
def deployer_actor(deployer: User, actor_of_user: Callable[[User], Actor]) -> Actor:
    return actor_of_user(deployer)


@pytest.fixture
def connected(subscription: AzureSubscription, arm: Arm, settings: Any) -> AzureSubscription:
    """The subscription, with a portal whose settings lead to the stand-in, its price list too."""
    settings.AZURE_URL, settings.AZURE_AUTHORITY_URL, settings.AZURE_CA_FILE = arm.url, arm.url, str(arm.ca)
    settings.AZURE_PRICES_URL = arm.url
    return subscription
