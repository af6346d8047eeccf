"""The samples people start from: each is planned, or refused by name because it builds its image."""

from pathlib import Path

import pytest

from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.nodes import Items, Map, Scalar, load
from gallery.compose.parse import load_project, project_variables
from gallery.compose.sources import MAIN, Outside, Sources, project_path
from gallery.compose.types import Project
from hosts import planning
from hosts.plan_types import CREATE
from hosts.wanted import Wanted
from tests.hosts.shapes import host, image

pytestmark = pytest.mark.shared


def supplied(text: str) -> Sources:
    """The sample with a value for each variable, a secret for each secret, and every file that it mounts."""
    values = {one.name: "/srv" if one.name.endswith("PATH") else "1" for one in project_variables(text)}
    tree = load(text)
    services = tree.get("services")
    files: dict[str, str] = {}
    assert isinstance(services, Map)
    for entry in services.entries.values():
        volumes = entry.value.get("volumes") if isinstance(entry.value, Map) else None
        for item in volumes.items if isinstance(volumes, Items) else ():
            source = item.get("source") if isinstance(item, Map) else item
            word = source.text.partition(":")[0] if isinstance(source, Scalar) else ""
            if word.startswith("."):
                files |= _file(word)
        environment = entry.value.get("environment") if isinstance(entry.value, Map) else None
        for one in environment.items if isinstance(environment, Items) else ():
            if isinstance(one, Scalar) and "=" not in one.text:
                values[one.text] = "1"
    secrets = tree.get("secrets")
    kept = dict.fromkeys(secrets.entries, "kept") if isinstance(secrets, Map) else {}
    return Sources({MAIN: text, **files}, values=values, secrets=kept)


def _file(word: str) -> dict[str, str]:
    try:
        path = project_path("", word)
    except Outside:
        return {}
    return {path: "text", f"{path}/inside": "text"} if path else {"inside": "text"}


def planned(project: Project) -> int:
    """How many containers a plan on one roomy host makes."""
    images = {service.image: image(service.image) for service in project.services}
    found = planning.make(Wanted(project, images), [host(cpus=16, memory_bytes=64 * 2**30)])
    assert [one.host for one in found.hosts] == ["host-1"]
    assert {one.action for one in found.hosts[0].containers} == {CREATE}
    return found.changes


def test_every_sample(shared_data: Path) -> None:
    refused: dict[str, tuple[Refusal, ...]] = {}
    made: dict[str, int] = {}
    for file in sorted((shared_data / "awesome-compose").glob("*/compose.y*ml")):
        name, text = file.parent.name, file.read_text()
        try:
            made[name] = planned(load_project(supplied(text), name.lower()))
        except ComposeInvalid as error:
            refused[name] = error.refusals
    assert len(refused) + len(made) == 39
    assert all(one.line and one.column and one.remedy for found in refused.values() for one in found)
    others = [name for name, found in refused.items() if not any(one.path.endswith(".build") for one in found)]
    assert others == ["minecraft"]  # it mounts the home folder of whoever types, which no host has
    assert made["wordpress-mysql"] == 2
    assert len(made) >= 8, made
