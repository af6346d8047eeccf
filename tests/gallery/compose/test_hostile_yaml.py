"""Texts made to hurt: they are refused with a place, quickly, and never run anything."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project


def refused(text: str) -> str:
    started = time.monotonic()
    with pytest.raises(ComposeInvalid) as caught:
        parse_project(text, {}, "demo")
    assert time.monotonic() - started < 5
    return str(caught.value.refusals[0])


def test_billion_laughs() -> None:
    lines = ["x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, 12):
        references = ", ".join([f"*x{level - 1}"] * 9)
        lines.append(f"x{level}: &x{level} [{references}]")
    assert "more than 20000 values" in refused("\n".join(lines))


def test_an_alias_to_itself() -> None:
    assert refused("services: &a {web: *a}")


def test_deep_nesting() -> None:
    assert "nested" in refused("a: " + "[" * 200 + "]" * 200)
    assert refused("[" * 50_000)


def test_too_large() -> None:
    assert "1 MiB" in refused("a: " + "x" * (1 << 20))


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!resets", "!!set", "!custom"])
def test_tags(tag: str) -> None:
    assert "YAML tag" in refused(f"services: {{web: {{image: {tag} [x]}}}}")


def test_keys_that_are_there_twice() -> None:
    text = "services:\n  web:\n    image: a\n    image: b\n"
    assert "line 4, column 5: The key “image” is there twice" in refused(text)


def test_a_second_document() -> None:
    assert "second document" in refused("services: {web: {image: x}}\n---\nservices: {db: {image: y}}\n")


def test_broken_yaml_has_a_place() -> None:
    assert refused("services:\n  web:\n   image: 'x\n").startswith("line ")
    assert refused("services:\n\tweb: {image: x}\n").startswith("line 2")


def test_keys_must_be_words() -> None:
    assert "key must be a plain word" in refused("services: {? [a] : b}")


def test_merging_something_else() -> None:
    assert "Only maps can be merged" in refused("services: {web: {<<: [1], image: x}}")


NAMES = st.sampled_from(["image", "ports", "volumes", "deploy", "networks", "test", "target"])
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


def refusals_of(text: str) -> list[str]:
    """What is refused; empty when the text is read."""
    try:
        parse_project(text, {}, "demo")
    except ComposeInvalid as error:
        return [refusal.message for refusal in error.refusals] or [""]
    return []


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    assert all(refusals_of(text))


@given(SHAPES)
@settings(max_examples=200, deadline=None)
def test_any_shape_of_a_service_is_read_or_refused(value: object) -> None:
    assert all(refusals_of(json.dumps({"services": {"web": value}})))


def test_merging_bombs() -> None:
    """Maps merged into maps: counted before they are copied."""
    lines = ["x0: &x0 {" + ", ".join(f"k{number}: v" for number in range(200)) + "}"]
    for level in range(1, 40):
        lines.append(f"x{level}: &x{level} {{<<: [*x{level - 1}, *x{level - 1}], own{level}: {{<<: *x{level - 1}}}}}")
    assert "more than 20000 values" in refused("\n".join(lines))


def test_interpolation_bombs() -> None:
    """Long values in many places: the whole is bounded, not each alone."""
    value = "x" * 100_000
    items = ", ".join(["'$BIG'"] * 200)
    started = time.monotonic()
    with pytest.raises(ComposeInvalid, match="too large once"):
        parse_project(f"services: {{web: {{image: x, cap_add: [{items}]}}}}", {"BIG": value}, "demo")
    nested = "${A:-" * 50 + "x" + "}" * 50
    with pytest.raises(ComposeInvalid, match="nested too deep"):
        parse_project(f"services: {{web: {{image: '{nested}'}}}}", {}, "demo")
    assert time.monotonic() - started < 10


def test_aliases_to_long_texts() -> None:
    """The text stands in memory once; each use counts."""
    items = ", ".join(["*long"] * 10_000)
    text = f"x-long: &long '{'y' * 900_000}'\nservices: {{web: {{image: x, cap_add: [{items}]}}}}"
    assert "too large once" in refused(text)
