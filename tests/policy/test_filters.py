"""What of an answer may be seen."""

import json
from typing import Any

from hosts.policy import Ownership, Policy, Request, answer_filter, event_filter, stamped

from .asking import SHARED

OWN, PROJECT, THEIRS = (
    {"io.pierhead.team": "harbour"},
    {"com.docker.compose.project": "shop"},
    {"io.pierhead.team": "lighthouse"},
)


def seen(path: str, answer: Any, *, role: str = "deployer", ownership: Ownership = SHARED) -> Any:
    act = answer_filter(role=role, policy=Policy(ownership=ownership), request=Request("GET", path))
    return answer if act is None else act(answer)


def test_lists_hold_what_the_team_owns() -> None:
    rows = [{"Id": "a", "Labels": OWN}, {"Id": "b", "Labels": THEIRS}, {"Id": "c", "Labels": PROJECT}, {"Id": "d"}]
    assert [row["Id"] for row in seen("/containers/json", rows)] == ["a", "c"]
    assert [row["Id"] for row in seen("/containers/json", rows, role="admin")] == ["a", "c"]
    volumes = seen("/volumes", {"Volumes": rows, "Warnings": None})
    assert [row["Id"] for row in volumes["Volumes"]] == ["a", "c"]
    assert seen("/volumes", {"Volumes": None}) == {"Volumes": []}


def test_the_engines_own_networks_stay() -> None:
    rows = [{"Name": "bridge", "Labels": {}}, {"Name": "x", "Labels": THEIRS}, {"Name": "y", "Labels": OWN}]
    assert [row["Name"] for row in seen("/networks", rows)] == ["bridge", "y"]


def test_services_and_tasks_by_their_specs() -> None:
    rows = [{"Spec": {"Labels": OWN}}, {"Spec": {"Labels": THEIRS}}, {"Spec": None}]
    assert seen("/services", rows) == rows[:1]
    tasks = [{"Spec": {"ContainerSpec": {"Labels": PROJECT}}}, {"Spec": {}}]
    assert seen("/tasks", tasks) == tasks[:1]


def test_disk_use_counts_the_teams_things() -> None:
    found = seen("/system/df", {"LayersSize": 5, "Containers": [{"Labels": THEIRS}], "Volumes": [{"Labels": OWN}]})
    assert found == {"LayersSize": 5, "Containers": [], "Volumes": [{"Labels": OWN}]}


def test_a_host_of_one_team_is_not_filtered() -> None:
    policy = Policy()
    assert answer_filter(role="deployer", policy=policy, request=Request("GET", "/containers/json")) is None
    assert event_filter(policy=policy, request=Request("GET", "/events")) is None


def test_events_of_ones_own_containers_only() -> None:
    act = event_filter(policy=Policy(ownership=SHARED), request=Request("GET", "/events"))
    assert act is not None

    def line(kind: str, attributes: Any) -> bytes:
        return json.dumps({"Type": kind, "Actor": {"Attributes": attributes}}).encode()

    assert act(line("container", OWN))
    assert not act(line("container", THEIRS))
    assert not act(line("network", OWN))
    assert not act(b"{nonsense")
    assert not act(b'{"Type":"container"}')


def test_a_viewer_sees_no_values_of_the_environment() -> None:
    answer = {"Config": {"Env": ["TOKEN=abc", "A=b=c", "EMPTY"]}, "Env": None}
    assert seen("/containers/a/json", answer, role="viewer", ownership=Ownership()) == {
        "Config": {"Env": ["TOKEN=••••••", "A=••••••", "EMPTY=••••••"]},
        "Env": None,
    }
    assert seen("/containers/a/json", answer, ownership=Ownership()) == answer


def test_what_is_made_on_a_shared_host_gets_the_teams_label() -> None:
    policy = Policy(ownership=SHARED)
    body = stamped(Request("POST", "/containers/create", body={"Image": "a", "labels": {"x": "y"}}), policy=policy)
    assert body == {"Image": "a", "labels": {"x": "y", "io.pierhead.team": "harbour"}}
    assert stamped(Request("POST", "/volumes/create", body={}), policy=policy) == {"Labels": OWN}
    other = Request("POST", "/containers/a/exec", body={"Cmd": []})
    assert stamped(other, policy=policy) == {"Cmd": []}
    assert stamped(Request("POST", "/volumes/create", body={}), policy=Policy()) == {}
