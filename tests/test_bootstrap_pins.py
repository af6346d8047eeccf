"""What is installed is pinned, hashed, the same for everybody, and names no server."""

import json
import re
from pathlib import Path

import pytest

from portal.bootstrap import stamp_of

ROOT = Path(__file__).resolve().parents[1]
FILES = ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, set[str]]:
    """Package -> versions (one for each marker)."""
    found: dict[str, set[str]] = {}
    for package, version in PIN.findall((ROOT / name).read_text()):
        found.setdefault(_normal(package), set()).add(version)
    return found


def wanted(name: str) -> set[str]:
    """Packages that a .in file asks for by name."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {_normal(re.split(r"[\[~=<>!; ]", line)[0]) for line in lines if line and not line.startswith("-")}


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_has_one_version_and_hashes(name: str) -> None:
    blocks = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    assert blocks
    for line in blocks:
        assert "==" in line, line
        assert "--hash=sha256:" in line, line


@pytest.mark.parametrize("name", [*FILES, "package-lock.json", "package.json"])
def test_no_file_of_pins_names_a_server(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "resolved" not in text


@pytest.mark.parametrize("name", FILES)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    missing = wanted(name.replace(".txt", ".in")) - pins(name).keys()
    assert not missing, f"type: make lock ({sorted(missing)} not in {name})"


def test_development_uses_the_versions_that_run() -> None:
    dev = pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")


def test_django_is_the_long_supported_one() -> None:
    (version,) = pins("requirements.txt")["django"]
    assert version.startswith("5.2.")


def test_browser_assets_are_exact_and_locked_with_a_hash() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert set(asked) == {"@xterm/addon-fit", "@xterm/xterm", "htmx.org", "idiomorph", "lucide-static", "uplot"}
    for name, version in asked.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_a_stamp_changes_with_every_input(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_text("a")
    first = stamp_of([one], "word")
    assert stamp_of([one], "word") == first
    assert stamp_of([one], "other") != first
    one.write_text("b")
    assert stamp_of([one], "word") != first
    assert stamp_of([tmp_path / "absent"], "word") not in {first, stamp_of([one], "word")}
