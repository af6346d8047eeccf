"""The engine's framing, in pieces of any size, and lines with their times."""

import pytest

from hosts.engine_calls.frames import MAX_LINE, BadFrame, Demultiplexer, LineCutter, LogReader

from .fakes import framed, stamped

NEW_YEAR = 1_767_225_600_000_000


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 1000])
def test_frames_in_pieces_of_any_size(size: int) -> None:
    data = framed("one\n") + framed("two\n", 2) + framed("")
    demux = Demultiplexer(tty=False)
    found = [frame for at in range(0, len(data), size) for frame in demux.feed(data[at : at + size])]
    assert found == [(1, b"one\n"), (2, b"two\n"), (1, b"")]


def test_a_terminal_has_no_frames() -> None:
    assert Demultiplexer(tty=True).feed(b"\x01\x00raw") == [(1, b"\x01\x00raw")]


@pytest.mark.parametrize("data", [b"\x09\0\0\0\0\0\0\1x", b"\x01\0\0\0\xff\xff\xff\xff", b"HTTP/1.1 200"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        Demultiplexer(tty=False).feed(data)


def test_lines_of_each_stream_by_themselves() -> None:
    lines = LineCutter()
    assert lines.feed(1, b"a") == []
    assert lines.feed(2, b"x\ny") == [b"x"]
    assert lines.feed(1, b"b\n\nc") == [b"ab", b""]
    assert lines.end() == [(2, b"y"), (1, b"c")] or lines.end() == []


def test_a_line_without_an_end_is_cut() -> None:
    lines = LineCutter()
    found = lines.feed(1, b"x" * (MAX_LINE * 2 + 5))
    assert [len(line) for line in found] == [MAX_LINE, MAX_LINE]
    assert lines.end() == [(1, b"x" * 5)]


def test_rows_have_stream_time_and_text() -> None:
    reader = LogReader(tty=False)
    rows = reader.feed(framed(stamped(1.5, "hello\r")) + framed(stamped(2.000001, "wörld"), 2))
    assert rows == [(1, NEW_YEAR + 1_500_000, "hello"), (2, NEW_YEAR + 2_000_001, "wörld")]


def test_times_of_other_shapes() -> None:
    reader = LogReader(tty=True)
    assert reader.feed(b"2026-01-01T00:00:00Z no fraction\n") == [(1, NEW_YEAR, "no fraction")]
    assert reader.feed(b"2026-01-01T00:00:00.5Z half\n") == [(1, NEW_YEAR + 500_000, "half")]
    assert reader.feed(b"no time at all\n") == [(1, NEW_YEAR + 500_000, "no time at all")]
    assert reader.feed(b"2026-13-01T00:00:00.5Z odd\n") == [(1, NEW_YEAR + 500_000, "2026-13-01T00:00:00.5Z odd")]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert LogReader(tty=True).feed(b"2026-01-01T00:00:00Z \xff\xfe\n")[0][2] == "\ufffd\ufffd"


def test_the_end_gives_what_had_no_line_end() -> None:
    reader = LogReader(tty=True)
    reader.feed(b"2026-01-01T00:00:00Z tail")
    assert reader.end() == [(1, NEW_YEAR, "tail")]
