"""Variables: every form, and nothing replaced by nothing in silence."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.compose.errors import ComposeInvalid
from gallery.compose.interpolation import Unresolved, interpolate
from gallery.compose.parse import parse_project, project_variables
from gallery.compose.types import Variable

VALUES = {"A": "one", "EMPTY": "", "_X1": "under", "DOLLAR": "$A ${A}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$A", "one"),
        ("${A}", "one"),
        ("x${A}y$A.z", "xoneyone.z"),
        ("$_X1", "under"),
        ("${NONE:-d}", "d"),
        ("${NONE-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${EMPTY}", ""),
        ("${A:?needed}", "one"),
        ("${EMPTY?needed}", ""),
        ("${A:+there}", "there"),
        ("${EMPTY:+there}", ""),
        ("${EMPTY+there}", "there"),
        ("${NONE+there}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-${A}}", "one"),
        ("${NONE:-${OTHER:-deep}}", "deep"),
        ("${NONE:-a:b-c?d}", "a:b-c?d"),
        ("$$A", "$A"),
        ("$${A}", "${A}"),
        ("100$$", "100$"),
        ("${DOLLAR}", "$A ${A}"),
        ("${NONE:-$$x}", "$x"),
    ],
)
def test_replaces(text: str, expected: str) -> None:
    assert interpolate(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$NONE", "NONE has no value"),
        ("${NONE}", "NONE has no value"),
        ("${NONE:?the password is needed}", "the password is needed"),
        ("${EMPTY:?}", "it is required"),
        ("${A", "is not closed"),
        ("${}", "names no variable"),
        ("${1A}", "names no variable"),
        ("${A!x}", "is no form of a variable"),
        ("5$", "stands before no name"),
        ("$ A", "stands before no name"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(Unresolved, match=message) as caught:
        interpolate(text, VALUES)
    assert caught.value.remedy


def test_deep_nesting_ends() -> None:
    with pytest.raises(Unresolved, match="nested too deep"):
        interpolate("${N:-" * 50 + "x" + "}" * 50, {})


def test_growth_ends() -> None:
    with pytest.raises(Unresolved, match="too long"):
        interpolate("$A" * 200, {"A": "x" * 10_000})


@given(st.text())
def test_never_fails_otherwise(text: str) -> None:
    with contextlib.suppress(Unresolved):
        assert isinstance(interpolate(text, VALUES), str)


@given(st.text(alphabet=st.characters(exclude_characters="$")))
def test_text_without_dollars_stays(text: str) -> None:
    assert interpolate(text, {}) == text


def test_values_change_any_attribute() -> None:
    text = "services: {web: {image: 'nginx:${V}', ports: ['${P}:80'], deploy: {replicas: $N}}}"
    found = parse_project(text, {"V": "1.27", "P": "8080-8090", "N": "2"}, "demo").services[0]
    assert (found.image, found.ports[0].published, found.replicas) == ("nginx:1.27", "8080-8090", 2)


def test_a_missing_value_is_refused_at_its_place() -> None:
    with pytest.raises(ComposeInvalid) as caught:
        parse_project("services:\n  web:\n    image: nginx:${TAG}\n", {}, "demo")
    refusal = caught.value.refusals[0]
    assert (refusal.path, refusal.line, refusal.column) == ("services.web.image", 3, 12)
    assert "Give TAG a value" in refusal.remedy


def test_keys_are_not_replaced() -> None:
    found = parse_project("services: {web: {image: x, labels: {$A: b}}}", {}, "demo").services[0]
    assert found.labels == {"$A": "b"}


def test_lists_the_variables_of_a_text() -> None:
    text = "services: {web: {image: 'x:${TAG:-1}', environment: {P: '${PW:?a password}', Q: $TAG, R: '${A:-${B}}'}}}"
    assert project_variables(text) == (
        Variable("TAG", "1", True),
        Variable("PW", None, True, "a password"),
        Variable("A", "${B}", False),
        Variable("B", None, True),
    )


def test_lists_no_variables_of_a_broken_text() -> None:
    with pytest.raises(ComposeInvalid):
        project_variables("services: {web: {image: '${'}}")
