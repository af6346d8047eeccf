"""Two real engines in one swarm: joined, a stack on both, a bad update put back by the swarm, and left again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from engine_agent.engine import Engine
from engine_agent.engine import swarm as api
from engine_agent.engine.swarm import NAMESPACE
from engine_agent.protocol.swarm import (
    NodeRemove,
    NodeUpdate,
    StackDeploy,
    StackRemove,
    SwarmFile,
    SwarmInit,
    SwarmInspect,
    SwarmJoin,
    SwarmLeave,
    SwarmObject,
    SwarmRotate,
)
from engine_agent.work.outcome import Failure
from engine_agent.work.stack import SPEC_LABEL, TASK_LABEL, stack_deploy, stack_remove
from engine_agent.work.swarm import node_remove, node_update, swarm_init, swarm_join, swarm_leave, swarm_rotate
from engine_agent.work.swarm_view import swarm_view
from tests.agent.carrying import Papers
from tests.agent.real.wanted import fetched
from tests.lab.hosts import LabHost
from tests.lab.images import BUSYBOX

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

# Where nobody listens: a node says at once that it cannot pull, and takes its own copy.
LOCAL = "127.0.0.1:9/busybox:lab"

SERVE = (
    "mkdir -p /www && echo {text} > /www/index.html && cat /run/{file} >> /www/index.html; exec httpd -f -p 80 -h /www"
)


class Pair:
    """A manager and a worker."""

    def __init__(self, hosts: Sequence[LabHost]) -> None:
        self.hosts = hosts
        self.manager, self.worker = (Engine(host.engine.host) for host in hosts)
        self.tokens: dict[str, str] = {}


@pytest.fixture
async def pair(two_hosts: Sequence[LabHost]) -> AsyncIterator[Pair]:
    """The two hosts as a swarm."""
    pair = Pair(two_hosts)
    for host in two_hosts:
        host.engine.docker("tag", BUSYBOX, LOCAL)
    left, right = two_hosts
    try:
        pair.tokens = (await swarm_init(pair.manager, SwarmInit(left.address))).result
        join = SwarmJoin((f"{left.address}:2377",), pair.tokens["worker_token"], pair.tokens["swarm_id"], right.address)
        await swarm_join(pair.worker, join)
        yield pair
    finally:
        for engine in (pair.worker, pair.manager):
            await swarm_leave(engine, SwarmLeave(force=True))


def service(text: str, *, port: int = 0, command: list[str] | None = None, **more: Any) -> SwarmObject:
    """A service of the stack on every node, published in host mode; `text` makes each revision another."""
    labels = {NAMESPACE: "crew", TASK_LABEL: text}
    spec: dict[str, Any] = {
        "Name": "crew_web",
        "Labels": {NAMESPACE: "crew", SPEC_LABEL: text},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": LOCAL,
                "Command": ["/bin/sh", "-c", *(command or [SERVE.format(text=text, file="motto")])],
                "Labels": labels,
                "StopGracePeriod": 1,
                "Configs": [
                    {
                        "ConfigName": "crew_motto_1",
                        "File": {"Name": "/run/motto", "UID": "0", "GID": "0", "Mode": 0o444},
                    }
                ],
            },
            "RestartPolicy": {"Condition": "any", "Delay": 500_000_000},
            "Networks": [{"Target": "crew_default", "Aliases": ["web"]}],
        },
        "Mode": {"Global": {}},
        "EndpointSpec": {
            "Mode": "dnsrr",
            "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": port, "PublishMode": "host"}]
            if port
            else [],
        },
        "UpdateConfig": {
            "Parallelism": 1,
            "FailureAction": "rollback",
            "Monitor": 2_000_000_000,
            "Order": "stop-first",
        },
        **more,
    }
    return SwarmObject("crew_web", spec)


def stack(*services: SwarmObject) -> StackDeploy:
    network = {"Name": "crew_default", "Driver": "overlay", "Attachable": True, "Labels": {NAMESPACE: "crew"}}
    return StackDeploy(
        "crew",
        networks=(SwarmObject("crew_default", network),),
        configs=(SwarmFile("crew_motto_1", "ahoy", {NAMESPACE: "crew"}),),
        services=services,
        timeout=90.0,
    )


async def deployed(pair: Pair, wish: StackDeploy, papers: Papers | None = None) -> None:
    await stack_deploy(pair.manager, (papers or Papers()).order(wish), wish)


@pytest.mark.long
async def test_a_stack_runs_on_both_nodes_and_a_bad_update_goes_back(pair: Pair) -> None:
    papers = Papers()
    await deployed(pair, stack(service("one", port=8090)), papers)
    for host in pair.hosts:
        assert "one" in await fetched(8090, host.address)
        assert "ahoy" in await fetched(8090, host.address)
    assert papers.steps["settle:crew_web"].detail.startswith("2 of 2 running")

    view = await swarm_view(pair.manager, SwarmInspect("crew"))
    [web] = view["services"]
    assert (web["running"], web["desired"], web["endpoint_mode"], web["mode"]) == (2, 2, "dnsrr", "global")
    assert {task["state"] for task in view["tasks"]} == {"running"}
    assert sorted(node["role"] for node in view["nodes"]) == ["manager", "worker"]
    assert all(pair.tokens["worker_token"] not in str(part) for part in view.values())

    again = Papers()
    await deployed(pair, stack(service("one", port=8090)), again)
    assert again.steps["service:crew_web"].detail == "unchanged"

    with pytest.raises(Failure) as caught:
        await deployed(pair, stack(service("bad", port=8090, command=["exit 3"])))
    assert caught.value.code == "swarm-rolled-back"

    await stack_remove(pair.manager, Papers().order(StackRemove("crew")), StackRemove("crew"))
    assert await api.services_list(pair.manager, project="crew") == []
    assert await api.files_list(pair.manager, "configs", project="crew") == []


async def test_nodes_are_promoted_drained_labelled_and_removed(pair: Pair) -> None:
    nodes = {node["Spec"]["Role"]: node["ID"] for node in await api.nodes_list(pair.manager)}
    worker = nodes["worker"]
    await node_update(pair.manager, NodeUpdate(worker, availability="drain", labels={"zone": "north"}))
    [seen] = [node for node in (await swarm_view(pair.manager, SwarmInspect()))["nodes"] if node["id"] == worker]
    assert (seen["availability"], seen["labels"]) == ("drain", {"zone": "north"})
    await node_update(pair.manager, NodeUpdate(worker, role="manager"))
    async with asyncio.timeout(30):
        while not (await api.swarm_info(pair.worker)).get("ControlAvailable"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await node_update(pair.manager, NodeUpdate(worker, role="worker"))
    async with asyncio.timeout(30):
        while (await api.swarm_info(pair.worker)).get("ControlAvailable"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await swarm_leave(pair.worker, SwarmLeave(force=True))
    await node_remove(pair.manager, NodeRemove(worker, force=True))
    await node_remove(pair.manager, NodeRemove(worker, force=True))
    assert len(await api.nodes_list(pair.manager)) == 1


async def test_each_act_can_be_done_again(pair: Pair) -> None:
    left, right = pair.hosts
    again = await swarm_init(pair.manager, SwarmInit(left.address))
    assert again.result["worker_token"] == pair.tokens["worker_token"]
    join = SwarmJoin((f"{left.address}:2377",), "SWMTKN-other", pair.tokens["swarm_id"], right.address)
    assert (await swarm_join(pair.worker, join)).result["node_id"]
    with pytest.raises(Failure, match="worker of another swarm"):
        await swarm_init(pair.worker, SwarmInit(right.address))
    rotated = await swarm_rotate(pair.manager, SwarmRotate())
    assert rotated.result["worker_token"] != pair.tokens["worker_token"]
    await swarm_leave(pair.worker, SwarmLeave(force=True))
    await swarm_leave(pair.worker, SwarmLeave(force=True))
    with pytest.raises(Failure) as caught:
        await swarm_join(pair.worker, SwarmJoin((f"{left.address}:2377",), pair.tokens["worker_token"]))
    assert pair.tokens["worker_token"] not in caught.value.error
