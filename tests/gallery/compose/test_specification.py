"""Every attribute of the Compose Specification's schema is applied or refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from gallery.compose import refused
from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import parse_project
from gallery.compose.service import ATTRIBUTES, JOINED

pytestmark = pytest.mark.shared


@pytest.fixture
def schema(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data.parent / "reference" / "compose-spec.json").read_text())
    return found


def test_attributes_of_a_service(schema: dict[str, Any]) -> None:
    specified = set(schema["definitions"]["service"]["properties"])
    applied = set(ATTRIBUTES) | set(JOINED)
    assert applied & set(refused.SERVICE) == set()
    assert applied | set(refused.SERVICE) == specified


def test_top_level(schema: dict[str, Any]) -> None:
    applied = {"version", "name", "services", "networks", "volumes"}
    assert applied | set(refused.TOP) == set(schema["properties"])


def test_deploy(schema: dict[str, Any]) -> None:
    applied = {"mode", "replicas", "resources", "restart_policy"}
    assert applied | set(refused.DEPLOY) == set(schema["definitions"]["deployment"]["properties"])


def refusals_of(text: str) -> tuple[Refusal, ...]:
    """What is refused; empty when the text is read."""
    try:
        parse_project(text, {}, "demo")
    except ComposeInvalid as error:
        return error.refusals
    return ()


@pytest.mark.parametrize("kind", ["network", "volume", "healthcheck"])
def test_other_maps(schema: dict[str, Any], kind: str) -> None:
    """Each attribute alone is read or refused by name, never called unknown."""
    for attribute in schema["definitions"][kind]["properties"]:
        part = f"{kind}s: {{a: {{{attribute}: }}}}\nservices: {{web: {{image: x}}}}"
        if kind == "healthcheck":
            part = f"services: {{web: {{image: x, healthcheck: {{{attribute}: }}}}}}"
        unknown = [refusal for refusal in refusals_of(part) if "no attribute" in refusal.message]
        assert not unknown, attribute


def test_real_files_are_read_or_refused_with_a_remedy(shared_data: Path) -> None:
    files = sorted((shared_data / "awesome-compose").glob("*/compose.y*ml"))
    assert len(files) == 39
    refused_files = 0
    for file in files:
        found = refusals_of(file.read_text())
        refused_files += bool(found)
        for refusal in found:
            assert refusal.line > 0, (file, refusal)
            assert refusal.remedy, (file, refusal)
    assert refused_files < 39
