"""Two texts side by side."""

from hosts.differences import ADDED, CHANGED, GAP, MAX_LINES, REMOVED, SAME, Line, side_by_side


def test_the_same_is_nothing() -> None:
    assert side_by_side("a\nb\n", "a\nb\n") == ()
    assert side_by_side("", "") == ()


def test_changed_added_and_removed_lines_with_their_numbers() -> None:
    assert side_by_side("a\nb\nc\n", "a\nB\nc\nd\n") == (
        Line(SAME, "a", "a", 1, 1),
        Line(CHANGED, "b", "B", 2, 2),
        Line(SAME, "c", "c", 3, 3),
        Line(ADDED, "", "d", 0, 4),
    )
    assert side_by_side("a\nb\n", "a\n")[1] == Line(REMOVED, "b", "", 2, 0)


def test_more_lines_on_one_side() -> None:
    rows = side_by_side("a\nb\nc", "x")
    assert [row.kind for row in rows] == [CHANGED, REMOVED, REMOVED]


def test_what_did_not_change_is_left_out() -> None:
    old = [f"line {number}" for number in range(100)]
    new = [*old[:50], "new", *old[50:]]
    rows = side_by_side("\n".join(old), "\n".join(new))
    assert [row.kind for row in rows] == [GAP, SAME, SAME, SAME, ADDED, SAME, SAME, SAME]


def test_long_texts_are_bounded() -> None:
    text = "x\n" * (MAX_LINES * 3)
    assert side_by_side(text, text + "y\n") == ()
