"""How services of one application find each other across hosts."""

import json
from typing import Any

import pytest

from hosts import engine_body, planning
from hosts.observed import ObservedHost
from hosts.plan_types import PlanRefused, Refusal
from hosts.planning import Planned
from hosts.wanted import Wanted
from tests.hosts.shapes import host, image, wanted

LINUX = host("lin", address="10.0.0.1")
OTHER = host("win", architecture="s390x", address="10.0.0.2")


def mixed(**iis: Any) -> Wanted:
    """web on one host needs iis, which runs on another kind of machine only."""
    services = {"web": {"image": "nginx:1", "depends_on": ["iis"]}, "iis": {"image": "iis:1", **iis}}
    return wanted(json.dumps({"services": services}), image("iis:1", "linux/s390x"))


def made(wish: Wanted, *hosts: ObservedHost) -> Planned:
    return planning.make_whole(wish, hosts or (LINUX, OTHER))


def refused(wish: Wanted, *hosts: ObservedHost) -> Refusal:
    with pytest.raises(PlanRefused) as caught:
        made(wish, *hosts)
    [refusal] = caught.value.refusals
    return refusal


def test_the_address_comes_as_extra_host_and_environment() -> None:
    planned = made(mixed(ports=["8080:80"]))
    [web] = planned.shares[LINUX.id]
    assert web.service.hosts == ("iis:10.0.0.2",)
    assert web.service.environment == {"IIS_HOST": "10.0.0.2", "IIS_PORT": "8080"}
    [iis] = planned.shares[OTHER.id]
    assert (iis.service.hosts, iis.service.environment) == ((), {})


def test_the_plan_says_why() -> None:
    plan = made(mixed(ports=["8080:80"])).plan
    [way] = plan.meetings
    assert (way.service, way.host, way.other, way.other_host, way.port) == ("web", "lin", "iis", "win", 8080)
    assert "no network joins the two hosts" in way.detail
    assert "8080 there, not 80; IIS_PORT tells it" in way.detail
    assert way.detail in plan.warnings
    assert plan.as_json()["meetings"][0]["address"] == "10.0.0.2"


def test_what_the_container_gets_is_in_its_hash() -> None:
    planned = made(mixed(ports=["8080:80"]))
    [web] = planned.shares[LINUX.id]
    body = engine_body.container_body(mixed().project, web.service, 1, "sha256:" + "a" * 64)
    [container] = planned.plan.hosts[0].containers
    assert container.config_hash == engine_body.config_hash(body)


def test_what_the_service_sets_itself_is_left_alone() -> None:
    services = {
        "web": {
            "image": "nginx:1",
            "depends_on": ["my-iis"],
            "environment": {"MY_IIS_HOST": "mine"},
            "extra_hosts": ["my-iis:1.2.3.4"],
        },
        "my-iis": {"image": "iis:1", "ports": ["80:80"]},
    }
    wish = wanted(json.dumps({"services": services}), image("iis:1", "linux/s390x"))
    [web] = made(wish).shares[LINUX.id]
    assert web.service.hosts == ("my-iis:1.2.3.4",)
    assert web.service.environment == {"MY_IIS_HOST": "mine", "MY_IIS_PORT": "80"}


@pytest.mark.parametrize("ports", [[], ["80"], ["127.0.0.1:8080:80"], ["8080-8090:80"]])
def test_without_a_port_that_others_reach_it_is_refused_with_the_remedy(ports: list[str]) -> None:
    refusal = refused(mixed(ports=ports))
    assert (refusal.code, refusal.service, refusal.host) == ("no-published-port", "web", "lin")
    assert "Publish one (ports: “" in refusal.detail


def test_without_an_address_it_is_refused_with_the_remedy() -> None:
    refusal = refused(mixed(ports=["80:80"]), LINUX, host("win", architecture="s390x"))
    assert refusal.code == "host-address-unknown"
    assert "io.pierhead.address" in refusal.detail


def test_a_job_that_must_complete_needs_no_way() -> None:
    services = {
        "web": {"image": "nginx:1", "depends_on": {"job": {"condition": "service_completed_successfully"}}},
        "job": {"image": "iis:1"},
    }
    wish = wanted(json.dumps({"services": services}), image("iis:1", "linux/s390x"))
    planned = made(wish)
    assert planned.plan.meetings == ()
    assert [batch.text for batch in planned.plan.batches] == ["shop-job-1 on win", "shop-web-1 on lin"]


def test_on_one_host_the_network_does_it() -> None:
    services = {"web": {"image": "nginx:1", "depends_on": ["db"]}, "db": {"image": "nginx:1"}}
    planned = made(wanted(json.dumps({"services": services})), LINUX)
    assert planned.plan.meetings == ()
    assert all(one.service.environment == {} for one in planned.shares[LINUX.id])


def test_a_port_bound_to_one_address_is_reached_there() -> None:
    [way] = made(mixed(ports=["192.168.7.7:80:80"])).plan.meetings
    assert (way.address, way.port) == ("192.168.7.7", 80)
