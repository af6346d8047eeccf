"""Every attribute of the Compose Specification's schema, at every depth, is applied or refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from gallery.compose import refused
from gallery.compose.attributes import ATTRIBUTES
from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import parse_project
from gallery.compose.service import JOINED

from .probes import given, outcome, paths, texts

pytestmark = pytest.mark.shared
# Attributes whose absence means the same as what a test can give them, each with the reason.
SAME = {
    "version": "the specification says that it has no meaning",
}


@pytest.fixture
def schema(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data.parent / "reference" / "compose-spec.json").read_text())
    return found


def test_attributes_of_a_service(schema: dict[str, Any]) -> None:
    specified = set(schema["definitions"]["service"]["properties"])
    applied = set(ATTRIBUTES) | set(JOINED)
    assert applied & set(refused.SERVICE) == set()
    assert applied | set(refused.SERVICE) == specified


def test_every_attribute_changes_the_project_or_is_refused_by_name(schema: dict[str, Any]) -> None:
    """The project with the attribute differs from the one without it, in itself or by a note that names it; or the
    attribute, or one that it is part of, is refused by name."""
    ignored: list[str] = []
    found = paths(schema)
    assert len(found) > 250
    for path in found:
        said = _said(path)
        if said and path not in SAME:
            ignored.append(f"{path}: {said}")
    assert not ignored, "\n".join(ignored)


def _said(path: str) -> str:
    """What is wrong with how an attribute is treated; "" when nothing is."""
    root, *words = path.replace("[]", "").replace(".*", "").split(".")
    with_it, without = texts(path, given(path) if path.partition(".")[0] not in refused.TOP else "x")
    name = None if path == "name" else "demo"
    project, why = outcome(with_it, name)
    if project is None:
        if "no attribute of the Compose" in why:
            return f"it is called unknown: {why}"
        named = words if root == "services" else [root, *words]
        return "" if any(f"“{word}”" in why or f".{word}" in why for word in named) else f"refused: {why}"
    other, _ = outcome(without, name)
    return "" if project != other else "it changes nothing"


def refusals_of(text: str) -> tuple[Refusal, ...]:
    """What is refused; empty when the text is read."""
    try:
        parse_project(text, {}, "demo")
    except ComposeInvalid as error:
        return error.refusals
    return ()


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
