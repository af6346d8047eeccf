"""Adding a host: the command is shown once, and the page waits for the machine."""

import io
import zipfile
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from hosts.enrol_commands import enrol_commands
from hosts.models import Enrolment
from portal.people.models import Team, User
from tests.people import make_host

FORM = {"labels": "zone=eu", "ttl_seconds": "3600", "uses": "2"}


def made(client: Client, team: Team) -> tuple[str, Enrolment]:
    """The page that shows the command, and the enrolment behind it."""
    response = client.post("/hosts/add/", {**FORM, "team": team.pk})
    assert response.status_code == 200
    return response.content.decode(), Enrolment.objects.get()


def test_the_form_asks_for_team_labels_life_and_uses(as_admin: Client, team: Team) -> None:
    text = as_admin.get("/hosts/add/").content.decode()
    for name in ("team", "labels", "ttl_seconds", "uses"):
        assert f'name="{name}"' in text


def test_one_command_is_shown_once(as_admin: Client, team: Team) -> None:
    text, enrolment = made(as_admin, team)
    assert "/agent/install.sh" in text
    assert "--token phe_" in text
    assert "PowerShell" in text
    assert enrolment.labels == {"zone": "eu"}
    assert enrolment.uses == 2
    again = as_admin.get(f"/hosts/add/{enrolment.pk}/").content.decode()
    assert "phe_" not in again
    assert "shown once" in again


def test_the_page_with_the_command_is_never_stored(as_admin: Client, team: Team) -> None:
    response = as_admin.post("/hosts/add/", {**FORM, "team": team.pk})
    assert "no-store" in response["Cache-Control"]


def test_it_waits_until_the_host_appears(as_admin: Client, team: Team) -> None:
    text, enrolment = made(as_admin, team)
    assert "Waiting for the host" in text
    assert f'data-live="/hosts/add/{enrolment.pk}/status/"' in text
    host = make_host(team, "web-1", enrolment=enrolment)
    Enrolment.objects.update(used=1)
    text = as_admin.get(f"/hosts/add/{enrolment.pk}/status/").content.decode()
    assert "<strong>web-1</strong> is online" in text
    assert "1 more machine" in text
    assert f'href="/hosts/{host.pk}/"' in text


def test_a_host_that_enrolled_and_is_not_connected_is_not_called_online(as_admin: Client, team: Team) -> None:
    _text, enrolment = made(as_admin, team)
    make_host(team, "web-1", enrolment=enrolment, link="")
    assert "not connected yet" in as_admin.get(f"/hosts/add/{enrolment.pk}/status/").content.decode()


def test_it_can_be_revoked(as_admin: Client, team: Team) -> None:
    _text, enrolment = made(as_admin, team)
    response = as_admin.post(f"/hosts/add/{enrolment.pk}/revoke/", follow=True)
    assert "no longer works" in response.content.decode()
    enrolment.refresh_from_db()
    assert not enrolment.open
    assert "Revoked" in as_admin.get("/hosts/add/").content.decode()


def test_an_expired_command_is_called_expired(as_admin: Client, team: Team) -> None:
    _text, enrolment = made(as_admin, team)
    Enrolment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    text = as_admin.get(f"/hosts/add/{enrolment.pk}/").content.decode()
    assert "Expired" in text
    assert "Make a new one" in text


def test_wrong_input_is_kept_and_named(as_admin: Client, team: Team) -> None:
    response = as_admin.post("/hosts/add/", {"team": team.pk, "labels": "A B", "ttl_seconds": "3600", "uses": "0"})
    assert response.status_code == 422
    text = response.content.decode()
    assert 'value="A B"' in text
    assert set(response.context["form"].errors) == {"labels", "uses"}
    assert not Enrolment.objects.exists()


def test_a_team_of_others_cannot_be_chosen(as_admin: Client, other_team: Team) -> None:
    response = as_admin.post("/hosts/add/", {**FORM, "team": other_team.pk})
    assert response.status_code == 422
    assert not Enrolment.objects.exists()


def test_viewers_and_deployers_may_not(as_viewer: Client, as_deployer: Client, team: Team) -> None:
    for client in (as_viewer, as_deployer):
        assert client.get("/hosts/add/").status_code == 403
        assert client.post("/hosts/add/", {**FORM, "team": team.pk}).status_code == 403
    assert not Enrolment.objects.exists()


def test_another_teams_enrolment_is_not_there(as_admin: Client, as_stranger: Client, team: Team) -> None:
    _text, enrolment = made(as_admin, team)
    for path in ("", "status/"):
        assert as_stranger.get(f"/hosts/add/{enrolment.pk}/{path}").status_code == 404
    assert as_stranger.post(f"/hosts/add/{enrolment.pk}/revoke/").status_code == 404


def test_a_superuser_adds_to_every_team(client: Client, superuser: User, team: Team, other_team: Team) -> None:
    client.force_login(superuser)
    assert client.post("/hosts/add/", {**FORM, "team": other_team.pk}).status_code == 200


def test_commands_install_enrol_and_start() -> None:
    commands = enrol_commands("https://portal.example", "secret-token")
    assert commands.linux == ("curl -fsSL https://portal.example/agent/install.sh | sudo sh -s -- --token secret-token")
    assert commands.windows == (
        "& ([scriptblock]::Create((irm https://portal.example/agent/install.ps1))) -Token secret-token"
    )


def test_a_private_authority_is_believed_by_its_digest_alone() -> None:
    commands = enrol_commands("https://portal.example", "secret-token", ca_sha256="ab" * 32)
    for text in (commands.linux, commands.windows):
        assert "https://portal.example/agent/ca.pem" in text
        assert "ab" * 32 in text
        assert "\n" not in text
    assert commands.linux.index("sha256sum -c") < commands.linux.index("install.sh")
    assert '--cacert "$ca"' in commands.linux
    assert commands.linux.endswith('--token secret-token --ca "$ca"')
    assert commands.windows.index("Get-FileHash") < commands.windows.index("install.ps1")


def test_the_agents_package_needs_no_sign_in_and_holds_a_project(client: Client, db: None) -> None:
    response = client.get("/agent/engine-agent.zip")
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = set(archive.namelist())
    assert {"engine_agent/pyproject.toml", "engine_agent/__init__.py", "engine_agent/protocol/codec.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("engine_agent/build")]
