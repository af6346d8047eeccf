"""Answers to questions: what each kind takes and what it refuses."""

import pytest

from gallery.catalogue.types import Parameter, ParameterKind
from gallery.catalogue.values import value_problem, values_problems


def asked(kind: str, **more: object) -> Parameter:
    return Parameter("NAME", "A question", ParameterKind(kind), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "anything at all ${HOME}"),
        ("number", "3"),
        ("number", "-0.5"),
        ("port", "1"),
        ("port", "65535"),
        ("host-path", "/srv/data"),
        ("host-path", "D:\\data\\site"),
        ("host-path", "c:/data"),
        ("secret", "p:w ü"),
    ],
)
def test_what_is_taken(kind: str, value: str) -> None:
    assert value_problem(asked(kind), value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "word"),
    [
        ("number", "three", "number"),
        ("number", "1e5", "number"),
        ("number", "٣", "number"),
        ("port", "0", "65535"),
        ("port", "65536", "65535"),
        ("port", "80:80", "65535"),
        ("host-path", "srv/data", "whole path"),
        ("host-path", "../etc", "whole path"),
        ("host-path", "/srv/../etc", "without"),
        ("host-path", "/srv/data:ro", "colon"),
        ("host-path", "/srv\n/data", "line break"),
        ("string", "x" * 4001, "at most"),
        ("string", "a\x00b", "at most"),
    ],
)
def test_what_is_refused(kind: str, value: str, word: str) -> None:
    assert word in value_problem(asked(kind), value)


def test_a_choice_is_one_of_its_choices() -> None:
    size = asked("choice", choices=("small", "large"))
    assert value_problem(size, "small") == ""
    assert "small, large" in value_problem(size, "huge")


def test_all_answers_at_once() -> None:
    parameters = [asked("port", required=True), Parameter("SIZE", "Size", ParameterKind.STRING, default="s")]
    assert set(values_problems(parameters, {"OTHER": "1"})) == {"OTHER", "NAME"}
    assert values_problems(parameters, {"NAME": "80"}) == {}
