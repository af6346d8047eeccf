"""Every text colour is readable on every ground it stands on, in both themes (WCAG 2.2, 1.4.3: 4.5 to 1)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")

GROUNDS = ("bg", "surface", "sunken", "hover", "raised")
STATES = ("ok", "warn", "bad", "info", "idle")

TEXT_PAIRS = [
    *[(ink, ground) for ink in ("text", "text-2", "text-3", "accent-text") for ground in (*GROUNDS, "nav-bg")],
    *[(state, ground) for state in STATES for ground in GROUNDS],
    *[(state, f"{state}-soft") for state in STATES],
    *[("text", f"{state}-soft") for state in STATES],
    *[("text-2", f"{state}-soft") for state in STATES],
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-danger", "danger"),
    ("on-danger", "danger-hover"),
    ("accent-text", "accent-soft"),
    ("text", "accent-soft"),
    ("text-3", "accent-soft"),
    ("code-text", "code-bg"),
    ("text-3", "code-bg"),
    ("text", "marked"),
    ("ok", "marked"),
    ("text-2", "marked"),
    *[("tint-text", f"tint-{number}") for number in range(8)],
    *[(f"who-{number}", ground) for number in range(8) for ground in ("code-bg", "surface")],
    *[(f"ansi-{number}", "code-bg") for number in range(7)],
]

# Borders of controls, the focus ring and progress need 3 to 1 against what is beside them (1.4.11).
LINE_PAIRS = [("control-line", "surface"), ("control-line", "bg"), ("focus", "bg"), ("focus", "surface"), ("bad", "bg")]


def tokens() -> dict[str, tuple[str, str]]:
    """Name -> (light, dark)."""
    return {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text(encoding="utf-8").lower())}


def luminance(colour: str) -> float:
    """WCAG's relative luminance of #rrggbb."""

    def linear(part: int) -> float:
        value = part / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_is_readable(ink: str, ground: str, theme: int) -> None:
    known = tokens()
    assert contrast(known[ink][theme], known[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINE_PAIRS)
def test_controls_can_be_told_apart(line: str, ground: str, theme: int) -> None:
    known = tokens()
    assert contrast(known[line][theme], known[ground][theme]) >= 3
