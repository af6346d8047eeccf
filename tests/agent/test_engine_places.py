"""Where the agent looks for its engine when nobody names one."""

import hashlib
import json
from pathlib import Path

import pytest

from engine_agent.engine.places import context_address, engine_places

USUAL = ("unix:///var/run/docker.sock", "unix:///run/podman/podman.sock")


def context(home: Path, name: str, host: str) -> None:
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


def use(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_usual_places_when_nothing_is_named(tmp_path: Path) -> None:
    assert engine_places({}, tmp_path, USUAL) == USUAL


def test_docker_host_comes_first_and_its_context_second(tmp_path: Path) -> None:
    context(tmp_path, "mine", "unix:///mine.sock")
    use(tmp_path, "mine")
    found = engine_places({"DOCKER_HOST": "unix:///named.sock"}, tmp_path, USUAL)
    assert found == ("unix:///named.sock", "unix:///mine.sock", *USUAL)


def test_a_context_named_by_the_environment(tmp_path: Path) -> None:
    context(tmp_path, "mine", "unix:///mine.sock")
    assert context_address({"DOCKER_CONTEXT": "mine"}, tmp_path) == "unix:///mine.sock"
    assert context_address({"DOCKER_CONTEXT": "mine", "DOCKER_CONFIG": str(tmp_path / "other")}, tmp_path) == ""


@pytest.mark.parametrize("host", ["ssh://user@host", "tcp://192.0.2.1:2375", "nonsense", ""])
def test_what_the_agent_does_not_speak_is_left_out(tmp_path: Path, host: str) -> None:
    assert engine_places({"DOCKER_HOST": host}, tmp_path, USUAL) == USUAL


@pytest.mark.parametrize("text", ["not json", "[]", '{"currentContext": 3}', '{"currentContext": "gone"}'])
def test_a_broken_configuration_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text)
    assert engine_places({}, tmp_path, USUAL) == USUAL


def test_an_address_is_tried_once(tmp_path: Path) -> None:
    assert engine_places({"DOCKER_HOST": USUAL[1]}, tmp_path, USUAL) == (USUAL[1], USUAL[0])
