"""The family of problems: each has its status, a stable code, and the body that RFC 9457 names."""

import pytest

from portal.problems import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Refused,
    SignInNeeded,
    TooMany,
    Unavailable,
)

FAMILY = {
    Problem: (400, True),
    Invalid: (422, True),
    Refused: (422, True),
    SignInNeeded: (401, True),
    NotAllowed: (403, True),
    NotFound: (404, True),
    Conflict: (409, True),
    TooMany: (429, False),
    Unavailable: (503, False),
}


@pytest.mark.parametrize(("kind", "known"), FAMILY.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_each_has_its_status_and_says_whether_a_retry_helps(kind: type[Problem], known: tuple[int, bool]) -> None:
    problem = kind("what to do")
    assert (problem.status, problem.permanent) == known
    assert problem.as_dict() == {
        "type": f"urn:pierhead:problem:{kind.code}",
        "title": kind.title,
        "status": known[0],
        "detail": "what to do",
        "code": kind.code,
    }


def test_codes_are_used_once() -> None:
    codes = [kind.code for kind in FAMILY]
    assert len(codes) == len(set(codes))


def test_one_occurrence_may_be_more_precise() -> None:
    problem = Refused("Port 80 is taken.", code="port-taken", title="The port is taken", fields={"ports": ("80",)})
    assert problem.as_dict()["type"] == "urn:pierhead:problem:port-taken"
    assert problem.as_dict()["errors"] == {"ports": ["80"]}
    assert (Refused.code, Refused.title) == ("refused", "This cannot be carried out")


def test_what_it_prints_is_never_empty() -> None:
    assert str(NotFound()) == "There is no such thing here"
    assert str(NotFound("Gone.")) == "Gone."


def test_fields_of_two_problems_are_not_shared() -> None:
    one, two = Invalid("x"), Invalid("y")
    one.fields["name"] = ["z"]
    assert two.fields == {}
