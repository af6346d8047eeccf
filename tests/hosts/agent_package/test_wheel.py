"""The agent's wheel: the same bytes every time, and what an installer expects of one."""

import base64
import csv
import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest

from hosts.agent_package.wheel import agent_wheel

ROOT = Path(__file__).resolve().parents[3] / "engine_agent"


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(agent_wheel(ROOT).content))


def test_its_name_and_metadata_agree(archive: zipfile.ZipFile) -> None:
    wheel = agent_wheel(ROOT)
    info = f"pierhead_engine_agent-{wheel.version}.dist-info"
    assert wheel.name == f"pierhead_engine_agent-{wheel.version}-py3-none-any.whl"
    metadata = archive.read(f"{info}/METADATA").decode()
    assert f"Name: pierhead-engine-agent\nVersion: {wheel.version}\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert len(re.findall(r"^Requires-Dist: ", metadata, re.MULTILINE)) == len(wheel.requires)
    assert archive.read(f"{info}/entry_points.txt").decode() == (
        "[console_scripts]\nengine-agent = engine_agent.cli:main\n"
    )


def test_every_source_file_is_in_it_and_nothing_else(archive: zipfile.ZipFile) -> None:
    names = {name.removeprefix("engine_agent/") for name in archive.namelist() if ".dist-info/" not in name}
    sources = {path.relative_to(ROOT) for path in ROOT.rglob("*.py") if not {"build", "dist"} & set(path.parts)}
    assert names == {path.as_posix() for path in sources} | {"py.typed"}


def test_the_record_lists_every_file_with_its_digest(archive: zipfile.ZipFile) -> None:
    [record] = [name for name in archive.namelist() if name.endswith("/RECORD")]
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(archive.read(record).decode()))}
    assert set(rows) == set(archive.namelist())
    assert rows.pop(record) == ["", ""]
    for name, (digest, size) in rows.items():
        data = archive.read(name)
        assert int(size) == len(data)
        assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    copies = tmp_path / "one", tmp_path / "two"
    for path in ROOT.rglob("*"):
        if path.suffix in {".py", ".toml", ".typed"} and "build" not in path.parts:
            content = path.read_bytes()
            for copy in copies:
                target = copy / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    first, second = map(agent_wheel, copies)
    assert first.sha256 == second.sha256


def test_a_folder_without_a_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "__init__.py").write_text("")
    with pytest.raises(ValueError, match="names no version"):
        agent_wheel(tmp_path)
