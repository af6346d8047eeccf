"""The Marketplace through a subscription: walked a little at a time, and the terms of what is sold."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from gallery.models import MarketplaceImage, MarketplaceOffer, MarketplacePublisher
from hosts.azure.client import AzureClient
from hosts.azure.errors import Missing
from hosts.models import AzureSubscription
from hosts.services.azure_catalogue import catalogue_walk
from hosts.services.azure_terms import terms_accept, terms_look
from portal.people.access import Actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from tests.standins.arm import Arm

from .conftest import client_of as azure_client_of

pytestmark = pytest.mark.django_db
PLAN = {"publisher": "hardened-co", "offer": "hardened-linux", "plan": "ubuntu-cis"}


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """A run that ended badly makes the next ones wait, by a key in the cache."""
    cache.clear()
    yield
    cache.clear()


def walk(arm: Arm, most: int = 100) -> int:
    return catalogue_walk(ask=lambda _row: azure_client_of(arm), most=most)


def test_the_client_knows_an_image_with_its_plan(azure: AzureClient) -> None:
    found = azure.image("westeurope", "hardened-co", "hardened-linux", "ubuntu-cis")
    assert found.versions == ("1.0.10", "1.0.3")  # by number, not by letter
    assert (found.os, found.architecture, found.generation) == ("linux", "amd64", "V2")
    assert found.plan is not None
    assert (found.plan.name, found.plan.product) == ("ubuntu-cis", "hardened-linux")
    assert azure.image("westeurope", "Canonical", "ubuntu-24_04-lts", "server-arm64").architecture == "arm64"
    assert azure.offers("westeurope", "nobody") == []
    assert "Canonical" in azure.publishers("westeurope")
    assert set(azure.skus("westeurope", "Canonical", "ubuntu-24_04-lts")) == {"server", "server-arm64"}


def test_a_walk_finds_all_of_it(subscription: AzureSubscription, arm: Arm) -> None:
    assert walk(arm) > 10
    assert MarketplacePublisher.objects.count() == 3
    image = MarketplaceImage.objects.get(sku="2022-datacenter-azure-edition-core")
    assert (image.os, image.version, image.plan) == ("windows", "20348.4.1", "")
    sold = MarketplaceImage.objects.get(plan="ubuntu-cis")
    assert sold.licence == "https://example.org/license.txt"
    assert sold.walked_at is not None
    offer = MarketplaceOffer.objects.get(name="ubuntu-24_04-lts")
    assert (offer.systems, offer.architectures) == ("linux", "amd64 arm64")
    assert walk(arm) == 0  # all of it is fresh


def test_a_walk_goes_on_where_the_last_one_stopped(subscription: AzureSubscription, arm: Arm) -> None:
    for _run in range(30):
        asked = walk(arm, 4)
        assert asked <= 6  # the last question of a run may need two more
        if asked == 0:
            break
    assert MarketplaceImage.objects.filter(walked_at=None).count() == 0
    assert MarketplaceImage.objects.count() == 6
    questions = [path for _method, path, _body in arm.log.entries]
    assert len(questions) == len(set(questions))  # nothing was asked twice


def test_what_the_house_is_made_of_comes_first(subscription: AzureSubscription, arm: Arm) -> None:
    walk(arm, 3)
    assert MarketplacePublisher.objects.get(name="Canonical").walked_at is not None
    assert MarketplacePublisher.objects.get(name="hardened-co").walked_at is None


def test_without_a_subscription_nothing_is_asked(db: None, arm: Arm) -> None:
    assert walk(arm) == 0
    assert arm.log.entries == []


def test_a_subscription_that_cannot_sign_in_is_left_alone(subscription: AzureSubscription, arm: Arm) -> None:
    AzureSubscription.objects.update(problem="The secret has expired.")
    assert walk(arm) == 0


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "Down"), (403, "AuthorizationFailed")])
def test_azure_is_left_alone_after_it_refused(
    subscription: AzureSubscription, arm: Arm, status: int, code: str
) -> None:
    arm.switches.statuses = [(status, code, "No.")] * 3
    walk(arm)
    asked = len(arm.log.entries)
    assert walk(arm) == 0
    assert len(arm.log.entries) == asked


def test_one_offer_that_azure_will_not_tell_of_stops_nobody(subscription: AzureSubscription, arm: Arm) -> None:
    walk(arm, 2)
    arm.switches.statuses = [(400, "InvalidParameter", "Not for you.")]
    walk(arm)
    assert MarketplacePublisher.objects.filter(walked_at=None).count() == 0
    assert MarketplaceImage.objects.exists()


def test_what_is_gone_from_the_marketplace_goes_here(subscription: AzureSubscription, arm: Arm) -> None:
    walk(arm)
    arm.world.market.images = tuple(one for one in arm.world.market.images if one.publisher != "hardened-co")
    MarketplacePublisher.objects.update(listed_at="2020-01-01T00:00:00Z")
    walk(arm)
    assert not MarketplaceImage.objects.filter(plan="ubuntu-cis").exists()
    assert MarketplaceImage.objects.filter(sku="server").exists()


def test_terms_are_seen_and_accepted(subscription: AzureSubscription, admin_actor: Actor, arm: Arm) -> None:
    given: dict[str, Any] = {"subscription": subscription, **PLAN, "actor": admin_actor}
    ask = lambda _row: azure_client_of(arm)  # noqa: E731
    assert not terms_look(**given, ask=ask).accepted
    assert terms_accept(**given, ask=ask).accepted
    assert terms_look(**given, ask=ask).accepted
    assert arm.world.market.accepted == {("hardened-co", "hardened-linux", "ubuntu-cis")}
    assert AuditEntry.objects.get(action="azure.terms.accept").detail == PLAN


@pytest.mark.parametrize(
    ("change", "problem"), [({"plan": "other"}, NotFound), ({"plan": "a/../b"}, Invalid), ({"offer": ""}, Invalid)]
)
def test_no_such_plan(
    subscription: AzureSubscription, admin_actor: Actor, arm: Arm, change: dict[str, str], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        terms_look(
            subscription=subscription, **{**PLAN, **change}, actor=admin_actor, ask=lambda _row: azure_client_of(arm)
        )


@pytest.mark.parametrize(
    ("status", "code", "problem"), [(503, "Down", Unavailable), (403, "AuthorizationFailed", Conflict)]
)
def test_azure_will_not_say(
    subscription: AzureSubscription, admin_actor: Actor, arm: Arm, status: int, code: str, problem: type[Exception]
) -> None:
    arm.switches.statuses = [(status, code, "does not have authorization to perform action 'x/read'")] * 3
    with pytest.raises(problem):
        terms_look(subscription=subscription, **PLAN, actor=admin_actor, ask=lambda _row: azure_client_of(arm))


def test_a_deployer_accepts_nothing(subscription: AzureSubscription, deployer_actor: Actor, arm: Arm) -> None:
    with pytest.raises(NotAllowed):
        terms_accept(subscription=subscription, **PLAN, actor=deployer_actor, ask=lambda _row: azure_client_of(arm))
    assert arm.world.market.accepted == set()


@pytest.fixture
def connected(subscription: AzureSubscription, arm: Arm, settings: Any) -> AzureSubscription:
    """The portal itself is pointed at the stand-in."""
    settings.AZURE_URL = settings.AZURE_AUTHORITY_URL = arm.url
    settings.AZURE_CA_FILE = str(arm.ca)
    return subscription


def test_the_page_of_terms(
    connected: AzureSubscription, admin: User, viewer: User, client_of: Callable[[User], Client]
) -> None:
    query = "&".join(f"{name}={value}" for name, value in PLAN.items())
    page = client_of(admin).get(f"/azure/terms/?{query}").content.decode()
    assert "not accepted" in page
    assert "https://example.org/license.txt" in page
    answer = client_of(admin).post("/azure/terms/", {**PLAN, "subscription": str(connected.pk)})
    assert answer.status_code == 302
    page = client_of(admin).get(answer["Location"]).content.decode()
    assert "not accepted" not in page
    assert client_of(viewer).get(f"/azure/terms/?{query}").status_code == 403
    missing = client_of(admin).get(f"/azure/terms/?{query}x")
    assert missing.status_code == 404
    assert "no such plan" in missing.content.decode()


def test_terms_over_the_api(connected: AzureSubscription, admin: User, api_of: Callable[[User], Any]) -> None:
    path = f"azure/subscriptions/{connected.pk}/terms"
    query = "&".join(f"{name}={value}" for name, value in PLAN.items())
    assert api_of(admin).get(f"{path}?{query}").json()["accepted"] is False
    agreed = api_of(admin).post(path, PLAN).json()
    assert (agreed["accepted"], agreed["licence"]) == (True, "https://example.org/license.txt")


def test_it_is_about_the_plan_that_the_agreement_names(azure: AzureClient) -> None:
    with pytest.raises(Missing):
        azure.agreement("hardened-co", "hardened-linux", "free")


def test_the_gallery_leads_to_the_form_with_the_image_chosen(
    connected: AzureSubscription, arm: Arm, admin: User, client_of: Callable[[User], Client]
) -> None:
    walk(arm)
    page = client_of(admin).get("/gallery/azure/hardened-co/hardened-linux/").content.decode()
    address = page.partition('href="/azure/machines/new/')[2].partition('"')[0]
    form = client_of(admin).get(f"/azure/machines/new/{address}").content.decode()
    assert 'value="linux:hardened-co:hardened-linux:ubuntu-cis:latest:ubuntu-cis" selected' in form
