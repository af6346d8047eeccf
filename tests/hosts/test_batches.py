"""In which order containers are replaced."""

import json
from dataclasses import replace
from typing import Any

from gallery.compose.types import Update
from hosts import planning
from hosts.plan_types import PlannedBatch
from hosts.wanted import SPREAD, Wanted
from tests.hosts.shapes import host, image, local, running, wanted, windows


def services(updates: dict[str, Update] | None = None, **given: dict[str, Any]) -> Wanted:
    """A project; updates: service -> its update_config."""
    found = wanted(json.dumps({"services": {name: {"image": "nginx:1", **more} for name, more in given.items()}}))
    changed = tuple(replace(one, update=(updates or {}).get(one.name)) for one in found.project.services)
    return replace(found, project=replace(found.project, services=changed))


def batches(wish: Wanted, *hosts: Any) -> tuple[PlannedBatch, ...]:
    return planning.make(wish, hosts or (host(),)).batches


def texts(found: tuple[PlannedBatch, ...]) -> list[str]:
    return [batch.text for batch in found]


FEW = {"deploy": {"replicas": 3}}


def test_without_an_update_config_everything_goes_at_once() -> None:
    found = batches(services(web=FEW, db={}))
    assert texts(found) == ["shop-web-1, shop-web-2, shop-web-3, shop-db-1 on host-1"]
    assert found[0].parts == {"id-host-1": ("shop-web-1", "shop-web-2", "shop-web-3", "shop-db-1")}


def test_a_few_at_a_time() -> None:
    update = Update(parallelism=2, delay=10.0, monitor=4.0, failure_action="pause", max_failure_ratio=0.5)
    found = batches(services({"web": update}, web=FEW, db={}))
    assert texts(found) == ["shop-web-1, shop-web-2, shop-db-1 on host-1", "shop-web-3 on host-1"]
    assert [batch.delay for batch in found] == [0.0, 10.0]
    assert [batch.monitor for batch in found] == [4.0, 4.0]
    assert found[1].actions == {"web": "pause"}
    assert (found[0].max_failure_ratio, found[1].max_failure_ratio) == (0.0, 0.5)


def test_parallelism_zero_is_all() -> None:
    assert len(batches(services({"web": Update(parallelism=0)}, web=FEW))) == 1


def test_batches_go_across_hosts() -> None:
    wish = replace(services({"web": Update(parallelism=1)}, web={"deploy": {"replicas": 2}}), strategy=SPREAD)
    assert texts(batches(wish, host("a"), host("b"))) == ["shop-web-1 on a", "shop-web-2 on b"]


def test_what_depends_on_a_slow_one_waits_for_it() -> None:
    wish = services({"db": Update(parallelism=1)}, web={"depends_on": ["db"]}, db={"deploy": {"replicas": 2}})
    assert texts(batches(wish)) == ["shop-db-1 on host-1", "shop-db-2 on host-1", "shop-web-1 on host-1"]


def test_what_depends_on_another_host_waits_for_it() -> None:
    text = {
        "web": {"image": "nginx:1", "depends_on": ["iis"]},
        "iis": {"image": "iis:1", "ports": ["80:80"]},
        "other": {"image": "nginx:1"},
    }
    wish = wanted(json.dumps({"services": text}), image("iis:1", "windows/amd64@10.0.20348.1"))
    found = batches(wish, host("lin"), windows("win", address="10.0.0.2"))
    assert texts(found) == ["shop-iis-1 on win; shop-other-1 on lin", "shop-web-1 on lin"]


def test_what_is_kept_has_no_turn() -> None:
    wish = services(web={}, db={})
    there = host(containers=(running(wish), running(wish, "db", state="exited")), images=(local(),))
    assert texts(batches(wish, there)) == ["shop-db-1 on host-1"], "stopped: it is started"
    there = host(containers=(running(wish), running(wish, "db")), images=(local(),))
    assert batches(wish, there) == ()


def test_many_names_are_cut_short() -> None:
    [batch] = batches(services(web={"deploy": {"replicas": 6}}))
    assert batch.text == "shop-web-1, shop-web-2, shop-web-3, shop-web-4 and 2 more on host-1"


def test_start_first_with_a_fixed_port_is_warned_about() -> None:
    wish = services({"web": Update(order="start-first")}, web={"ports": ["8080:80"]})
    [warning] = planning.make(wish, [host()]).warnings
    assert "stopped just before the new one is started" in warning
