"""The list of hosts: what it shows at a glance, its filters, its pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import Host
from portal.people.models import Team
from tests.people import make_host

from .conftest import make_container


def test_a_host_shows_its_facts(full_host: Host, as_viewer: Client) -> None:
    text = as_viewer.get("/hosts/").content.decode()
    for words in ("linux-host", "Debian GNU/Linux 12", "Online", "20.10.24", "linux/amd64", "8.0\u00a0GiB", "0.1.0"):
        assert words in text


def test_running_of_all_containers_are_counted(full_host: Host, as_viewer: Client) -> None:
    make_container(full_host, "done", state="exited", exit_code=0)
    text = as_viewer.get("/hosts/").content.decode()
    assert '1<span class="unit">/ 2</span>' in text


def test_a_host_that_went_away_shows_since_when(team: Team, as_viewer: Client) -> None:
    long_ago = timezone.now() - timedelta(minutes=42)
    make_host(team, "gone", link="", last_seen_at=long_ago, observed_at=long_ago)
    text = as_viewer.get("/hosts/").content.decode()
    assert "Offline" in text
    assert "42 min ago" in text


def test_what_is_not_known_is_called_unknown(team: Team, as_viewer: Client) -> None:
    make_host(team, "new", link="", observed_at=None, last_seen_at=None, cpus=0, memory_bytes=0, engine_version="")
    text = as_viewer.get("/hosts/").content.decode()
    assert text.count('class="unknown"') >= 5
    assert "never heard from" in text


def test_an_engine_that_does_not_answer_is_marked(team: Team, as_viewer: Client) -> None:
    make_host(team, "broken", os="linux", engine_error="connection refused")
    assert "not answering" in as_viewer.get("/hosts/").content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=alp", {"alpha"}),
        ("os=windows", {"beta"}),
        ("state=offline", {"gamma"}),
        ("label=zone%3Deu", {"alpha", "gamma"}),
        ("label=zone", {"alpha", "beta", "gamma"}),
        ("q=nothing", set()),
        ("state=online&label=zone%3Deu", {"alpha"}),
    ],
)
def test_filters_are_in_the_address(query: str, shown: set[str], team: Team, as_viewer: Client) -> None:
    make_host(team, "alpha", os="linux", labels={"zone": "eu"})
    make_host(team, "beta", os="windows", labels={"zone": "us"})
    make_host(team, "gamma", os="linux", labels={"zone": "eu"}, link="")
    text = as_viewer.get(f"/hosts/?{query}").content.decode()
    assert {name for name in ("alpha", "beta", "gamma") if f">{name}</a>" in text} == shown


def test_the_live_part_keeps_the_filter(team: Team, as_viewer: Client) -> None:
    make_host(team, "alpha")
    text = as_viewer.get("/hosts/?q=alpha&state=").content.decode()
    assert 'data-live="/hosts/rows/?q=alpha"' in text


def test_no_match_offers_the_way_back(team: Team, as_viewer: Client) -> None:
    make_host(team, "alpha")
    text = as_viewer.get("/hosts/?q=zzz").content.decode()
    assert "No host matches" in text
    assert 'href="/hosts/"' in text


def test_the_first_host_is_one_step_away_for_an_admin_only(as_admin: Client, as_viewer: Client) -> None:
    assert 'href="/hosts/add/"' in as_admin.get("/hosts/").content.decode()
    text = as_viewer.get("/hosts/").content.decode()
    assert 'href="/hosts/add/"' not in text
    assert "Ask an admin" in text


def test_long_lists_come_in_pages(team: Team, as_viewer: Client) -> None:
    Host.objects.bulk_create(
        Host(team=team, name=f"host-{number:03}", public_key=f"{number:064x}") for number in range(60)
    )
    first = as_viewer.get("/hosts/")
    assert first.content.decode().count('id="host-') - first.content.decode().count('id="host-list"') == 50
    assert 'rel="next"' in first.content.decode()
    cursor = first.context["next"]
    second = as_viewer.get("/hosts/", {"cursor": cursor}).content.decode()
    assert "host-059" in second
    assert "host-000" not in second
    assert "To the start" in second


def test_a_cursor_that_is_not_ours_is_refused(team: Team, as_viewer: Client) -> None:
    assert as_viewer.get("/hosts/?cursor=nonsense").status_code == 422


def test_the_list_asks_the_database_a_fixed_number_of_times(
    team: Team, as_viewer: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        make_host(team, f"host-{number}", labels={"n": str(number)})
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        as_viewer.get("/hosts/")
