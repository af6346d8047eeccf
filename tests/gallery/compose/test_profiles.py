"""Profiles: services that are only on when one of theirs is chosen."""

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project, parse_project
from gallery.compose.sources import Sources

TEXT = """
services:
  web: {image: x}
  debug: {image: d, profiles: [debug, all], depends_on: [tools], volumes: ['v:/v']}
  tools: {image: t, profiles: [all, debug]}
  seed: {image: s, profiles: [seed], build_it: 1}
volumes: {v: }
"""
FINE = TEXT.replace(", build_it: 1", "")


def names(*profiles: str, **values: str) -> list[str]:
    sources = Sources({"compose.yaml": FINE}, values=values, profiles=profiles)
    return [service.name for service in load_project(sources, "demo").services]


def test_choosing() -> None:
    assert names() == ["web"]
    assert names("debug") == ["web", "debug", "tools"]
    assert names("seed", "all") == ["web", "debug", "tools", "seed"]
    assert names("*") == ["web", "debug", "tools", "seed"]
    assert names(COMPOSE_PROFILES="seed, all") == ["web", "debug", "tools", "seed"]
    assert names("unknown") == ["web"]


def test_the_others_are_told_and_their_volumes_are_not_made() -> None:
    project = parse_project(FINE, {}, "demo")
    assert project.idle == ("debug", "tools", "seed")
    assert project.volumes == {}


def test_names_are_checked_even_when_off() -> None:
    with pytest.raises(ComposeInvalid, match="“build_it” is no attribute"):
        parse_project(TEXT, {}, "demo")


def test_a_dependency_that_is_off_is_refused_with_the_remedy() -> None:
    text = "services:\n  web:\n    image: x\n    depends_on: [db]\n  db: {image: d, profiles: [data]}\n"
    with pytest.raises(ComposeInvalid) as caught:
        parse_project(text, {}, "demo")
    refusal = caught.value.refusals[0]
    assert refusal.message == "The service “db” is switched off: none of its profiles is chosen."
    assert "COMPOSE_PROFILES" in refusal.remedy
    assert (refusal.path, refusal.line) == ("services.web.depends_on", 4)
    assert [one.name for one in parse_project(text, {"COMPOSE_PROFILES": "data"}, "demo").services] == ["web", "db"]


def test_one_that_is_off_may_be_an_optional_dependency() -> None:
    text = (
        "services: {web: {image: x, depends_on: {db: {condition: service_started, required: false}}}, "
        "db: {image: d, profiles: [data]}}"
    )
    assert parse_project(text, {}, "demo").service("web").depends_on == ()


def test_nothing_on_at_all() -> None:
    with pytest.raises(ComposeInvalid, match="No service is switched on"):
        parse_project("services: {web: {image: x, profiles: [a]}}", {}, "demo")
