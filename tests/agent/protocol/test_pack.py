"""Large snapshots go compressed; what is packed is opened within bounds, or refused."""

import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_agent.mirror.book import Book
from engine_agent.protocol import Malformed, decode_from_agent, encode
from engine_agent.protocol.codec import MAX_MESSAGE, packed
from engine_agent.protocol.facts import ContainerFact, MountFact, PortFact
from engine_agent.protocol.messages import Delta, Heartbeat, Packed, Snapshot
from hosts.consumers.snapshots import Sequence

STARTED = datetime(2026, 5, 1, 10, 41, tzinfo=UTC)


def fact(number: int) -> ContainerFact:
    """A container as compose makes them."""
    names = ("project", "service", "config-hash", "version")
    return ContainerFact(
        cid=f"{number:064x}",
        name=f"shop-web-{number}",
        image="registry.example:5000/shop/web:1.27",
        image_id=f"sha256:{number % 7:064x}",
        state="running",
        command="nginx -g daemon off;",
        ports=(PortFact(80, "tcp", 8000 + number, "0.0.0.0"),),
        mounts=(MountFact("volume", "/data", f"/var/lib/docker/volumes/data-{number}/_data", f"data-{number}"),),
        networks=("shop_default",),
        labels={f"com.docker.compose.{name}": f"{name}-{number}" for name in names},
        started=STARTED,
    )


def parts_of(count: int) -> list[Snapshot]:
    book = Book()
    book.loaded = True
    for number in range(count):
        book.upsert(fact(number))
    book.want_snapshot()
    found = []
    while True:
        message, more = book.draw()
        assert isinstance(message, Snapshot)
        found.append(message)
        if not more:
            return found


def test_a_host_with_2000_containers_is_told_whole_and_small() -> None:
    parts = parts_of(2000)
    frames = [packed(part) for part in parts]
    plain = sum(len(encode(part)) for part in parts)
    assert sum(map(len, frames)) < plain / 5
    sequence, whole = Sequence(), None
    for frame in frames:
        message = decode_from_agent(frame)
        assert isinstance(message, Snapshot)
        whole = sequence.snapshot(message)
    assert whole is not None
    assert len(whole.containers) == 2000
    assert whole.containers[1999] == fact(1999)


@pytest.mark.parametrize("message", [Heartbeat(3), Snapshot(1), Delta(2, (fact(1),))])
def test_small_messages_go_as_they_are(message: Any) -> None:
    assert packed(message) == encode(message)


@given(st.binary(max_size=200))
def test_any_packed_bytes_are_a_message_or_malformed(data: bytes) -> None:
    for content in (data, zlib.compress(data)):
        with pytest.raises(Malformed):
            decode_from_agent(encode(Packed(content)))


def test_a_bomb_is_refused_before_it_has_grown() -> None:
    bomb = zlib.compress(b"\0" * (64 * MAX_MESSAGE), 9)
    assert len(bomb) < MAX_MESSAGE / 10
    with pytest.raises(Malformed, match="over the limit"):
        decode_from_agent(encode(Packed(bomb)))


@pytest.mark.parametrize("inner", [Heartbeat(1), Packed(b"x")])
def test_only_what_an_engine_holds_comes_packed(inner: Any) -> None:
    with pytest.raises(Malformed):
        decode_from_agent(encode(Packed(zlib.compress(encode(inner)))))


def test_what_is_cut_or_has_more_behind_it_is_refused() -> None:
    whole = zlib.compress(encode(Snapshot(1)))
    assert decode_from_agent(encode(Packed(whole))) == Snapshot(1)
    for data in (whole[:-4], whole + b"more"):
        with pytest.raises(Malformed):
            decode_from_agent(encode(Packed(data)))
