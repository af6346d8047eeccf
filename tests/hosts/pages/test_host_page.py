"""The page of one host, and what an admin can change about it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import Application, Host
from portal.people.models import AuditEntry, Team, User
from tests.people import make_host

from .conftest import make_container, make_deployment


def test_the_overview_tells_the_machine_and_what_it_holds(full_host: Host, as_viewer: Client) -> None:
    full_host.facts = {"storage_driver": "overlay2", "data_root_free_bytes": 183_000_000_000}
    full_host.save()
    text = as_viewer.get(f"/hosts/{full_host.pk}/").content.decode()
    for words in ("6.1.0-18-amd64", "API 1.41", "overlay2", "183\u00a0GB", "41.0\u00a0MB"):
        assert words in text


def test_applications_on_the_host_are_linked(shop: Application, full_host: Host, as_viewer: Client) -> None:
    assert f'href="/applications/{shop.pk}/"' in as_viewer.get(f"/hosts/{full_host.pk}/").content.decode()


def test_an_engine_error_comes_with_what_to_do(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "broken", os="linux", engine_error="connection refused")
    text = as_viewer.get(f"/hosts/{host.pk}/").content.decode()
    assert "connection refused" in text
    assert "systemctl start docker" in text


def test_windows_gets_its_own_remedy(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "broken", os="windows", engine_error="no pipe")
    assert "Start-Service docker" in as_viewer.get(f"/hosts/{host.pk}/").content.decode()


def test_a_conflict_is_shown_with_its_remedy(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "twin", conflict={"at": "", "address": "192.0.2.7", "detail": "A second machine came."})
    text = as_viewer.get(f"/hosts/{host.pk}/").content.decode()
    assert "A second machine came." in text
    assert "192.0.2.7" in text
    assert "key.json" in text


def test_a_host_without_a_connection_says_what_that_means(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "away", link="")
    assert "The host is not connected" in as_viewer.get(f"/hosts/{host.pk}/").content.decode()


def test_a_revoked_host_says_what_that_means(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "away", revoked_at=timezone.now())
    assert "The host is revoked" in as_viewer.get(f"/hosts/{host.pk}/").content.decode()


def test_a_silent_host_says_what_that_means(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "away", last_seen_at=timezone.now() - timedelta(seconds=30))
    assert "has gone quiet" in as_viewer.get(f"/hosts/{host.pk}/").content.decode()


def test_tabs_show_counts_and_filters(full_host: Host, as_viewer: Client) -> None:
    make_container(full_host, "other", image="redis:7")
    text = as_viewer.get(f"/hosts/{full_host.pk}/containers/?q=redis").content.decode()
    assert ">other</a>" in text
    assert ">shop-app-1</a>" not in text
    assert f'data-live="/hosts/{full_host.pk}/containers-rows/?q=redis"' in text


def test_images_networks_and_volumes_say_who_uses_them(full_host: Host, as_viewer: Client) -> None:
    images = as_viewer.get(f"/hosts/{full_host.pk}/images/").content.decode()
    assert "pierhead/web:1" in images
    assert "shop-app-1" in images
    volumes = as_viewer.get(f"/hosts/{full_host.pk}/volumes/").content.decode()
    assert "shop_data" in volumes
    assert "shop-app-1" in volumes
    assert "172.18.0.0/16" in as_viewer.get(f"/hosts/{full_host.pk}/networks/").content.decode()


def test_an_empty_tab_says_so(linux_host: Host, as_viewer: Client) -> None:
    for tab, words in (("containers", "No containers"), ("images", "No images"), ("volumes", "No volumes")):
        assert words in as_viewer.get(f"/hosts/{linux_host.pk}/{tab}/").content.decode()


def test_a_tab_of_a_host_never_heard_from_says_that(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "new", link="", observed_at=None, last_seen_at=None)
    assert "Nothing is known yet" in as_viewer.get(f"/hosts/{host.pk}/containers/").content.decode()


def test_only_an_admin_sees_how_to_change_the_host(linux_host: Host, as_admin: Client, as_deployer: Client) -> None:
    path = f"/hosts/{linux_host.pk}/"
    assert f'action="{path}remove/"' in as_admin.get(path).content.decode()
    text = as_deployer.get(path).content.decode()
    assert f'action="{path}remove/"' not in text
    assert f'href="{path}edit/"' not in text


def test_an_admin_renames_and_labels(linux_host: Host, as_admin: Client, admin: User) -> None:
    path = f"/hosts/{linux_host.pk}/edit/"
    assert "linux-host" in as_admin.get(path).content.decode()
    response = as_admin.post(path, {"name": "pier-9", "labels": "zone=eu, gpu"}, follow=True)
    assert "Name and labels of pier-9 are saved." in response.content.decode()
    linux_host.refresh_from_db()
    assert (linux_host.name, linux_host.labels) == ("pier-9", {"zone": "eu", "gpu": ""})
    assert AuditEntry.objects.filter(actor=admin, action__startswith="host.").count() == 2


def test_a_name_that_is_taken_is_said_beside_the_field(linux_host: Host, windows_host: Host, as_admin: Client) -> None:
    response = as_admin.post(f"/hosts/{linux_host.pk}/edit/", {"name": windows_host.name, "labels": "zone=eu"})
    assert response.status_code == 422
    assert 'value="zone=eu"' in response.content.decode()
    assert response.context["form"].errors
    linux_host.refresh_from_db()
    assert linux_host.name == "linux-host"


def test_labels_that_make_no_sense_are_kept_and_refused(linux_host: Host, as_admin: Client) -> None:
    response = as_admin.post(f"/hosts/{linux_host.pk}/edit/", {"name": "linux-host", "labels": "Not A Label"})
    assert response.status_code == 422
    assert "Not A Label" in response.content.decode()


def test_an_admin_revokes(linux_host: Host, as_admin: Client) -> None:
    response = as_admin.post(f"/hosts/{linux_host.pk}/revoke/", follow=True)
    assert "is shut out" in response.content.decode()
    linux_host.refresh_from_db()
    assert linux_host.revoked_at is not None


def test_an_admin_removes(linux_host: Host, as_admin: Client) -> None:
    response = as_admin.post(f"/hosts/{linux_host.pk}/remove/", follow=True)
    assert response.redirect_chain[-1][0] == "/hosts/"
    assert not Host.objects.filter(pk=linux_host.pk).exists()


def test_a_host_with_an_application_is_not_removed(shop: Application, full_host: Host, as_admin: Client) -> None:
    make_deployment(shop, full_host, "succeeded")
    response = as_admin.post(f"/hosts/{full_host.pk}/remove/")
    assert response.status_code == 409
    assert "shop" in response.content.decode()
    assert Host.objects.filter(pk=full_host.pk).exists()


@pytest.mark.parametrize("act", ["revoke", "remove"])
def test_acts_answer_to_post_alone(act: str, linux_host: Host, as_admin: Client) -> None:
    assert as_admin.get(f"/hosts/{linux_host.pk}/{act}/").status_code == 405


@pytest.mark.parametrize("act", ["edit", "revoke", "remove"])
def test_a_deployer_may_not_and_it_is_audited(act: str, linux_host: Host, as_deployer: Client) -> None:
    response = as_deployer.post(f"/hosts/{linux_host.pk}/{act}/", {"name": "x", "labels": ""})
    assert response.status_code == 403
    assert AuditEntry.objects.filter(result="denied").exists()


def test_acts_need_the_token_of_the_form(linux_host: Host, admin: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.post(f"/hosts/{linux_host.pk}/revoke/").status_code == 403
    linux_host.refresh_from_db()
    assert linux_host.revoked_at is None


def test_the_owners_policy_is_shown(team: Team, as_viewer: Client) -> None:
    path = "/etc/pierhead-agent/policy.toml"
    host = make_host(team, "ruled", facts={"policy": {"path": path, "rules": {"bind_roots": ["/srv"]}}})
    text = as_viewer.get(f"/hosts/{host.pk}/").content.decode()
    assert path in text
    assert "<code>bind_roots</code>" in text
    assert "/srv" in text


def test_a_policy_that_is_not_honoured_is_told(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "broken", facts={"policy": {"path": "/x", "trouble": "line 3: no"}})
    text = as_viewer.get(f"/hosts/{host.pk}/").content.decode()
    assert "Nothing is carried out on this host." in text
    assert "line 3: no" in text


def test_a_host_without_a_policy_says_where_one_goes(team: Team, as_viewer: Client) -> None:
    host = make_host(team, "free")
    assert "/etc/pierhead-agent/policy.toml" in as_viewer.get(f"/hosts/{host.pk}/").content.decode()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"agent_disk_full": True}, "The disk of the agent is full"),
        ({"data_root_free_bytes": 1}, "The disk of the Docker Engine is full"),
    ],
)
def test_a_full_disk_is_told_with_what_to_do(
    team: Team, as_viewer: Client, facts: dict[str, object], words: str
) -> None:
    host = make_host(team, "full", facts=facts)
    text = as_viewer.get(f"/hosts/{host.pk}/").content.decode()
    assert words in text
    assert "engine-agent doctor" in text
    assert f'href="/hosts/{host.pk}/housekeeping/"' in text


def test_a_disk_with_room_or_unknown_is_not_called_full(full_host: Host, as_viewer: Client) -> None:
    for free in (0, 300 * 2**20):
        Host.objects.filter(pk=full_host.pk).update(facts={"data_root_free_bytes": free})
        assert "is full" not in as_viewer.get(f"/hosts/{full_host.pk}/").content.decode()
