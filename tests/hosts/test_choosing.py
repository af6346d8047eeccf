"""Where replicas go: constraints, spread and pack, limits per host, one on each host."""

from dataclasses import replace
from typing import Any

import pytest

from gallery.compose.types import Placement
from hosts import planning
from hosts.observed import ObservedHost
from hosts.plan_types import Plan, PlanRefused, Refusal
from hosts.wanted import PACK, SPREAD, Wanted
from tests.hosts.shapes import holder, host, local, one, running, wanted


def placed(plan: Plan) -> dict[str, list[str]]:
    """Host -> names of the containers that shall be there."""
    return {planned.host: [one.name for one in planned.containers if one.action != "remove"] for planned in plan.hosts}


ANYWHERE = Placement()


def wish(placement: Placement = ANYWHERE, strategy: str = PACK, **attributes: Any) -> Wanted:
    """The one service of tests/hosts/shapes.py with a placement of its own."""
    given = {name: attributes.pop(name) for name in ("mode", "replicas") if name in attributes}
    found = wanted(one(**attributes))
    service = replace(found.project.service("web"), placement=placement, **given)
    return replace(found, project=replace(found.project, services=(service,)), strategy=strategy)


def refusals(wish: Wanted, *hosts: ObservedHost) -> tuple[Refusal, ...]:
    with pytest.raises(PlanRefused) as caught:
        planning.make(wish, hosts)
    return caught.value.refusals


TWO = (host("a"), host("b"))


def test_a_constraint_picks_the_host() -> None:
    there = (host("a", labels={"disk": "slow"}), host("b", labels={"disk": "fast"}))
    plan = planning.make(wish(Placement(("node.labels.disk == fast",))), there)
    assert placed(plan) == {"b": ["shop-web-1"]}


def test_a_constraint_that_no_host_meets_is_refused_with_each_reason() -> None:
    found = refusals(wish(Placement(("node.labels.disk == fast",))), *TWO)
    assert [refusal.code for refusal in found] == ["constraint-unmet", "constraint-unmet"]
    assert "node.labels.disk == fast" in found[0].detail


def test_a_constraint_that_is_none_is_refused() -> None:
    assert refusals(wish(Placement(("disk fast",))), *TWO)[0].code == "constraint-invalid"
    assert refusals(wish(Placement(spread=("zone",))), *TWO)[0].code == "constraint-invalid"


def test_packed_replicas_keep_together_and_spread_ones_apart() -> None:
    assert placed(planning.make(wish(replicas=3), TWO)) == {"a": ["shop-web-1", "shop-web-2", "shop-web-3"]}
    plan = planning.make(wish(strategy=SPREAD, replicas=3), TWO)
    assert placed(plan) == {"a": ["shop-web-1", "shop-web-3"], "b": ["shop-web-2"]}


def test_a_preference_spreads_over_the_values_of_a_label() -> None:
    there = tuple(host(name, labels={"zone": zone}) for name, zone in [("a", "n"), ("b", "n"), ("c", "s")])
    plan = planning.make(wish(Placement(spread=("node.labels.zone",)), replicas=4), there)
    assert placed(plan) == {
        "a": ["shop-web-1", "shop-web-4"] if "shop-web-4" in placed(plan)["a"] else ["shop-web-1"],
        "b": placed(plan)["b"],
        "c": ["shop-web-2", "shop-web-4"] if "shop-web-4" in placed(plan)["c"] else ["shop-web-2"],
    }
    assert len(placed(plan)["c"]) == 2, "two in each zone"


def test_a_limit_per_host_sends_the_rest_elsewhere() -> None:
    plan = planning.make(wish(Placement(max_per_host=1), replicas=2), TWO)
    assert placed(plan) == {"a": ["shop-web-1"], "b": ["shop-web-2"]}
    [first, *_] = refusals(wish(Placement(max_per_host=1), replicas=3), *TWO)
    assert first.code == "replicas-too-many"
    assert "at most 1 times on one host" in first.detail


def test_replicas_with_a_fixed_port_go_one_to_a_host() -> None:
    base = wish(ports=["8080:80"])
    twice = replace(base.project, services=(replace(base.project.service("web"), replicas=2),))
    assert placed(planning.make(replace(base, project=twice), TWO)) == {"a": ["shop-web-1"], "b": ["shop-web-2"]}


def test_a_global_service_runs_once_on_each_host_that_fits() -> None:
    there = (host("a"), host("b", architecture="s390x"), host("c"))
    assert placed(planning.make(wish(mode="global"), there)) == {"a": ["shop-web-1"], "c": ["shop-web-2"]}


def test_a_global_service_keeps_its_numbers_when_a_host_joins() -> None:
    every = wish(mode="global")
    there = (host("a"), host("b", containers=(running(every),), images=(local(),)))
    plan = planning.make(every, there)
    assert placed(plan) == {"a": ["shop-web-2"], "b": ["shop-web-1"]}
    assert [one.action for one in plan.hosts[1].containers] == ["keep"]


def test_a_replica_stays_where_it_runs() -> None:
    base = wish(strategy=SPREAD, replicas=2)
    there = (host("a"), host("b", containers=(running(base),)), host("c", containers=(running(base, number=2),)))
    assert placed(planning.make(base, there)) == {"b": ["shop-web-1"], "c": ["shop-web-2"]}


def test_scaling_down_removes_the_highest_numbers() -> None:
    base = wish(replicas=1)
    left = tuple(running(base, number=number) for number in (1, 2, 3))
    plan = planning.make(base, [host(containers=left, images=(local(),))])
    assert [(one.name, one.action) for one in plan.hosts[0].containers] == [
        ("shop-web-1", "keep"),
        ("shop-web-2", "remove"),
        ("shop-web-3", "remove"),
    ]


def test_a_replica_that_moves_is_said_to_move() -> None:
    base = wish(Placement(max_per_host=1), replicas=2)
    both = (running(base), running(base, number=2))
    plan = planning.make(base, [host("a", containers=both, images=(local(),)), host("b")])
    gone = [one for one in plan.hosts[0].containers if one.action == "remove"]
    assert [(one.name, one.reason) for one in gone] == [("shop-web-2", "This replica runs on another host now.")]


def test_memory_that_is_left_counts() -> None:
    text = '{"services": {"a": {"image": "nginx:1", "mem_limit": "6g"}, "b": {"image": "nginx:1", "mem_limit": "6g"}}}'
    assert placed(planning.make(wanted(text), TWO)) == {"a": ["shop-a-1"], "b": ["shop-b-1"]}


def test_a_taken_port_on_one_host_leaves_the_other() -> None:
    there = (host("a", containers=(holder(),)), host("b"))
    assert placed(planning.make(wish(ports=["8080:80"]), there)) == {"b": ["shop-web-1"]}


def test_no_replica_at_all_is_no_place() -> None:
    assert placed(planning.make(wish(replicas=0), TWO)) == {}
