"""Each known way to walk around a policy is denied, by a named rule, in the engine's own shape of an error."""

import pytest

from hosts.policy import Options

from .around import WAYS
from .asking import ask
from .ways import Way


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_way_is_denied(way: Way) -> None:
    decision = ask(
        way.method, way.target, way.body, role=way.role, ownership=way.ownership, content_type=way.content_type
    )
    assert not decision.allowed
    assert decision.rule == way.rule
    assert decision.body() == {"message": decision.message}
    assert decision.message
    assert decision.status in (400, 403, 404)


def test_there_are_at_least_150_different_ways() -> None:
    assert len({str(way) for way in WAYS}) >= 150


def test_another_teams_things_look_like_absent_ones() -> None:
    for way in WAYS:
        if way.rule.endswith("-not-found"):
            decision = ask(way.method, way.target, way.body, role=way.role, ownership=way.ownership)
            assert decision.status == 404
            assert "policy" not in decision.message


def test_a_policy_that_allows_everything_still_refuses_what_is_unclear() -> None:
    everything = Options(
        bind_roots=("*",), privileged=True, host_namespaces=("*",), capabilities=("*",), devices=("*",)
    )
    for way in WAYS:
        if way.rule.startswith(("json-", "path-", "query-", "encoded-", "form-", "version-", "unknown-endpoint")):
            decision = ask(way.method, way.target, way.body, options=everything, content_type=way.content_type)
            assert not decision.allowed, way
            admin = ask(way.method, way.target, way.body, role="admin", content_type=way.content_type)
            if not way.rule.startswith("json-shape") and way.rule != "json-duplicate-key":
                assert not admin.allowed, way
