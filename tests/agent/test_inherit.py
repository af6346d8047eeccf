"""Which volumes without a name a new container takes over, and how they come into its create body."""

import dataclasses
from typing import Any

import pytest

from engine_agent.inherit import Anonymous, heritage, is_anonymous, with_heritage
from engine_agent.reconcile import Observed, Seen, plan
from engine_agent.steps import Create, Step, Stop
from tests.agent.wishes import NETWORK, container, deploy

NAME = "a" * 64
DATA = Anonymous(NAME, "/data")
IMAGE, CID = "sha256:one", "c" * 64
OLD = Seen(CID, "shop-web-1", IMAGE, "running", config_hash="old", command="before", anonymous=(DATA,))


@pytest.mark.parametrize(("name", "expected"), [(NAME, True), ("data", False), ("A" * 64, False), ("a" * 63, False)])
def test_names_of_volumes_without_a_name(name: str, expected: bool) -> None:
    assert is_anonymous(name) is expected


@pytest.mark.parametrize(
    ("host_config", "more", "declared", "taken"),
    [
        ({}, {}, {"/data"}, True),
        ({}, {}, set(), False),
        ({}, {"Volumes": {"/data": {}}}, set(), True),
        ({"Mounts": [{"Type": "volume", "Target": "/data"}]}, {}, set(), True),
        ({"Mounts": [{"Type": "volume", "Source": "named", "Target": "/data"}]}, {}, {"/data"}, False),
        ({"Mounts": [{"Type": "tmpfs", "Target": "/data"}]}, {}, {"/data"}, False),
        ({"Mounts": [{"Type": "bind", "Source": "/srv", "Target": "/data"}]}, {}, {"/data"}, False),
        ({"Binds": ["named:/data"]}, {}, {"/data"}, False),
        ({"Binds": ["named:/other:ro"]}, {}, {"/data"}, True),
        ({"Tmpfs": {"/data": ""}}, {}, {"/data"}, False),
    ],
)
def test_what_is_taken_over(host_config: dict[str, Any], more: dict[str, Any], declared: set[str], taken: bool) -> None:
    spec = container(host_config=host_config)
    spec.create.update(more)
    assert heritage(spec, [DATA], declared) == ((DATA,) if taken else ())


def test_the_body_names_the_volume_and_nothing_twice() -> None:
    body = {"HostConfig": {"Mounts": [{"Type": "volume", "Target": "/data"}, {"Type": "tmpfs", "Target": "/t"}]}}
    changed = with_heritage(body, (Anonymous(NAME, "/data", writable=False),))
    assert changed["HostConfig"]["Mounts"] == [
        {"Type": "tmpfs", "Target": "/t"},
        {"Type": "volume", "Source": NAME, "Target": "/data", "ReadOnly": True},
    ]
    assert body["HostConfig"]["Mounts"][0] == {"Type": "volume", "Target": "/data"}, "the wish itself is not changed"
    assert with_heritage(body, ()) == body


def _steps(*seen: Seen) -> list[Step]:
    observed = Observed(seen, {"web:1": IMAGE}, {NETWORK: "before"}, declared={"web:1": {"/data"}})
    stages = plan(observed, deploy(container()), "now").forward
    return [step for stage in stages for track in stage for step in track]


@pytest.mark.parametrize(
    "seen",
    [OLD, dataclasses.replace(OLD, name=f"{CID[:12]}_shop-web-1")],
    ids=["in its place", "set aside by an earlier try"],
)
def test_the_previous_one_stops_before_the_new_one_writes_the_same_data(seen: Seen) -> None:
    claims = dataclasses.replace(seen.claims, writes=frozenset({NAME}))
    steps = _steps(dataclasses.replace(seen, claims=claims))
    [create] = [step for step in steps if isinstance(step, Create)]
    assert create.taken == (DATA,)
    [stop] = [step for step in steps if isinstance(step, Stop)]
    assert (stop.cid, stop.reason) == (CID, f"both write to {NAME}")
    assert steps.index(stop) > steps.index(create)


def test_an_earlier_try_of_the_same_deployment_leaves_nothing() -> None:
    [create] = [step for step in _steps(dataclasses.replace(OLD, command="now")) if isinstance(step, Create)]
    assert create.taken == ()
