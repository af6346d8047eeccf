"""engine_agent/ as a wheel. Pure but for reading that folder.

A wheel is a zip with a list of its files [binary distribution format, packaging.python.org]; made by hand it needs no
build tool on the portal and has the same bytes, so the same digest, on every node.
"""

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
SUFFIXES = {".py", ".typed"}
_VERSION = re.compile(r'^VERSION = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Wheel:
    """name: of the file; requires: what it needs, as in pyproject.toml."""

    name: str
    version: str
    content: bytes
    requires: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@lru_cache(maxsize=4)
def agent_wheel(folder: Path) -> Wheel:
    """The wheel of the agent's source in `folder`."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    about, tool = project["project"], project["tool"]["setuptools"]
    found = _VERSION.search((folder / "__init__.py").read_text("utf-8"))
    if found is None:
        raise ValueError(f"{folder}/__init__.py names no version")
    version = found[1]
    distribution = re.sub(r"[-_.]+", "_", about["name"]).lower()
    info = f"{distribution}-{version}.dist-info"
    files = _sources(folder, tool["packages"])
    files[f"{info}/METADATA"] = _metadata(about, version)
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: pierhead\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = _entry_points(about["scripts"])
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    name = f"{distribution}-{version}-py3-none-any.whl"
    return Wheel(name, version, _zip(files), tuple(about["dependencies"]))


def _sources(folder: Path, packages: list[str]) -> dict[str, bytes]:
    """The files of every package named in pyproject.toml; the folder itself is the package engine_agent."""
    files = {}
    for package in sorted(packages):
        inside = Path(*package.split(".")[1:])
        for path in sorted((folder / inside).iterdir()):
            if path.is_file() and path.suffix in SUFFIXES:
                files[(Path("engine_agent") / inside / path.name).as_posix()] = path.read_bytes()
    return files


def _metadata(about: dict[str, Any], version: str) -> bytes:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {about['name']}",
        f"Version: {version}",
        f"Summary: {about['description']}",
        f"Requires-Python: {about['requires-python']}",
    ]
    lines += [f"Requires-Dist: {one}" for one in about["dependencies"]]
    return ("\n".join(lines) + "\n").encode()


def _entry_points(scripts: dict[str, str]) -> bytes:
    lines = ["[console_scripts]", *(f"{name} = {target}" for name, target in sorted(scripts.items()))]
    return ("\n".join(lines) + "\n").encode()


def _record(files: dict[str, bytes], own: str) -> bytes:
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}"
        for name, data in files.items()
    ]
    return ("\n".join([*lines, f"{own},,"]) + "\n").encode()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
