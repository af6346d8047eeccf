"""The form for machines: what Azure says of a wish while it is typed, and what a month would cost."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from hosts.azure.checks import wish_faults
from hosts.azure.prices import HOURS_A_MONTH
from hosts.azure.types import Size
from hosts.azure.wishes import Wish
from hosts.models import AzureBatch, AzureSubscription
from hosts.selectors.azure_estimates import estimate_of
from portal.people.models import User
from tests.standins.arm import Arm

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]

WISH = Wish("web", "westeurope", "ubuntu-24.04", "Standard_D2s_v5", 2)


def test_a_month_is_what_the_price_list_says_for_all_machines(connected: AzureSubscription, arm: Arm) -> None:
    hourly = next(one.hourly for one in arm.world.market.sizes if one.name == WISH.size)
    found = estimate_of(connected, WISH)
    assert found.faults == {}
    assert found.monthly == pytest.approx(hourly * HOURS_A_MONTH * 2)
    assert found.priced_at is not None
    assert {one.family for one in found.quotas} == {"cores", "standardDSv5Family"}


@pytest.mark.parametrize(("changes", "times"), [({"image": "windows-2022"}, 1.8), ({"spot": True}, 0.2)])
def test_windows_and_spot_have_prices_of_their_own(
    connected: AzureSubscription, arm: Arm, changes: Mapping[str, Any], times: float
) -> None:
    hourly = next(one.hourly for one in arm.world.market.sizes if one.name == WISH.size)
    found = estimate_of(connected, replace(WISH, **changes))
    assert found.price is not None
    assert found.price.hourly == pytest.approx(hourly * times)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"region": "westeurop"}, "region", "such as westeurope"),
        ({"size": "Standard_D2s_v55"}, "size", "such as Standard_D2s_v5"),
        ({"size": "Standard_M128s"}, "size", "NotAvailableForSubscription"),
        ({"count": 5}, "count", "at most 4 machines"),
        ({"count": 5, "spot": True}, "count", "at most 4 machines"),
    ],
)
def test_what_azure_would_refuse_is_said_beside_its_field_with_a_remedy(
    connected: AzureSubscription, changes: Mapping[str, Any], field: str, words: str
) -> None:
    faults = estimate_of(connected, replace(WISH, **changes)).faults
    assert next(iter(faults)) == field
    assert words in faults[field][0]


def test_a_price_list_that_is_out_of_order_blocks_nothing(connected: AzureSubscription, arm: Arm) -> None:
    arm.world.market.broken = True
    found = estimate_of(connected, WISH)
    assert found.monthly is None
    assert "price service" in found.price_problem
    assert found.faults == {}


def test_an_azure_that_is_away_is_noted_and_holds_nothing_against_the_wish(
    connected: AzureSubscription, settings: Any
) -> None:
    settings.AZURE_AUTHORITY_URL = settings.AZURE_URL = settings.AZURE_PRICES_URL = "https://127.0.0.1:9"
    found = estimate_of(connected, WISH)
    assert found.faults == {}
    assert found.notes
    assert found.waiting


def test_zones_and_processors_that_do_not_fit_are_faults() -> None:
    sizes = [Size("A", 2, 8, "f", zones=("1",)), Size("P", 2, 8, "f", architecture="arm64")]
    wish = replace(WISH, size="a", zones=("1", "3"))
    assert [(one.field, one.code) for one in wish_faults(wish, sizes, [])] == [("zones", "zones")]
    assert [one.code for one in wish_faults(replace(wish, size="P", zones=()), sizes, [])] == ["size-arm"]
    assert wish_faults(replace(wish, size="anything"), None, None) == []


def test_the_fragment_beside_the_form_shows_price_and_limits(
    connected: AzureSubscription, admin: User, client_of: ClientOf
) -> None:
    asked = {"subscription": str(connected.pk), "name": "web", "image": "ubuntu-24.04", "region": "westeurope"}
    page = client_of(admin).get("/azure/machines/estimate/", {**asked, "size": "Standard_D2s_v5", "count": "2"})
    text = page.content.decode()
    assert "a month" in text
    assert "Can be had" in text
    assert '<option value="Standard_B2s">' in text


def test_a_wish_beyond_the_quota_makes_no_batch(connected: AzureSubscription, admin: User, client_of: ClientOf) -> None:
    asked = {"subscription": str(connected.pk), "name": "web", "image": "ubuntu-24.04", "region": "westeurope"}
    more = {"size": "Standard_D2s_v5", "count": 5, "disk_gib": 64}
    answer = client_of(admin).post("/azure/machines/new/", {**asked, **more})
    assert answer.status_code == 422
    assert "at most 4 machines" in answer.content.decode()
    assert not AzureBatch.objects.exists()
