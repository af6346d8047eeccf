"""The last bytes of a terminal, by their place in the whole."""

import random

from hosts.terminals.ring import KEPT, Ring


def test_what_was_added_is_found_by_its_place() -> None:
    ring = Ring(10)
    ring.add(b"hello")
    assert ring.since(0, 100) == (0, b"hello")
    assert ring.since(2, 2) == (2, b"ll")
    assert ring.since(5, 100) == (5, b"")


def test_the_oldest_goes_and_the_place_says_so() -> None:
    ring = Ring(10)
    ring.add(b"x" * 8)
    ring.add(b"0123456789")
    assert ring.end == 18
    at, data = ring.since(0, 100)
    assert (at, data) == (8, b"0123456789")
    assert ring.since(16, 100) == (16, b"89")


def test_it_never_holds_much_more_than_it_keeps() -> None:
    ring = Ring(1000)
    whole = b""
    for _ in range(200):
        piece = random.randbytes(random.randrange(1, 400))
        whole += piece
        ring.add(piece)
        at, data = ring.since(0, 10_000)
        assert whole[at:] == data
        assert len(data) <= 1250
    assert KEPT == 1024 * 1024
