"""The agent installs alone: a wheel from its own folder, and everything it imports is declared."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "engine_agent"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# distribution -> import name
IMPORTS = {"websockets": "websockets", "h11": "h11", "msgspec": "msgspec", "PyNaCl": "nacl"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, its dependencies borrowed from ours; gives its bin folder."""
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    subprocess.run(["cp", "-r", str(ROOT), str(source)], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    built = [
        *pip,
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(source),
    ]
    subprocess.run(built, check=True, timeout=100, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    install = [*pip, "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, timeout=100)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    (borrowed,) = {Path(path) for path in sys.path if path.endswith("site-packages")}
    (site / "borrowed.pth").write_text(f"{borrowed}\n")
    return folder / "env" / "bin"


def test_the_console_script_works(installed: Path) -> None:
    done = subprocess.run(
        [installed / "engine-agent", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert re.fullmatch(r"engine-agent \d+\.\d+\.\d+\n", done.stdout)


def test_every_module_is_in_the_wheel(installed: Path) -> None:
    program = "import pkgutil, engine_agent as a; print(*(m.name for m in pkgutil.walk_packages(a.__path__)))"
    done = subprocess.run([installed / "python", "-c", program], capture_output=True, text=True, check=True, cwd="/")
    names = set(done.stdout.split())
    assert {path.stem for path in ROOT.glob("*.py")} - {"__init__"} <= names
    found = [path.parent.relative_to(ROOT).parts for path in ROOT.rglob("*/__init__.py")]
    packages = {".".join(parts) for parts in found if parts and "build" not in parts}
    assert {parts[-1] for parts in found if parts} <= names
    assert packages == {name.partition(".")[2] for name in PROJECT["tool"]["setuptools"]["packages"]} - {""}


def test_the_whole_agent_can_be_imported_from_it(installed: Path) -> None:
    program = "import engine_agent.agent, engine_agent.enrolment as e; assert 'env/lib' in e.__file__, e.__file__"
    subprocess.run([installed / "python", "-c", program], check=True, cwd="/")


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    declared = {re.split(r"[<>=~! ]", word)[0] for word in PROJECT["project"]["dependencies"]}
    assert declared == set(IMPORTS)
    used: set[str] = set()
    for path in ROOT.rglob("*.py"):
        if "build" in path.relative_to(ROOT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                used.add(node.module.partition(".")[0])
    assert used - set(sys.stdlib_module_names) - {"msvcrt"} == set(IMPORTS.values())


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    for word in PROJECT["project"]["dependencies"]:
        assert ">=" in word, word
        assert "<" in word, word


def test_nothing_outside_os_host_asks_which_system_this_is() -> None:
    for path in ROOT.rglob("*.py"):
        if "os_host" in path.parts or "build" in path.relative_to(ROOT).parts:
            continue
        text = path.read_text("utf-8")
        assert not re.search(r"sys\.platform|os\.name\b|platform\.system", text), path
