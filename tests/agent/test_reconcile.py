"""From what is to what is wanted: every container kept, created, replaced or removed, and in which order."""

import dataclasses
from typing import Any

import pytest

from engine_agent.clashes import Claims, HostPort
from engine_agent.protocol.bodies import ContainerSpec, Deploy, VolumeSpec
from engine_agent.reconcile import Observed, Plan, Seen, levels, one_shot, plain_condition, plan
from engine_agent.steps import (
    Await,
    Connect,
    Create,
    CreateNetwork,
    CreateVolume,
    Keep,
    Remove,
    SetAside,
    Stage,
    Start,
    Step,
    Stop,
)
from tests.agent.wishes import NETWORK, container, deploy

NOW = "command-now"
BEFORE = "command-before"
IMAGE = "sha256:one"
CID = "c" * 64


def seen(service: str = "web", **changes: Any) -> Seen:
    """A running container that fits `container()`."""
    fitting = Seen(CID, f"shop-{service}-1", IMAGE, "running", config_hash="one", command=BEFORE)
    return dataclasses.replace(fitting, **changes)


def observed(*containers: Seen) -> Observed:
    return Observed(containers, {"web:1": IMAGE}, {NETWORK: BEFORE})


def made(*containers: Seen, wanted: Deploy | None = None, trust_completed: bool = True) -> Plan:
    return plan(observed(*containers), wanted or deploy(container()), NOW, trust_completed=trust_completed)


def steps(stages: tuple[Stage, ...]) -> list[Step]:
    return [step for stage in stages for track in stage for step in track]


def kinds(stages: tuple[Stage, ...]) -> list[str]:
    return [type(step).__name__ for step in steps(stages)]


def test_on_an_empty_host_everything_is_created() -> None:
    wanted = deploy(container(), volumes=(VolumeSpec("shop_data", {}),))
    result = plan(Observed((), {"web:1": IMAGE}), wanted, NOW)
    assert kinds(result.forward) == ["CreateNetwork", "CreateVolume", "Create", "Start"]
    assert result.cleanup == ()


def test_what_is_as_wanted_is_not_touched() -> None:
    result = made(seen())
    assert steps(result.forward) == [Keep("shop-web-1")]
    assert result.cleanup == ()


@pytest.mark.parametrize(
    "change",
    [{"config_hash": "two"}, {"image_id": "sha256:two"}, {"state": "dead"}],
    ids=["configuration", "image", "dead"],
)
def test_what_differs_is_replaced_and_removed_last(change: dict[str, Any]) -> None:
    result = made(seen(**change))
    assert kinds(result.forward) == ["SetAside", "Create", "Start"]
    aside = steps(result.forward)[0]
    assert isinstance(aside, SetAside)
    assert aside.to == f"{CID[:12]}_shop-web-1"
    assert steps(result.cleanup) == [Remove(CID, "shop-web-1", "replaced")]


@pytest.mark.parametrize("state", ["exited", "created"])
def test_what_fits_and_stands_still_is_started(state: str) -> None:
    assert steps(made(seen(state=state)).forward) == [Start("shop-web-1")]


@pytest.mark.parametrize("state", ["restarting", "paused"])
def test_what_runs_after_its_own_fashion_is_kept(state: str) -> None:
    assert steps(made(seen(state=state)).forward) == [Keep("shop-web-1")]


def test_a_service_that_is_no_longer_wanted_goes_last() -> None:
    result = made(seen(), seen("old", cid="d" * 64))
    assert steps(result.forward) == [Keep("shop-web-1")]
    assert steps(result.cleanup) == [Remove("d" * 64, "shop-old-1", "no longer part of the application")]


def test_the_previous_one_runs_on_when_nothing_clashes() -> None:
    assert "Stop" not in kinds(made(seen(config_hash="two")).forward)


def test_the_previous_one_is_stopped_just_before_the_start_when_ports_clash() -> None:
    before = seen(config_hash="two", claims=Claims(ports=frozenset({HostPort(8080)})))
    result = made(before, wanted=deploy(container(port=8080, stop_timeout=3)))
    assert kinds(result.forward) == ["SetAside", "Create", "Stop", "Start"]
    stop = steps(result.forward)[2]
    assert isinstance(stop, Stop)
    assert (stop.cid, stop.grace) == (CID, 3)
    assert "port 8080" in stop.title


def test_two_programs_never_write_to_the_same_volume() -> None:
    before = seen(config_hash="two", claims=Claims(writes=frozenset({"shop_data"})))
    result = made(before, wanted=deploy(container(host_config={"Binds": ["shop_data:/data"]})))
    assert kinds(result.forward) == ["SetAside", "Create", "Stop", "Start"]


def test_a_service_that_goes_gives_its_port_to_one_that_comes() -> None:
    old = seen("old", cid="d" * 64, claims=Claims(ports=frozenset({HostPort(8080)})))
    result = made(old, wanted=deploy(container(port=8080)))
    assert kinds(result.forward) == ["Create", "Stop", "Start"]


def test_a_stopped_container_clashes_with_nobody() -> None:
    old = seen("old", cid="d" * 64, state="exited", claims=Claims(ports=frozenset({HostPort(8080)})))
    assert "Stop" not in kinds(made(old, wanted=deploy(container(port=8080))).forward)


def test_further_networks_are_connected_before_the_start() -> None:
    result = made(wanted=deploy(container(networks={"back": {}, "front": {}})))
    assert kinds(result.forward) == ["Create", "Connect", "Connect", "Start"]
    assert [step.network for step in steps(result.forward) if isinstance(step, Connect)] == ["back", "front"]


# After a crash in the middle


def test_carried_on_after_the_rename() -> None:
    """The name is free, the previous container is aside."""
    aside = seen(name=f"{CID[:12]}_shop-web-1", config_hash="two")
    result = made(aside)
    assert kinds(result.forward) == ["Create", "Start"]
    assert steps(result.cleanup) == [Remove(CID, "shop-web-1", "replaced")]


def test_carried_on_after_the_creation() -> None:
    aside = seen(name=f"{CID[:12]}_shop-web-1", config_hash="two")
    new = seen(cid="e" * 64, state="created", command=NOW)
    result = made(aside, new)
    assert steps(result.forward) == [Start("shop-web-1")]
    assert steps(result.cleanup) == [Remove(CID, "shop-web-1", "replaced")]


def test_carried_on_between_creation_and_the_stop_of_what_holds_the_port() -> None:
    aside = seen(name=f"{CID[:12]}_shop-web-1", config_hash="two", claims=Claims(ports=frozenset({HostPort(8080)})))
    new = seen(cid="e" * 64, state="created", command=NOW)
    result = made(aside, new, wanted=deploy(container(port=8080, networks={"back": {}})))
    assert kinds(result.forward) == ["Connect", "Stop", "Start"]


def test_carried_on_after_the_start() -> None:
    aside = seen(name=f"{CID[:12]}_shop-web-1", config_hash="two")
    result = made(aside, seen(cid="e" * 64, command=NOW))
    assert steps(result.forward) == [Keep("shop-web-1")]
    assert kinds(result.cleanup) == ["Remove"]


def test_a_first_try_that_no_longer_fits_is_not_mistaken_for_the_previous_one() -> None:
    result = made(seen(cid="e" * 64, command=NOW, image_id="sha256:older"))
    assert kinds(result.forward) == ["Remove", "Create", "Start"]
    assert result.cleanup == ()


def job(**changes: Any) -> Seen:
    return seen(command=NOW, state="exited", exit_code=0, **changes)


def test_a_one_shot_of_this_command_that_is_done_is_not_run_again() -> None:
    assert steps(made(job()).forward) == [Keep("shop-web-1")]


@pytest.mark.parametrize("change", [{"exit_code": 1}, {"command": BEFORE}], ids=["failed", "of another command"])
def test_any_other_ended_one_shot_is_run_again(change: dict[str, Any]) -> None:
    assert steps(made(dataclasses.replace(job(), **change)).forward) == [Start("shop-web-1")]


def test_after_the_engine_was_away_an_end_proves_nothing() -> None:
    assert steps(made(job(), trust_completed=False).forward) == [Start("shop-web-1")]


def test_a_service_that_must_not_end_is_started_again() -> None:
    assert steps(made(job(), wanted=deploy(container(restart="always"))).forward) == [Start("shop-web-1")]


# Order


def service(name: str, **depends_on: str) -> ContainerSpec:
    wanted = {f"shop-{other}-1": condition for other, condition in depends_on.items()}
    return container(name, depends_on=wanted)


def named(specs: tuple[ContainerSpec, ...]) -> list[list[str]]:
    return [[spec.service for spec in level] for level in levels(specs)]


def test_containers_start_after_what_they_depend_on() -> None:
    specs = (service("web", api="started"), service("api", db="healthy"), service("db"), service("cache"))
    assert named(specs) == [["db", "cache"], ["api"], ["web"]]


def test_a_circle_does_not_hang() -> None:
    specs = (service("a", b="started"), service("b", a="started"), service("c"))
    assert named(specs) == [["c"], ["a", "b"]]


def test_depending_on_itself_or_on_another_host_does_not_hang() -> None:
    assert named((service("a", a="started"), service("b", elsewhere="healthy"))) == [["a", "b"]]


@pytest.mark.parametrize(
    ("condition", "awaited"),
    [
        ("started", None),
        ("service_started", None),
        ("healthy", "healthy"),
        ("service_healthy", "healthy"),
        ("completed", "completed"),
        ("service_completed_successfully", "completed"),
    ],
)
def test_conditions_are_awaited_before_the_start(condition: str, awaited: str | None) -> None:
    result = made(wanted=deploy(service("db"), service("web", db=condition)))
    found = [step for step in steps(result.forward) if isinstance(step, Await)]
    assert found == ([Await("shop-db-1", awaited, "shop-web-1")] if awaited else [])
    assert plain_condition(condition) in {"started", "healthy", "completed"}


@pytest.mark.parametrize(
    ("policy", "may_end"),
    [("", True), ("no", True), ("on-failure", True), ("always", False), ("unless-stopped", False)],
)
def test_who_may_end(policy: str, may_end: bool) -> None:
    assert one_shot(container(restart=policy)) is may_end


def test_a_missing_external_network_is_still_a_step() -> None:
    result = plan(Observed((), {"web:1": IMAGE}), deploy(container()), NOW)
    assert isinstance(steps(result.forward)[0], CreateNetwork)


def test_every_step_has_a_key_and_a_title() -> None:
    wanted = deploy(
        service("db"),
        container("web", port=8080, networks={"back": {}}, depends_on={"shop-db-1": "healthy"}),
        volumes=(VolumeSpec("shop_data", {}),),
    )
    before = seen(config_hash="two", claims=Claims(ports=frozenset({HostPort(8080)})))
    result = plan(Observed((before,), {"web:1": IMAGE}), wanted, NOW)
    every = steps(result.forward + result.cleanup)
    assert {Create, Connect, CreateVolume, Await, SetAside, Stop, Start, Remove} <= {type(step) for step in every}
    assert len({step.key for step in every}) == len(every)
    assert all(step.title for step in every)
