"""Hosts and solutions exported: what they become, who may do it, and where the tokens are."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hosts.models import Application, AzureBatch, AzureSubscription, Enrolment, Host, Revision, Solution
from hosts.selectors.exports import shape_of_hosts
from portal.people.models import AuditEntry, Team, User
from tests.hosts.answers import Api, answer
from tests.people import make_host

ClientOf = Callable[[User | None], Client]
UBUNTU = {"os": "linux", "os_name": "Ubuntu 22.04.4 LTS", "architecture": "amd64"}


@pytest.fixture
def batch(team: Team) -> AzureBatch:
    subscription = AzureSubscription.objects.create(team=team, subscription_id="s", kind="cli")
    row: AzureBatch = AzureBatch.objects.create(
        team=team,
        subscription=subscription,
        name="shop",
        region="northeurope",
        image="ubuntu-24.04",
        size="Standard_B2s",
        zones=["1"],
        groups=[
            {
                "role": "web",
                "image": "ubuntu-24.04",
                "size": "Standard_D2s_v5",
                "count": 1,
                "disk_gib": 100,
                "open_ports": [80],
            }
        ],
        enrolment=Enrolment.objects.create(team=team, digest="d" * 64, expires_at="2030-01-01T00:00:00Z"),
    )
    return row


@pytest.fixture
def solution(batch: AzureBatch) -> Solution:
    application = Application.objects.create(team=batch.team, name="shop")
    values = {"DB_PASSWORD": "never exported", "DB_NAME": "wordpress"}
    Revision.objects.create(application=application, number=1, compose="services: {}\n", values=values, targets={})
    row: Solution = Solution.objects.create(
        team=batch.team, template="web-and-database", name="shop", batch=batch, application=application, state="ready"
    )
    return row


def parameters(files: dict[str, str]) -> dict[str, Any]:
    return {name: one["value"] for name, one in json.loads(files["parameters.json"])["parameters"].items()}


def test_hosts_of_one_kind_are_one_kind(team: Team) -> None:
    hosts = [make_host(team, f"node-{n}", **UBUNTU, labels={"zone": "north"}) for n in (1, 2)]
    shape = shape_of_hosts(hosts, name="copy")
    [kind] = shape.kinds
    assert (kind.wish.name, kind.wish.count, kind.wish.image) == ("copy", 2, "ubuntu-22.04")
    assert (kind.wish.size, kind.wish.region) == ("Standard_D4s_v5", "westeurope")  # 4 CPUs and 8 GiB
    assert kind.labels == {"zone": "north"}
    assert shape.hosts == {"": ("node-1", "node-2")}
    assert shape.warnings == ()


def test_windows_and_linux_and_other_labels_are_kinds_of_their_own(
    team: Team, linux_host: Host, windows_host: Host
) -> None:
    front = make_host(team, "front", **UBUNTU, labels={"role": "front"})
    shape = shape_of_hosts([linux_host, windows_host, front], name="copy", region="northeurope")
    assert {kind.wish.name: kind.wish.image for kind in shape.kinds} == {
        "copy-front": "ubuntu-22.04",
        "copy-lin": "ubuntu-24.04",
        "copy-win": "windows-2022",
    }
    assert {kind.wish.region for kind in shape.kinds} == {"northeurope"}
    assert [one for one in shape.warnings if "Debian" in one]


def test_a_host_from_azure_is_made_as_it_was(batch: AzureBatch) -> None:
    labels = {"azure": "shop", "azure-region": "northeurope", "io.pierhead.address": "10.42.0.4", "tier": "gold"}
    host = make_host(batch.team, "shop-web-1", **UBUNTU, labels=labels, enrolment=batch.enrolment)
    [kind] = shape_of_hosts([host], name="copy").kinds
    assert (kind.wish.size, kind.wish.disk_gib, kind.wish.zones) == ("Standard_D2s_v5", 100, ("1",))
    assert (kind.wish.region, kind.wish.open_ports) == ("northeurope", (80,))
    assert kind.labels == {"tier": "gold"}


def test_the_api_exports_hosts_without_a_secret(admin: User, linux_host: Host, windows_host: Host, api_of: Api) -> None:
    body = {"hosts": [linux_host.pk, windows_host.pk], "name": "copy", "region": "northeurope"}
    made = answer(api_of(admin).post("hosts/exports", body), 201)
    assert set(made["files"]) == {
        "template.json", "parameters.json", "linux-lin.sh", "cloud-init-lin.yaml", "windows-win.ps1", "README.md",
    }  # fmt: skip
    assert {one["parameter"]: one["token"] for one in made["kinds"]} == {
        "enrolmentTokenLin": None,
        "enrolmentTokenWin": None,
    }
    assert not Enrolment.objects.exists()
    assert parameters(made["files"])["region"] == "northeurope"
    assert AuditEntry.objects.filter(action="export.make").count() == 1


@pytest.mark.parametrize(("tokens", "inside"), [("apart", False), ("inside", True)])
def test_tokens_are_made_for_each_kind(
    admin: User, linux_host: Host, windows_host: Host, api_of: Api, tokens: str, inside: bool
) -> None:
    Host.objects.filter(pk=linux_host.pk).update(labels={"zone": "north"})
    body = {"hosts": [linux_host.pk, windows_host.pk], "name": "copy", "tokens": tokens, "ttl_seconds": 7200}
    made = answer(api_of(admin).post("hosts/exports", body), 201)
    linux = next(one for one in made["kinds"] if one["system"] == "linux")
    assert linux["token"].startswith("phe_")
    assert Enrolment.objects.count() == 2
    assert Enrolment.objects.get(labels={"zone": "north"}).uses == 1
    text = json.dumps(made["files"])
    assert (linux["token"] in text) is inside
    assert ("enrolmentTokenLin" in parameters(made["files"])) is inside
    assert linux["token"] not in json.dumps([entry.detail for entry in AuditEntry.objects.all()])


def test_a_solution_is_exported_with_its_application(admin: User, solution: Solution, api_of: Api) -> None:
    made = answer(api_of(admin).post(f"azure/solutions/{solution.pk}/exports", {"name": "again"}), 201)
    [kind] = made["kinds"]
    assert kind["labels"] == {"solution": "again", "role": "web"}
    assert kind["machines"] == "again-web"
    assert made["files"]["compose.yaml"] == "services: {}\n"
    assert "DB_PASSWORD=\n" in made["files"]["values.env"]
    assert "never exported" not in json.dumps(made)
    assert "solution=again" in made["files"]["README.md"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hosts": []}, "hosts"),
        ({"hosts": ["6f1c1c1e-0000-4000-8000-0000000000aa"]}, "hosts"),
        ({"name": "Not A Name"}, "name"),
        ({"name": "much-too-long"}, "name"),
        ({"region": "west europe"}, "region"),
        ({"tokens": "apart", "ttl_seconds": 5}, "ttl_seconds"),
        ({"tokens": "sometimes"}, "tokens"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    admin: User, linux_host: Host, api_of: Api, change: dict[str, Any], field: str
) -> None:
    problem = answer(api_of(admin).post("hosts/exports", {"hosts": [linux_host.pk], **change}), 422)
    assert any(field in name for name in problem["errors"]), problem


def test_a_windows_name_is_short(admin: User, windows_host: Host, linux_host: Host, api_of: Api) -> None:
    Host.objects.filter(pk=windows_host.pk).update(labels={"role": "front"})
    body = {"hosts": [windows_host.pk, linux_host.pk], "name": "nine-long"}
    assert "at most 7" in answer(api_of(admin).post("hosts/exports", body), 422)["detail"]


def test_hosts_of_two_teams_are_not_mixed(superuser: User, linux_host: Host, other_team: Team) -> None:
    other = make_host(other_team, "elsewhere", **UBUNTU)
    client = Client()
    client.force_login(superuser)
    page = client.get(f"/hosts/export/?host={linux_host.pk}&host={other.pk}")
    assert page.status_code == 422
    assert "one team" in page.content.decode()


def test_the_list_has_boxes_and_a_button_for_who_may(
    admin: User, viewer: User, linux_host: Host, client_of: ClientOf
) -> None:
    box = f'name="host" value="{linux_host.pk}" form="host-selection"'
    assert box in client_of(admin).get("/hosts/").content.decode()
    assert box not in client_of(viewer).get("/hosts/").content.decode()
    page = client_of(admin).get(f"/hosts/export/?host={linux_host.pk}").content.decode()
    assert "linux-host" in page
    assert "Choose at least one host" in client_of(admin).get("/hosts/export/").content.decode()


def test_the_page_gives_a_zip_and_shows_tokens_once(admin: User, linux_host: Host, client_of: ClientOf) -> None:
    form = {"host": str(linux_host.pk), "name": "copy", "region": "westeurope", "ttl_seconds": "3600"}
    shown = client_of(admin).post("/hosts/export/", {**form, "tokens": "apart"}).content.decode()
    assert "phe_" in shown
    assert "enrolmentToken" in shown
    file = client_of(admin).post("/hosts/export/", {**form, "tokens": "none"})
    assert file["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert "copy/template.json" in archive.namelist()
        assert all(b"phe_" not in archive.read(name).replace(b"phe_*", b"") for name in archive.namelist())
    wrong = client_of(admin).post("/hosts/export/", {**form, "name": "No", "tokens": "none"})
    assert wrong.status_code == 422
    assert "Two to nine small letters" in wrong.content.decode()


def test_a_solution_has_the_button(admin: User, viewer: User, solution: Solution, client_of: ClientOf) -> None:
    address = f"/azure/solutions/{solution.pk}/export/"
    assert address in client_of(admin).get(f"/azure/solutions/{solution.pk}/").content.decode()
    assert address not in client_of(viewer).get(f"/azure/solutions/{solution.pk}/").content.decode()
    assert "shop" in client_of(admin).get(address).content.decode()
    assert client_of(viewer).get(address).status_code == 403
