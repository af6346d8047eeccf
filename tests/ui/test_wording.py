"""How quantities are written."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import engines
from django.utils import timezone

from portal.templatetags import wording

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def show(source: str, **context: Any) -> str:
    return engines["django"].from_string("{% load pierhead %}" + source).render(context)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (1234, "1.2 kB"), (999_400, "999 kB"),
        (999_960, "1.0 MB"), (1_500_000_000, "1.5 GB"), (84_210_000_000, "84.2 GB"), (112_400_000, "112 MB"),
        (5e15, "5.0 PB"), (2e19, "20000 PB"), (-1500, "-1.5 kB"),
    ],
)  # fmt: skip
def test_sizes_are_decimal(value: float, expected: str) -> None:
    assert plain(wording.bytes_text(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1023, "1023 B"), (1024, "1.0 KiB"), (2**30, "1.0 GiB"), (193_273_528_320, "180 GiB")]
)
def test_memory_is_binary(value: float, expected: str) -> None:
    assert plain(wording.memory_text(value)) == expected


def test_a_quantity_and_its_unit_stay_on_one_line() -> None:
    assert " " not in wording.bytes_text(1500)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1999, "1.9k"), (12_345, "12.3k"), (999_999, "999k"),
     (1_234_567, "1.2M"), (12_483_112_904, "12.4B"), (9e9, "9B")],
)  # fmt: skip
def test_large_counts_never_promise_more(value: float, expected: str) -> None:
    assert wording.number_short(value) == expected


def test_numbers_have_separators() -> None:
    assert wording.number_text(1_284) == "1,284"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0.0 s"), (0.42, "0.4 s"), (9.96, "10.0 s"), (12, "12 s"), (60, "1 min"), (125, "2 min 5 s"),
     (3600, "1 h"), (3661, "1 h 1 min"), (90_000, "1 d 1 h"), (-5, "0.0 s"), (timedelta(minutes=3), "3 min")],
)  # fmt: skip
def test_durations_have_at_most_two_units(value: Any, expected: str) -> None:
    assert wording.duration_text(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "just now"), (1.9, "just now"), (2, "2 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"),
     (3600, "1 h ago"), (86_399, "23 h ago"), (86_400, "1 d ago"), (400 * 86_400, "400 d ago"), (-1, "just now"),
     (-30, "in 30 s"), (-7200, "in 2 h")],
)  # fmt: skip
def test_ages(seconds: float, expected: str) -> None:
    assert wording.age_text(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("docker.io/library/nginx:1.27", "nginx:1.27"),
        ("docker.io/grafana/grafana", "grafana/grafana"),
        ("registry.example:5000/shop/web:2", "registry.example:5000/shop/web:2"),
        ("nginx@sha256:" + "4f4fb700ef54" + "0" * 52, "nginx@4f4fb700ef54"),
        ("sha256:" + "4f4fb700ef54" + "0" * 52, "4f4fb700ef54"),
        ("", ""),
    ],
)
def test_image_references_for_narrow_places(reference: str, expected: str) -> None:
    assert wording.image_short(reference) == expected


def test_an_age_carries_the_moment_for_the_script_and_for_the_reader() -> None:
    html = show("{{ moment|age }}", moment=timezone.now() - timedelta(seconds=90))
    assert html.startswith('<time class="age" datetime="')
    assert " UTC" in html
    assert "data-age>1 min ago</time>" in html


def test_an_old_fact_is_marked_stale() -> None:
    html = show("{{ moment|age:15 }}", moment=timezone.now() - timedelta(seconds=90))
    assert 'class="age stale"' in html
    assert 'data-age="15"' in html
    assert "stale" not in show("{{ moment|age:15 }}", moment=timezone.now())


def test_a_moment_nobody_knows_is_unknown() -> None:
    assert "unknown" in show("{{ moment|age:15 }}", moment=None)


@pytest.mark.parametrize("name", ["bytes", "memory", "number", "number_short", "duration", "short_id", "image_short"])
def test_what_is_not_known_is_a_dash_and_never_zero(name: str) -> None:
    assert show("{{ value|" + name + " }}", value=None) == "—"


@pytest.mark.parametrize("name", ["bytes", "number", "duration"])
def test_nonsense_is_a_dash(name: str) -> None:
    assert show("{{ value|" + name + " }}", value="abc") == "—"
