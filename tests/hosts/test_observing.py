"""What planning gets to see of the mirror."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from hosts.models import Container, Host, Image, Network, Volume
from hosts.observed import ObservedVolume
from hosts.services.observing import observe
from portal.people.models import Team
from tests.hosts.deploying import make, start
from tests.people import make_host

pytestmark = pytest.mark.django_db
Queries = Callable[[int], Any]


def container(host: Host, name: str, **more: Any) -> Container:
    values: dict[str, Any] = {"image": "nginx:1", "image_id": "sha256:1", "state": "running", "project": ""} | more
    return Container.objects.create(
        host=host, cid=f"{name}.".ljust(64, "0"), name=name, observed_at=timezone.now(), **values
    )


def seen(host: Host, project: str = "shop") -> set[str]:
    (found,) = observe(hosts=[host], project=project, references=["nginx:1"])
    return {one.name for one in found.containers}


def test_containers_of_the_project_are_seen_in_every_state(linux_host: Host) -> None:
    for state in ("running", "exited", "created"):
        container(linux_host, f"shop-{state}", state=state, project="shop")
    assert seen(linux_host) == {"shop-running", "shop-exited", "shop-created"}


def test_others_are_seen_while_they_may_hold_ports(linux_host: Host) -> None:
    container(linux_host, "mail", project="mail", ports=[{"published": 25, "protocol": "tcp", "address": ""}])
    container(linux_host, "old", project="mail", state="exited")
    assert seen(linux_host) == {"mail"}


def test_each_is_seen_once(linux_host: Host) -> None:
    container(linux_host, "shop-web-1", project="shop", service="web")
    (found,) = observe(hosts=[linux_host], project="shop", references=[])
    assert [one.name for one in found.containers] == ["shop-web-1"]


def test_tasks_of_a_swarm_are_its_managers(linux_host: Host) -> None:
    container(linux_host, "shop.1", project="shop", labels={"com.docker.swarm.task.id": "t1"})
    container(linux_host, "shop-web-1", project="shop", labels={"com.docker.compose.container-number": "2"})
    (found,) = observe(hosts=[linux_host], project="shop", references=[])
    assert [(one.name, one.number) for one in found.containers] == [("shop-web-1", 2)]


def test_images_by_what_is_asked_for_and_the_rest_by_name(linux_host: Host) -> None:
    now = timezone.now()
    for image_id, tag in (("sha256:1", "nginx:1"), ("sha256:2", "redis:7")):
        Image.objects.create(host=linux_host, image_id=image_id, tags=[tag], observed_at=now, size=1)
    Network.objects.create(host=linux_host, network_id="n1", name="bridge", driver="bridge", observed_at=now)
    for name in ("data", "other"):
        Volume.objects.create(host=linux_host, name=name, driver="local", options={"size": "1G"}, observed_at=now)
    (found,) = observe(hosts=[linux_host], project="shop", references=["nginx:1"], volumes=["data", "absent"])
    assert [one.image_id for one in found.images] == ["sha256:1"]
    assert found.networks == ("bridge",)
    assert found.volumes == {"data": ObservedVolume("local", {"size": "1G"}, {})}


def test_the_number_of_questions_does_not_grow(
    linux_host: Host, windows_host: Host, django_assert_num_queries: Queries
) -> None:
    for number in range(20):
        container(linux_host, f"one-{number}")
    with django_assert_num_queries(4):
        assert len(observe(hosts=[linux_host], project="shop", references=[], volumes=["data"])) == 1
    with django_assert_num_queries(4):
        assert len(observe(hosts=[linux_host, windows_host], project="shop", references=[], volumes=["data"])) == 2


def test_a_host_that_the_project_leaves_is_in_the_plan(team: Team, linux_host: Host) -> None:
    for name, more in (("left", {}), ("away", {"linked_at": None, "link": ""})):
        container(make_host(team, name, os="linux", architecture="amd64", **more), "shop-web-1", project="shop")
    deployment = start(make(team, targets={"hosts": [str(linux_host.pk)]}))
    assert {host["host"] for host in deployment.plan["hosts"]} == {linux_host.name, "left"}
    assert deployment.plan["warnings"] == ["away is offline and keeps its containers of shop for now."]


def test_a_host_of_another_team_is_not(team: Team, other_team: Team, linux_host: Host) -> None:
    container(
        make_host(other_team, "theirs", os="linux", architecture="amd64"), "shop-web-1", project="shop", service="web"
    )
    deployment = start(make(team, targets={"hosts": [str(linux_host.pk)]}))
    assert {host["host"] for host in deployment.plan["hosts"]} == {linux_host.name}
