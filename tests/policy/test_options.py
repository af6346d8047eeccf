"""A policy's options, from JSON and back; the refusals of bodies that the portal makes itself."""

from pathlib import Path
from typing import Any

import pytest

from hosts.policy import Options, Resource, network_refusals, options_from, refusals_of, volume_refusals


def test_to_json_and_back() -> None:
    options = Options(bind_roots=("/srv",), privileged=True, maximum_cpus=1.5)
    assert options_from(options.as_dict()) == options
    assert options_from({}) == Options()


@pytest.mark.parametrize(
    "wrong",
    [
        {"bindroots": []},
        {"privileged": 1},
        {"privileged": "yes"},
        {"bind_roots": "/srv"},
        {"bind_roots": ["srv"]},
        {"bind_roots": [""]},
        {"bind_roots": ["/srv "]},
        {"bind_roots": ["/s\nrv"]},
        {"bind_roots": ["/x"] * 65},
        {"bind_roots": [1]},
        {"bind_roots": {"/a": 1}},
        {"host_namespaces": ["mount"]},
        {"maximum_memory": -1},
        {"maximum_memory": 1.5},
        {"maximum_memory": True},
        {"maximum_cpus": "2"},
    ],
)
def test_wrong_entries_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        options_from(wrong)


def test_every_reason_is_told() -> None:
    body = {"HostConfig": {"Privileged": True, "Binds": ["/:/h"], "PidMode": "host", "NetworkMode": "shop_default"}}
    found = refusals_of(body, options=Options(), networks=frozenset({"shop_default"}))
    assert [one.rule for one in found] == ["privileged", "bind-mount", "host-namespace-pid"]
    assert all(one.message for one in found)


def test_networks_and_volumes_of_the_plan_are_known() -> None:
    body = {"HostConfig": {"NetworkMode": "shop_default", "Mounts": [{"Type": "volume", "Source": "shop_data"}]}}
    assert not refusals_of(
        body, options=Options(), networks=frozenset({"shop_default"}), volumes=frozenset({"shop_data"})
    )
    assert [one.rule for one in refusals_of(body, options=Options())] == ["network-unknown", "volume-unknown"]
    outside = {("volume", "shop_data"): Resource(document={"Options": {"o": "bind", "device": "/"}})}
    found = refusals_of(body, options=Options(), resources=outside, networks=frozenset({"shop_default"}))
    assert [one.rule for one in found] == ["volume-bind"]


def test_networks_and_volumes_themselves() -> None:
    assert not network_refusals({"Name": "n", "CheckDuplicate": True, "Labels": {}}, options=Options())
    assert [one.rule for one in network_refusals({"Driver": "macvlan"}, options=Options())] == ["network-driver"]
    hidden = {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/"}}
    assert [one.rule for one in volume_refusals(hidden, options=Options())] == ["volume-bind"]
    assert not volume_refusals(hidden, options=Options(bind_roots=("/",)))


def test_an_unreadable_body_is_one_refusal() -> None:
    assert [one.rule for one in refusals_of({"HostConfig": []}, options=Options())] == ["json-shape"]


def test_every_option_is_in_the_docs() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text("utf-8")
    assert not [name for name in Options().as_dict() if f"`{name}`" not in text]
