"""Letting hosts in, on pages and over the API: tokens, the waiting room, conflicts, keys, a clock that is wrong."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from hosts.models import Command, Enrolment, Host, HostAdmission
from hosts.services.enrolments import enrolment_create
from portal.people.access import actor_for_user
from portal.people.models import Team, User
from tests.people import ApiClient

Api = Callable[[User | None], ApiClient]


@pytest.fixture
def newcomer(linux_host: Host) -> Host:
    """A host that waits for approval."""
    Host.objects.filter(pk=linux_host.pk).update(waiting_since=timezone.now(), address="192.0.2.7")
    linux_host.refresh_from_db()
    return linux_host


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def body_of(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return dict(json.loads(answer.content))


def test_tokens_are_listed_with_what_is_left_of_them(team: Team, admin: User, as_admin: Client) -> None:
    fresh, _ = enrolment_create(team=team, actor=actor_for_user(admin), uses=5)
    Enrolment.objects.filter(pk=fresh.pk).update(used=2)
    spent, _ = enrolment_create(team=team, actor=actor_for_user(admin))
    Enrolment.objects.filter(pk=spent.pk).update(used=1)
    late, _ = enrolment_create(team=team, actor=actor_for_user(admin))
    Enrolment.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    text = read(as_admin, "/hosts/enrolments/")
    assert '3<span class="unit">/ 5</span>' in text
    for word in ("Valid", "Used", "Expired"):
        assert word in text
    assert f'formaction="/hosts/add/{fresh.pk}/revoke/"' in text
    assert f"/hosts/add/{spent.pk}/revoke/" not in text
    assert f"/hosts/add/{late.pk}/revoke/" not in text


def test_the_page_is_for_those_who_manage_hosts(as_deployer: Client, as_viewer: Client) -> None:
    assert as_deployer.get("/hosts/enrolments/").status_code == 403
    assert as_viewer.get("/hosts/enrolments/rows/").status_code == 403


def test_a_team_asks_for_approval_and_leaves_it_again(team: Team, as_admin: Client, as_deployer: Client) -> None:
    path = f"/hosts/admission/{team.slug}/"
    assert f'formaction="{path}?approval=1"' in read(as_admin, "/hosts/enrolments/")
    assert as_deployer.post(f"{path}?approval=1").status_code == 403
    assert as_admin.post(f"{path}?approval=1").status_code == 302
    assert HostAdmission.objects.get().approval
    assert f'formaction="{path}?approval=0"' in read(as_admin, "/hosts/enrolments/rows/")
    as_admin.post(f"{path}?approval=0")
    assert not HostAdmission.objects.get().approval


def test_who_waits_is_shown_with_what_to_do(newcomer: Host, as_admin: Client, as_viewer: Client) -> None:
    for path in (f"/hosts/{newcomer.pk}/", "/hosts/enrolments/"):
        text = read(as_admin, path)
        assert f'formaction="/hosts/{newcomer.pk}/approve/"' in text
        assert f'formaction="/hosts/{newcomer.pk}/refuse/"' in text
        assert "192.0.2.7" in text
    seen = read(as_viewer, f"/hosts/{newcomer.pk}/")
    assert "waits to be approved" in seen
    assert "/approve/" not in seen
    assert "Waiting for approval" in read(as_viewer, "/hosts/?state=waiting")


@pytest.mark.parametrize(("act", "state"), [("approve", "online"), ("refuse", "revoked")])
def test_deciding_on_the_page(
    newcomer: Host, as_admin: Client, as_deployer: Client, as_stranger: Client, act: str, state: str
) -> None:
    path = f"/hosts/{newcomer.pk}/{act}/"
    assert as_deployer.post(path).status_code == 403
    assert as_stranger.post(path).status_code == 404
    assert as_admin.post(path).status_code == 302
    newcomer.refresh_from_db()
    assert newcomer.state == state
    assert as_admin.post(path).status_code == 409


def test_a_conflict_comes_with_a_remedy_and_with_actions(linux_host: Host, as_admin: Client, as_viewer: Client) -> None:
    detail = "Another agent process with the identity of linux-host is connected."
    Host.objects.update(conflict={"at": timezone.now().isoformat(), "address": "192.0.2.9", "detail": detail})
    text = read(as_admin, f"/hosts/{linux_host.pk}/")
    for words in (detail, "192.0.2.9", "delete the agent&#x27;s state folder", "have this host change its key"):
        assert words in text or words.replace("&#x27;", "'") in text
    assert f'formaction="/hosts/{linux_host.pk}/rotate-key/"' in text
    assert f'formaction="/hosts/{linux_host.pk}/conflict/"' in text
    assert "/conflict/" not in read(as_viewer, f"/hosts/{linux_host.pk}/")
    as_admin.post(f"/hosts/{linux_host.pk}/conflict/")
    assert detail not in read(as_admin, f"/hosts/{linux_host.pk}/")


def test_asking_for_a_new_key(linux_host: Host, as_admin: Client, as_deployer: Client) -> None:
    path = f"/hosts/{linux_host.pk}/rotate-key/"
    assert as_deployer.post(path).status_code == 403
    assert as_admin.post(path).status_code == 302
    assert Command.objects.get().kind == "rotate_key"
    assert as_admin.post(path).status_code == 409
    Host.objects.update(next_public_key="ab" * 32)
    assert "a new one waits for its first connection" in read(as_admin, f"/hosts/{linux_host.pk}/")


@pytest.mark.parametrize(
    ("skew", "words"),
    [(4000.0, "wrong by 1 h 6 min"), (-45.0, "behind the portal"), (12.0, ""), (0.0, "")],
)
def test_a_clock_that_is_wrong_is_told(linux_host: Host, as_viewer: Client, skew: float, words: str) -> None:
    Host.objects.update(clock_skew=skew)
    text = read(as_viewer, f"/hosts/{linux_host.pk}/")
    assert ("The clock of the host is wrong" in text) is bool(words)
    assert words in text


def test_the_same_over_the_api(newcomer: Host, admin: User, deployer: User, api_of: Api) -> None:
    api, slug = api_of(admin), newcomer.team.slug
    assert body_of(api.get(f"teams/{slug}/host-admission")) == {"approval": False}
    assert body_of(api.call("PUT", f"teams/{slug}/host-admission", {"approval": True})) == {"approval": True}
    assert api_of(deployer).call("PUT", f"teams/{slug}/host-admission", {"approval": False}).status_code == 403
    seen = body_of(api.get(f"hosts/{newcomer.pk}"))
    assert (seen["state"], bool(seen["waiting_since"]), seen["clock_skew_seconds"]) == ("waiting", True, 0.0)
    assert body_of(api.get("hosts?state=waiting"))["items"][0]["id"] == str(newcomer.pk)
    assert api_of(deployer).post(f"hosts/{newcomer.pk}/approve").status_code == 403
    assert body_of(api.post(f"hosts/{newcomer.pk}/approve"))["state"] == "online"
    assert body_of(api.post(f"hosts/{newcomer.pk}/refuse"), 409)["code"] == "host-not-waiting"
    assert body_of(api.post(f"hosts/{newcomer.pk}/rotate-key"), 202)["kind"] == "rotate_key"
    assert api.delete(f"hosts/{newcomer.pk}/conflict").status_code == 204
