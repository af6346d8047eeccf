"""What agents tell of their engines becomes the mirror, in order and without gaps."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import encode
from engine_agent.protocol import messages as wire
from engine_agent.protocol.facts import ImageFact, NetworkFact, PortFact, VolumeFact
from hosts.consumers.snapshots import MAX_PARTS, OutOfBounds, Sequence
from hosts.models import Application, Container, Host
from hosts.services import reports
from hosts.services.links import LinkLost
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.people import make_host
from tests.sim.agents import SimAgent, container, linux_facts
from tests.sim.wires import closing_code

pytestmark = pytest.mark.django_db(transaction=True)


def snapshot(host: Host, *containers: object, sequence: int = 0, **kinds: object) -> tuple[str, ...]:
    message = wire.Snapshot(sequence, tuple(containers), **kinds)  # type: ignore[arg-type]
    return reports.snapshot_store(host_id=host.pk, link=host.link, snapshot=message, now=timezone.now())


def names(host: Host) -> list[str]:
    return list(Container.objects.filter(host=host).order_by("name").values_list("name", flat=True))


def test_a_snapshot_replaces_what_was_believed(linux_host: Host) -> None:
    snapshot(linux_host, container(1), container(2))
    snapshot(linux_host, container(2), container(3))
    assert names(linux_host) == ["sim-2", "sim-3"]


def test_a_snapshot_of_one_host_leaves_the_others_alone(linux_host: Host, windows_host: Host) -> None:
    snapshot(windows_host, container(1))
    snapshot(linux_host, container(1), container(2))
    snapshot(linux_host)
    assert names(windows_host) == ["sim-1"]
    assert names(linux_host) == []


def test_only_rows_that_changed_are_written(linux_host: Host) -> None:
    snapshot(linux_host, container(1), container(2))
    before = dict(Container.objects.values_list("name", "observed_at"))
    snapshot(linux_host, container(1), container(2, state="exited", exit_code=137))
    after = dict(Container.objects.values_list("name", "observed_at"))
    assert after["sim-1"] == before["sim-1"]
    assert after["sim-2"] > before["sim-2"]
    assert Container.objects.get(name="sim-2").exit_code == 137


def test_every_kind_is_mirrored(linux_host: Host) -> None:
    snapshot(
        linux_host,
        container(1, ports=(PortFact(80, "tcp", 8080, "0.0.0.0"),), health="healthy"),
        images=(ImageFact("sha256:1", ("busybox:1",), ("busybox@sha256:2",), 1000),),
        networks=(NetworkFact("n1", "bridge", "bridge", "local", ("172.17.0.0/16",)),),
        volumes=(VolumeFact("data", "local"),),
    )
    row = Container.objects.get()
    assert row.ports == [{"address": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}]
    assert row.health == "healthy"
    assert linux_host.images.get().tags == ["busybox:1"]
    assert linux_host.networks.get().subnets == ["172.17.0.0/16"]
    assert linux_host.volumes.get().name == "data"


def test_a_delta_changes_adds_and_removes(linux_host: Host) -> None:
    snapshot(linux_host, container(1), container(2))
    delta = wire.Delta(1, (container(3),), (container(1).cid,), images=(ImageFact("sha256:1"),))
    reports.delta_store(host_id=linux_host.pk, link=linux_host.link, delta=delta, now=timezone.now())
    assert names(linux_host) == ["sim-2", "sim-3"]
    assert linux_host.images.count() == 1
    linux_host.refresh_from_db()
    assert linux_host.sequence == 1


def test_what_a_lost_connection_tells_changes_nothing(linux_host: Host) -> None:
    snapshot(linux_host, container(1))
    with pytest.raises(LinkLost):
        reports.snapshot_store(host_id=linux_host.pk, link="another", snapshot=wire.Snapshot(1), now=timezone.now())
    with pytest.raises(LinkLost):
        reports.facts_store(host_id=linux_host.pk, link="another", facts=linux_facts(), now=timezone.now())
    assert names(linux_host) == ["sim-1"]


def test_the_pages_that_show_it_are_woken(linux_host: Host) -> None:
    shop = Application.objects.create(team=linux_host.team, name="shop")
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
    topics = snapshot(linux_host, container(1, labels=labels))
    assert {f"host:{linux_host.pk}", "hosts", "home", "applications", f"application:{shop.pk}"} == set(topics)
    row = Container.objects.get()
    assert (row.project, row.service) == ("shop", "web")


def test_facts_that_did_not_change_wake_nobody(linux_host: Host) -> None:
    args: dict[str, Any] = {"host_id": linux_host.pk, "link": linux_host.link, "now": timezone.now()}
    assert f"host:{linux_host.pk}" in reports.facts_store(facts=linux_facts(cpus=32), **args)
    assert reports.facts_store(facts=linux_facts(cpus=32), **args) == ()
    linux_host.refresh_from_db()
    assert linux_host.cpus == 32


def test_senseless_values_are_clamped_and_cleaned(linux_host: Host) -> None:
    snapshot(
        linux_host,
        container(1, name="/" + "n" * 400, command="a\x00b", restarts=-5, labels={"x\x00": "y\x00"}),
        volumes=(VolumeFact("v" * 300),),
    )
    row = Container.objects.get()
    assert len(row.name) == 255
    assert row.command == "ab"
    assert row.restarts == 0
    assert row.labels == {"x": "y"}
    reports.facts_store(
        host_id=linux_host.pk,
        link=linux_host.link,
        facts=linux_facts(os_name="x" * 1000, cpus=-1, memory_bytes=2**70 % 2**64 - 1),
        now=timezone.now(),
    )
    linux_host.refresh_from_db()
    assert len(linux_host.os_name) == 160
    assert linux_host.cpus == 0


def test_a_host_with_two_thousand_containers_is_stored_within_two_seconds(linux_host: Host) -> None:
    many = [container(number) for number in range(2000)]
    start = timezone.now()
    snapshot(linux_host, *many)
    first = timezone.now()
    snapshot(linux_host, *many)
    second = timezone.now()
    assert Container.objects.count() == 2000
    assert first - start < timedelta(seconds=4)
    assert second - first < timedelta(seconds=2)


def test_sequence_numbers_find_gaps() -> None:
    mirror = Sequence()
    assert not mirror.delta(wire.Delta(1))
    assert mirror.snapshot(wire.Snapshot(7)) is not None
    assert mirror.delta(wire.Delta(8))
    assert mirror.heartbeat(8)
    assert not mirror.delta(wire.Delta(10))
    assert not mirror.in_step
    assert not mirror.delta(wire.Delta(9))
    assert mirror.snapshot(wire.Snapshot(10)) is not None
    assert not mirror.heartbeat(11)


def test_parts_are_joined() -> None:
    mirror = Sequence()
    assert mirror.snapshot(wire.Snapshot(3, (container(1),), part=1, parts=2)) is None
    whole = mirror.snapshot(wire.Snapshot(3, (container(2),), part=2, parts=2))
    assert whole is not None
    assert [one.name for one in whole.containers] == ["sim-1", "sim-2"]


@pytest.mark.parametrize(
    "parts",
    [
        [(2, 2)],
        [(1, 2), (1, 2), (3, 2)],
        [(0, 1)],
        [(1, 0)],
        [(1, MAX_PARTS + 1)],
        [(1, 3), (3, 3)],
    ],
)
def test_parts_out_of_order_are_refused(parts: list[tuple[int, int]]) -> None:
    mirror = Sequence()

    def all_parts() -> None:
        for part, count in parts:
            mirror.snapshot(wire.Snapshot(1, part=part, parts=count))

    with pytest.raises(OutOfBounds):
        all_parts()


async def test_a_gap_is_answered_with_a_request_for_a_snapshot(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)
        agent.containers[container(9).cid] = container(9)
        agent.sequence += 1  # a delta that was lost
        await agent.change(container(1))
        await eventually(lambda: names(linux_host) == ["sim-1", "sim-9"])
        assert agent.snapshots == 2


async def test_a_lost_delta_is_noticed_by_the_next_heartbeat(linux_host: Host) -> None:
    agent = SimAgent(heartbeat=0.05)
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)
        await agent.change(container(1))
        agent.containers[container(2).cid] = container(2)
        agent.sequence += 1
        await eventually(lambda: names(linux_host) == ["sim-1", "sim-2"])


async def test_events_of_the_engine_reach_the_mirror(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    async with connected(agent):
        await agent.change(container(1))
        await eventually(lambda: names(linux_host) == ["sim-1"])
        await agent.change(container(1, state="exited", exit_code=1))
        await eventually(lambda: Container.objects.filter(state="exited").exists())
        await agent.change(removed=(container(1).cid,))
        await eventually(lambda: names(linux_host) == [])


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"not msgpack at all",
        msgspec.msgpack.encode({"type": "nonsense"}),
        msgspec.msgpack.encode({"type": "heartbeat", "sequence": "one"}),
        msgspec.msgpack.encode({"type": "heartbeat", "sequence": 1, "more": 2}),
        encode(wire.Snapshot(1, part=2, parts=2)),
        encode(wire.Welcome("x", 5.0, 1, timezone.now())),
        b"\x00" * (8 * 1024 * 1024 + 1),
    ],
    ids=["empty", "reserved", "text", "tag", "type", "field", "part", "portal's", "large"],
)
async def test_a_malformed_frame_ends_its_connection_and_no_other(linux_host: Host, frame: bytes) -> None:
    good, bad = SimAgent(), SimAgent()
    await give_key(linux_host, good)
    second = await sync_to_async(make_host)(linux_host.team, "second")
    await give_key(second, bad)
    async with connected(good):
        connection = await wire_to_portal()
        await bad.shake_hands(connection)
        await connection.send(frame)
        assert await closing_code(connection) == 4400
        await good.change(container(1))
        await eventually(lambda: names(linux_host) == ["sim-1"])


async def test_a_text_frame_is_malformed(linux_host: Host) -> None:
    connection = await wire_to_portal()
    await connection.communicator.send_to(text_data="hello")
    assert await closing_code(connection) == 4400
