"""The mirror's memory: snapshots whole and in parts, deltas without gaps, bounded whatever happens."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_agent.mirror import Book
from engine_agent.mirror.book import PART_BYTES
from engine_agent.protocol import encode
from engine_agent.protocol.facts import ContainerFact, ImageFact, NetworkFact, VolumeFact
from engine_agent.protocol.messages import Delta, Snapshot


def fact(number: int, state: str = "running", **more: dict[str, str]) -> ContainerFact:
    return ContainerFact(f"c{number}", f"web-{number}", "web:1", "sha256:1", state, **more)  # type: ignore[arg-type]


@pytest.fixture
def book() -> Book:
    book = Book()
    book.loaded = True
    return book


def drawn(book: Book) -> Iterator[Snapshot | Delta]:
    more = True
    while more:
        message, more = book.draw()
        if message is not None:
            yield message


def test_nothing_is_told_before_the_engine_was_read() -> None:
    book = Book()
    book.want_snapshot()
    book.upsert(fact(1))
    assert book.draw() == (None, False)


def test_a_snapshot_holds_everything(book: Book) -> None:
    book.upsert(fact(1))
    book.set_images([ImageFact("i")])
    book.set_networks([NetworkFact("n", "front")])
    book.set_volumes([VolumeFact("v")])
    book.want_snapshot()
    assert list(drawn(book)) == [
        Snapshot(1, (fact(1),), (ImageFact("i"),), (NetworkFact("n", "front"),), (VolumeFact("v"),))
    ]


def test_an_empty_engine_has_a_snapshot_too(book: Book) -> None:
    book.want_snapshot()
    assert list(drawn(book)) == [Snapshot(1)]


def test_changes_follow_in_sequence(book: Book) -> None:
    book.want_snapshot()
    list(drawn(book))
    book.upsert(fact(1))
    assert list(drawn(book)) == [Delta(2, (fact(1),))]
    book.upsert(fact(1, "exited"))
    book.remove("c1")
    assert list(drawn(book)) == [Delta(3, removed=("c1",))]


def test_no_news_is_no_message(book: Book) -> None:
    book.want_snapshot()
    assert book.upsert(fact(1))
    list(drawn(book))
    assert not book.upsert(fact(1))
    assert not book.remove("unknown")
    assert not book.set_images(())
    assert list(drawn(book)) == []


def test_a_container_that_changed_often_is_one_entry(book: Book) -> None:
    book.want_snapshot()
    list(drawn(book))
    for number in range(1000):
        book.upsert(fact(1, f"state-{number}"))
    assert list(drawn(book)) == [Delta(2, (fact(1, "state-999"),))]


def test_one_that_comes_back_is_not_told_as_removed(book: Book) -> None:
    book.want_snapshot()
    book.upsert(fact(1))
    list(drawn(book))
    book.remove("c1")
    book.upsert(fact(1, "exited"))
    assert list(drawn(book)) == [Delta(2, (fact(1, "exited"),))]


def test_lists_come_whole_when_they_change_and_not_otherwise(book: Book) -> None:
    book.want_snapshot()
    list(drawn(book))
    book.set_images([ImageFact("b"), ImageFact("a")])
    (delta,) = drawn(book)
    assert isinstance(delta, Delta)
    assert (delta.images, delta.networks, delta.volumes) == ((ImageFact("a"), ImageFact("b")), None, None)
    book.set_images([])
    (delta,) = drawn(book)
    assert isinstance(delta, Delta)
    assert delta.images == ()


def test_the_order_of_a_list_is_no_news(book: Book) -> None:
    book.set_images([ImageFact("a"), ImageFact("b")])
    assert not book.set_images([ImageFact("b"), ImageFact("a")])


def test_what_is_gone_after_a_break_is_told(book: Book) -> None:
    book.want_snapshot()
    for number in range(3):
        book.upsert(fact(number))
    list(drawn(book))
    assert book.keep_only(["c1"])
    assert not book.keep_only(["c1"])
    (delta,) = drawn(book)
    assert isinstance(delta, Delta)
    assert set(delta.removed) == {"c0", "c2"}


def test_a_large_host_comes_in_parts_below_the_limit(book: Book) -> None:
    labels = {"text": "x" * 900}
    for number in range(2500):
        book.upsert(fact(number, labels=labels))
    book.want_snapshot()
    parts = list(drawn(book))
    assert len(parts) > 2
    assert all(isinstance(part, Snapshot) and part.sequence == 1 for part in parts)
    assert [getattr(part, "part", 0) for part in parts] == list(range(1, len(parts) + 1))
    assert {getattr(part, "parts", 0) for part in parts} == {len(parts)}
    assert max(len(encode(part)) for part in parts) < 1024 * 1024
    assert len({c.cid for part in parts for c in part.containers}) == 2500


def test_changes_between_parts_follow_after_the_last(book: Book) -> None:
    labels = {"text": "x" * (PART_BYTES // 2)}
    for number in range(3):
        book.upsert(fact(number, labels=labels))
    book.want_snapshot()
    first, more = book.draw()
    assert isinstance(first, Snapshot)
    assert more
    book.upsert(fact(0, "exited"))
    rest = list(drawn(book))
    assert [type(message) for message in rest] == [Snapshot] * (first.parts - 1) + [Delta]
    assert rest[-1].sequence == 2


def test_a_new_connection_in_the_middle_of_the_parts_starts_over(book: Book) -> None:
    labels = {"text": "x" * PART_BYTES}
    for number in range(3):
        book.upsert(fact(number, labels=labels))
    book.want_snapshot()
    book.draw()
    book.want_snapshot()
    parts = [message for message in drawn(book) if isinstance(message, Snapshot)]
    assert [part.part for part in parts] == [1, 2, 3]


def test_a_delta_is_cut_to_the_limit_too(book: Book) -> None:
    book.want_snapshot()
    list(drawn(book))
    for number in range(2500):
        book.upsert(fact(number, labels={"text": "x" * 900}))
    deltas = list(drawn(book))
    assert len(deltas) > 2
    assert max(len(encode(delta)) for delta in deltas) < 1024 * 1024
    assert [delta.sequence for delta in deltas] == list(range(2, len(deltas) + 2))


class Portal:
    """Applies what it is told, as docs/wire.md says."""

    def __init__(self) -> None:
        self.containers: dict[str, ContainerFact] = {}
        self.sequence = 0

    def hear(self, message: Snapshot | Delta) -> None:
        if isinstance(message, Snapshot):
            if message.part == 1:
                self.containers = {}
            self.sequence = message.sequence
        else:
            assert message.sequence == self.sequence + 1, "a gap"
            self.sequence = message.sequence
            for cid in message.removed:
                self.containers.pop(cid, None)
        self.containers.update({one.cid: one for one in message.containers})


ACTS = st.one_of(
    st.tuples(st.just("upsert"), st.integers(0, 5), st.sampled_from(["running", "exited", "paused"])),
    st.tuples(st.just("remove"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("draw"), st.just(0), st.just("")),
    st.tuples(st.just("snapshot"), st.just(0), st.just("")),
)


@settings(max_examples=300)
@given(st.lists(ACTS, max_size=60))
def test_whatever_happens_the_portal_ends_up_with_the_truth(acts: list[tuple[str, int, str]]) -> None:
    book, portal = Book(), Portal()
    book.loaded = True
    book.want_snapshot()
    for act, number, state in acts:
        match act:
            case "upsert":
                book.upsert(fact(number, state))
            case "remove":
                book.remove(f"c{number}")
            case "snapshot":
                book.want_snapshot()
            case "draw":
                message, _ = book.draw()
                if message is not None:
                    portal.hear(message)
    for message in drawn(book):
        portal.hear(message)
    assert portal.containers == book.containers
    assert portal.sequence == book.sequence
