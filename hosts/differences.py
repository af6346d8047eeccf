"""Two texts side by side, line by line. Pure."""

import difflib
from dataclasses import dataclass

MAX_LINES = 4000
CONTEXT = 3
SAME, CHANGED, ADDED, REMOVED, GAP = "same", "changed", "added", "removed", "gap"


@dataclass(frozen=True)
class Line:
    """One row. before, after: the text on either side; numbers from 1, 0 where there is no line.

    kind: same, changed, added, removed, or gap for lines left out because nothing changed in them.
    """

    kind: str
    before: str = ""
    after: str = ""
    number_before: int = 0
    number_after: int = 0


def side_by_side(before: str, after: str) -> tuple[Line, ...]:
    """Every change with three lines around it; () when both are the same."""
    old, new = before.splitlines()[:MAX_LINES], after.splitlines()[:MAX_LINES]
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 2000)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number or group[0][1] or group[0][3]:
            found.append(Line(GAP))
        for tag, i1, i2, j1, j2 in group:
            found += _rows(tag, (old, i1, i2), (new, j1, j2))
    return tuple(found)


def _rows(tag: str, left: tuple[list[str], int, int], right: tuple[list[str], int, int]) -> list[Line]:
    old, i1, i2 = left
    new, j1, j2 = right
    if tag == "equal":
        return [Line(SAME, old[i1 + n], new[j1 + n], i1 + n + 1, j1 + n + 1) for n in range(i2 - i1)]
    rows = []
    for n in range(max(i2 - i1, j2 - j1)):
        has_old, has_new = i1 + n < i2, j1 + n < j2
        kind = CHANGED if has_old and has_new else REMOVED if has_old else ADDED
        rows.append(
            Line(
                kind,
                old[i1 + n] if has_old else "",
                new[j1 + n] if has_new else "",
                i1 + n + 1 if has_old else 0,
                j1 + n + 1 if has_new else 0,
            )
        )
    return rows
