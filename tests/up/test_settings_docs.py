"""Every setting that the code reads has its line in docs/settings.md, and every line its setting."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "number", "flag", "words", "address"}
OTHERS = {"DOCKER_HOST", "XDG_RUNTIME_DIR"}  # the system's own, read while looking for the engine
LINE = re.compile(r"^\| `([A-Z_]+)`", re.MULTILINE)


def names_read(folder: Path) -> Iterator[str]:
    """The first argument of every call of a reader in portal.settings.env."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in READERS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "env"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def documented() -> set[str]:
    return set(LINE.findall((ROOT / "docs" / "settings.md").read_text()))


def test_every_setting_is_documented() -> None:
    read = {name for room in ("portal", "gallery", "hosts") for name in names_read(ROOT / room)}
    assert "DATABASE_URL" in read
    assert read - documented() == set()


def test_every_documented_setting_is_read() -> None:
    read = {name for room in ("portal", "gallery", "hosts") for name in names_read(ROOT / room)}
    assert documented() - read - OTHERS == set()


def test_a_setting_is_never_read_behind_the_readers_back() -> None:
    """os.environ["PIERHEAD_..."] would know no NAME_FILE."""
    allowed = {"portal/settings/env.py", "portal/up/supervisor.py"}
    for room in ("portal", "gallery", "hosts"):
        for path in (ROOT / room).rglob("*.py"):
            if str(path.relative_to(ROOT)) not in allowed:
                assert not re.search(r"environ[^\n]*PIERHEAD_", path.read_text()), path
