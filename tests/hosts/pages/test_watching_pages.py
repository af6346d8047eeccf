"""The pages around logs, terminals, stats and files, as the server renders them."""

import json
import re

from django.test import Client

from hosts.models import Application, Container, Host
from portal.people.models import User
from tests.hosts.pages.conftest import make_container

CID = "ab" * 32


def sources(page: str) -> list[dict[str, object]]:
    """What the page hands to its script."""
    found = re.search(r'<script id="log-sources" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    listed: list[dict[str, object]] = json.loads(found[1])
    return listed


def web(host: Host, name: str = "web", cid: str = CID) -> Container:
    return make_container(host, name, cid=cid, project="shop", service=name)


def test_a_container_has_its_tabs_by_role(linux_host: Host, viewer: User, deployer: User, client: Client) -> None:
    web(linux_host)
    address = f"/hosts/{linux_host.pk}/containers/{CID}/logs/"
    client.force_login(viewer)
    page = client.get(address).content.decode()
    assert "/stats/" in page
    assert "/terminal/" not in page
    client.force_login(deployer)
    page = client.get(address).content.decode()
    assert "/terminal/" in page
    assert "/files/" in page


def test_logs_of_an_application_are_of_all_its_containers(linux_host: Host, viewer: User, client: Client) -> None:
    application = Application.objects.create(team=linux_host.team, name="shop")
    web(linux_host)
    web(linux_host, "db", "cd" * 32)
    client.force_login(viewer)
    page = client.get(f"/logs/?application={application.pk}").content.decode()
    assert [one["name"] for one in sources(page)] == ["db", "web"]


def test_logs_of_chosen_containers_once_each(linux_host: Host, viewer: User, client: Client) -> None:
    web(linux_host)
    client.force_login(viewer)
    chosen = f"{linux_host.pk}:{CID}"
    page = client.get(f"/logs/?c={chosen}&c={chosen}").content.decode()
    assert len(sources(page)) == 1
    assert client.get("/logs/?c=nonsense").status_code == 404
    assert client.get(f"/logs/?c={linux_host.pk}:absent").status_code == 404


def test_containers_to_choose_from(linux_host: Host, viewer: User, stranger: User, client: Client) -> None:
    web(linux_host)
    client.force_login(viewer)
    assert f'value="{linux_host.pk}:{CID}"' in client.get(f"/logs/?host={linux_host.pk}").content.decode()
    assert f'value="{linux_host.pk}:{CID}"' not in client.get("/logs/?q=other").content.decode()
    client.force_login(stranger)
    assert CID not in client.get("/logs/").content.decode()
    assert client.get(f"/logs/?host={linux_host.pk}").status_code == 404


def test_names_cannot_break_out_of_the_page(linux_host: Host, viewer: User, client: Client) -> None:
    web(linux_host, "</script><b>")
    client.force_login(viewer)
    page = client.get(f"/hosts/{linux_host.pk}/containers/{CID}/logs/").content.decode()
    assert "</script><b>" not in page
    assert sources(page)[0]["name"] == "</script><b>"


def test_windows_hosts_offer_their_own_shells(windows_host: Host, deployer: User, client: Client) -> None:
    web(windows_host)
    client.force_login(deployer)
    page = client.get(f"/hosts/{windows_host.pk}/containers/{CID}/terminal/").content.decode()
    assert 'value="powershell"' in page
    assert 'value="bash"' not in page


def test_files_say_that_the_host_cannot_be_asked(linux_host: Host, deployer: User, client: Client) -> None:
    web(linux_host)
    client.force_login(deployer)
    answer = client.get(f"/hosts/{linux_host.pk}/containers/{CID}/files/?path=/etc")
    assert answer.status_code == 503
    assert "/etc" in answer.content.decode()


def test_a_volume_leads_to_a_container_that_mounts_it(linux_host: Host, deployer: User, client: Client) -> None:
    container = web(linux_host)
    container.mounts = [{"type": "volume", "name": "data", "target": "/var/data", "read_only": False}]
    container.save()
    client.force_login(deployer)
    answer = client.get(f"/hosts/{linux_host.pk}/volumes/data/files/")
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"{CID}/files/?path=/var/data")
    missing = client.get(f"/hosts/{linux_host.pk}/volumes/other/files/")
    assert missing.status_code == 404
    assert "No container mounts this volume" in missing.content.decode()
