"""The public paths of hosts and what they hold, as scripts use them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hosts.models import Container, Host
from portal.people.models import User
from tests.hosts.answers import Api, answer
from tests.people import make_host


def test_hosts_with_state_and_age(viewer: User, linux_host: Host, windows_host: Host, api_of: Api) -> None:
    Host.objects.filter(pk=windows_host.pk).update(link="", observed_at=timezone.now() - timedelta(hours=1))
    linux, windows = answer(api_of(viewer).get("hosts"))["items"]
    assert (linux["name"], linux["state"], linux["fresh"]) == ("linux-host", "online", True)
    assert linux["age_seconds"] < 5
    assert linux["engine"] == {
        "id": linux_host.engine_id,
        "version": "20.10.24",
        "api_version": "1.41",
        "error": "",
    }
    assert (windows["state"], windows["fresh"], windows["os_version"]) == ("offline", False, "10.0.20348.2655")
    assert windows["age_seconds"] > 3500


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["linux-host", "old", "windows-host"]),
        ("?q=win", ["windows-host"]),
        ("?os=linux", ["linux-host"]),
        ("?state=online", ["linux-host", "windows-host"]),
        ("?state=offline", ["old"]),
        ("?state=nonsense", []),
        ("?label=zone", ["old"]),
        ("?label=zone=north", ["old"]),
        ("?label=zone=south", []),
    ],
)
def test_filters_of_hosts(
    viewer: User, linux_host: Host, windows_host: Host, api_of: Api, query: str, names: list[str]
) -> None:
    make_host(linux_host.team, "old", link="", labels={"zone": "north"})
    assert [host["name"] for host in answer(api_of(viewer).get(f"hosts{query}"))["items"]] == names


def test_hosts_come_in_pages(viewer: User, linux_host: Host, api_of: Api) -> None:
    for number in range(4):
        make_host(linux_host.team, f"more-{number}")
    seen, cursor = [], ""
    while True:
        page = answer(api_of(viewer).get(f"hosts?limit=2{cursor}"))
        seen += [host["name"] for host in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["linux-host", "more-0", "more-1", "more-2", "more-3"]


def test_counts_of_containers(viewer: User, web: Container, api_of: Api) -> None:
    Container.objects.create(
        host=web.host, cid="c" * 64, name="old", image="x", image_id="x", state="exited", observed_at=timezone.now()
    )
    host = answer(api_of(viewer).get(f"hosts/{web.host_id}"))
    assert (host["containers"], host["running"]) == (2, 1)


def test_renaming_and_labelling(admin: User, linux_host: Host, windows_host: Host, api_of: Api) -> None:
    client = api_of(admin)
    path = f"hosts/{linux_host.pk}"
    changed = answer(client.patch(path, {"name": " north  1 ", "labels": {"zone": "north"}}))
    assert (changed["name"], changed["labels"]) == ("north 1", {"zone": "north"})
    taken = answer(client.patch(path, {"name": "windows-host"}), 409)
    assert (taken["code"], list(taken["errors"])) == ("name-taken", ["name"])
    assert answer(client.patch(path, {"name": ""}), 422)["errors"]["name"]
    assert answer(client.patch(path, {"colour": "red"}), 422)["errors"]["colour"]


def test_revoking_and_removing(admin: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(admin)
    path = f"hosts/{linux_host.pk}"
    assert answer(client.patch(path, {"revoked": True}))["state"] == "revoked"
    assert answer(client.patch(path, {"revoked": False}), 409)["code"] == "host-revoked"
    answer(client.delete(path), 204)
    assert answer(client.get(path), 404)["code"] == "not-found"


@pytest.mark.parametrize("host_id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_hosts_that_are_not_there(viewer: User, api_of: Api, host_id: str) -> None:
    answer(api_of(viewer).get(f"hosts/{host_id}"), 404)


def test_the_mirror_of_a_host(viewer: User, linux_host: Host, api_of: Api) -> None:
    now = timezone.now()
    linux_host.images.create(image_id="sha256:1", tags=["nginx:1"], digests=[], size=5, observed_at=now)
    linux_host.networks.create(network_id="n", name="bridge", driver="bridge", scope="local", observed_at=now)
    linux_host.volumes.create(name="data", driver="local", observed_at=now)
    client = api_of(viewer)
    [image] = answer(client.get(f"hosts/{linux_host.pk}/images?q=ngi"))["items"]
    assert (image["id"], image["tags"], image["size"]) == ("sha256:1", ["nginx:1"], 5)
    [network] = answer(client.get(f"hosts/{linux_host.pk}/networks"))["items"]
    assert (network["name"], network["driver"]) == ("bridge", "bridge")
    [volume] = answer(client.get(f"hosts/{linux_host.pk}/volumes"))["items"]
    assert volume["name"] == "data"
    assert volume["observed_at"]
    assert answer(client.get(f"hosts/{linux_host.pk}/images?q=other"))["items"] == []


def test_an_image_in_use_is_not_removed(deployer: User, web: Container, api_of: Api) -> None:
    web.host.images.create(image_id="sha256:1", tags=["nginx:1", "nginx:2"], observed_at=timezone.now())
    path = f"hosts/{web.host_id}/images/sha256:1"
    client = api_of(deployer)
    assert answer(client.delete(path), 409)["code"] == "image-in-use"
    assert answer(client.delete(f"{path}?reference=nginx:2"), 202)["summary"] == "Remove image nginx:2"
    assert answer(client.delete(f"{path}?reference=other:1"), 404)
