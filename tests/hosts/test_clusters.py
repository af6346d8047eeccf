"""Clusters: made, joined, changed and dissolved by commands; tokens sealed, and shown nowhere."""

from typing import Any

import pytest
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.swarm import NodeRemove, NodeUpdate, SwarmInit, SwarmJoin, SwarmLeave, SwarmRotate
from hosts.models import Cluster, ClusterMember, Command, Host
from hosts.models.clusters import MemberState
from hosts.models.commands import CommandState
from hosts.services import progress
from hosts.services.clusters import (
    cluster_create,
    cluster_join,
    cluster_remove,
    member_change,
    member_remove,
    tokens_rotate,
)
from hosts.services.commands import body_of, commands_due
from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, Invalid, NotAllowed
from tests.people import make_host

pytestmark = pytest.mark.django_db

TOKENS = {"worker_token": "SWMTKN-1-worker", "manager_token": "SWMTKN-1-manager"}
MADE = {"swarm_id": "swarm", "node_id": "node-a", **TOKENS}


@pytest.fixture
def hosts(linux_host: Host) -> tuple[Host, Host]:
    """Two connected hosts with addresses."""
    Host.objects.filter(pk=linux_host.pk).update(address="10.0.0.1", labels={"zone": "north"})
    other = make_host(linux_host.team, "other", os="linux", architecture="amd64", address="10.0.0.2")
    linux_host.refresh_from_db()
    return linux_host, other


def make(hosts: tuple[Host, ...], actor: Actor | None = None) -> Cluster:
    return cluster_create(team=hosts[0].team, name="crew", hosts=hosts, actor=actor or portal_actor())


def last(host: Host) -> tuple[Command, Any]:
    """The newest command of a host and its body."""
    command = Command.objects.filter(host=host).latest("created_at")
    return command, body_of(command)


def end(host: Host, outcome: str = "succeeded", *, kind: str = "", error: str = "", **result: Any) -> None:
    """The agent's last word on the oldest open command of a kind."""
    rows = Command.objects.filter(host=host, state__in=("queued", "sent")).order_by("created_at")
    command = (rows.filter(kind=kind) if kind else rows).first()
    assert command is not None
    message = wire.CommandFinished(str(command.pk), outcome, error=error, result=result)
    progress.command_finished(host_id=host.pk, finished=message, now=timezone.now())


@pytest.fixture
def crew(hosts: tuple[Host, Host]) -> Cluster:
    """Two nodes, both active."""
    cluster = make(hosts)
    end(hosts[0], kind="swarm_init", **MADE)
    end(hosts[1], kind="swarm_join", node_id="node-b")
    Command.objects.filter(kind="node_update").update(state=CommandState.SUCCEEDED)
    cluster.refresh_from_db()
    return cluster


def member(host: Host) -> ClusterMember:
    return ClusterMember.objects.select_related("host", "cluster").get(host=host)


def test_the_first_host_makes_it_and_the_others_join(hosts: tuple[Host, Host]) -> None:
    cluster = make(hosts)
    assert last(hosts[0])[1] == SwarmInit(advertise="10.0.0.1")
    assert not Command.objects.filter(host=hosts[1]).exists(), "it waits until there is a swarm"
    end(hosts[0], **MADE)
    assert member(hosts[0]).state == MemberState.ACTIVE
    body = last(hosts[1])[1]
    assert isinstance(body, SwarmJoin)
    assert (body.managers, body.token, body.swarm_id, body.advertise) == (("10.0.0.1:2377",), "", "swarm", "10.0.0.2")
    end(hosts[1], node_id="node-b")
    assert (member(hosts[1]).state, member(hosts[1]).node_id) == (MemberState.ACTIVE, "node-b")
    bodies = [body_of(command) for command in Command.objects.filter(kind="node_update")]
    labels = [body.labels for body in bodies if isinstance(body, NodeUpdate)]
    assert labels[0]["pierhead.os"] == "linux"
    assert {"zone": "north"}.items() <= labels[0].items()
    cluster.refresh_from_db()
    assert cluster.swarm_id == "swarm"


def test_tokens_are_sealed_and_only_on_the_wire(hosts: tuple[Host, Host]) -> None:
    cluster = make(hosts)
    end(hosts[0], **MADE)
    cluster.refresh_from_db()
    stored = bytes(cluster.worker_token) + bytes(cluster.manager_token)
    for row in Command.objects.all():
        stored += bytes(row.body) + repr(row.result).encode()
    stored += repr(list(AuditEntry.objects.values())).encode()
    assert b"SWMTKN" not in stored
    [sent] = [one for one in commands_due(host_id=hosts[1].pk, everything=False) if isinstance(one, wire.CommandSend)]
    assert isinstance(sent.body, SwarmJoin)
    assert sent.body.token == TOKENS["worker_token"]


def test_a_manager_joins_with_the_other_token(crew: Cluster) -> None:
    third = make_host(crew.team, "third", os="linux", address="10.0.0.3")
    cluster_join(cluster=crew, host=third, role="manager", actor=portal_actor())
    [sent] = [one for one in commands_due(host_id=third.pk, everything=False) if isinstance(one, wire.CommandSend)]
    assert isinstance(sent.body, SwarmJoin)
    assert sent.body.token == TOKENS["manager_token"]


def test_what_fails_is_told_with_the_node(hosts: tuple[Host, Host]) -> None:
    make(hosts)
    end(hosts[0], **MADE)
    end(hosts[1], "failed", kind="swarm_join", error="The host could not join: no route to host")
    assert (member(hosts[1]).state, "no route" in member(hosts[1]).error) == (MemberState.FAILED, True)


def test_promote_drain_and_demote(crew: Cluster, hosts: tuple[Host, Host]) -> None:
    member_change(member=member(hosts[1]), role="manager", actor=portal_actor())
    assert last(hosts[0])[1] == NodeUpdate("node-b", role="manager")
    assert member(hosts[1]).role == "manager"
    member_change(member=member(hosts[1]), availability="drain", actor=portal_actor())
    assert any(body_of(one) == NodeUpdate("node-b", availability="drain") for one in Command.objects.all())
    member_change(member=member(hosts[0]), role="worker", actor=portal_actor())
    with pytest.raises(Conflict, match="only manager"):
        member_change(member=member(hosts[1]), role="worker", actor=portal_actor())


def test_a_host_leaves_and_is_forgotten(crew: Cluster, hosts: tuple[Host, Host]) -> None:
    with pytest.raises(Conflict, match="only manager"):
        member_remove(member=member(hosts[0]), actor=portal_actor())
    member_remove(member=member(hosts[1]), actor=portal_actor())
    assert last(hosts[1])[1] == SwarmLeave(force=True)
    end(hosts[1], kind="swarm_leave")
    assert last(hosts[0])[1] == NodeRemove("node-b", force=True)
    assert crew.members.count() == 1


def test_it_is_gone_when_all_have_left(crew: Cluster, hosts: tuple[Host, Host]) -> None:
    cluster_remove(cluster=crew, actor=portal_actor())
    for host in hosts:
        end(host, kind="swarm_leave")
    assert not Cluster.objects.exists()


def test_new_tokens_replace_the_old_ones(crew: Cluster, hosts: tuple[Host, Host]) -> None:
    before = bytes(crew.worker_token)
    tokens_rotate(cluster=crew, actor=portal_actor())
    assert last(hosts[0])[1] == SwarmRotate()
    end(hosts[0], kind="swarm_rotate", **(MADE | {"worker_token": "SWMTKN-2-worker"}))
    crew.refresh_from_db()
    assert bytes(crew.worker_token) != before


def test_who_may_not_join(hosts: tuple[Host, Host], windows_host: Host) -> None:
    with pytest.raises(Invalid, match="at least one"):
        cluster_create(team=hosts[0].team, name="crew", hosts=[], actor=portal_actor())
    with pytest.raises(Invalid, match="only be a worker"):
        make((windows_host, hosts[0]))
    away = make_host(hosts[0].team, "away", link="")
    with pytest.raises(Conflict, match="must be connected"):
        make((hosts[0], away))
    nowhere = make_host(hosts[0].team, "nowhere", os="linux", address="127.0.0.1")
    with pytest.raises(Invalid, match=r"io\.pierhead\.address"):
        make((nowhere, hosts[0]))
    make(hosts)
    with pytest.raises(Conflict, match="in a cluster already"):
        make((hosts[0],))


def test_only_who_manages_hosts_may(hosts: tuple[Host, Host], deployer: User, admin: User) -> None:
    with pytest.raises(NotAllowed):
        make(hosts, actor_for_user(deployer))
    cluster = make(hosts, actor_for_user(admin))
    for act in (cluster_remove, tokens_rotate):
        with pytest.raises(NotAllowed):
            act(cluster=cluster, actor=actor_for_user(deployer))
    assert AuditEntry.objects.filter(action="cluster.create").exists()
