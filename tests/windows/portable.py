"""A genuine Windows CPython in a folder: `python -m tests.windows.portable` makes build/windows/python.

The library and its extension modules are the build of the Python Software Foundation, as the wheel of panda3d for
Windows carries it; the rest of the standard library is the text of a Python 3.11 of this machine; python.exe and
python3.dll are written by pe.py. The packages that the agent needs are the pinned ones, for Windows.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from tests.windows.pe import forwarder, launcher

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "windows"
PYTHON = FOLDER / "python"
LIBRARY = "python311.dll"
LIBRARIES = (LIBRARY, "VCRUNTIME140.dll", "libcrypto-3.dll", "libssl-3.dll", "libffi-8.dll", "sqlite3.dll")
PINNED = Path(__file__).with_name("requirements.txt")
AGENT_NEEDS = ("websockets", "h11", "msgspec", "pynacl", "cffi", "pycparser")
LEFT_OUT = ("test", "idlelib", "lib2to3", "turtledemo", "tkinter", "ensurepip", "site-packages", "lib-dynload")
TARGET = (
    *("--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"),
    *("--abi", "cp311", "--abi", "abi3", "--abi", "none", "--only-binary=:all:"),
)


class NoPython(Exception):
    """The interpreter cannot be made; the text is why and what to do."""


def prepare() -> Path:
    """The folder with python.exe; made when it is not there or was made from other inputs. Raises NoPython."""
    stamp, value = FOLDER / "stamp", _stamp()
    if stamp.exists() and stamp.read_text("ascii") == value and (PYTHON / "python.exe").exists():
        return PYTHON
    print("  making a Windows Python for the tests marked `windows`", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as work:
        _make(Path(work))
    stamp.write_text(value, "ascii")
    return PYTHON


def _stamp() -> str:
    digest = hashlib.sha256(f"{_standard_library()}\n{_agent_pins()}".encode())
    for path in (PINNED, Path(__file__), Path(__file__).with_name("pe.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _make(work: Path) -> None:
    wheels = work / "wheels"
    _download(PINNED, wheels)
    [carrier] = wheels.glob("panda3d-*.whl")
    (PYTHON / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(carrier) as archive:
        for name in archive.namelist():
            inside = name.partition("deploy_libs/")[2]
            if inside in LIBRARIES or inside.endswith(".pyd"):
                folder = PYTHON / "DLLs" if inside.endswith(".pyd") else PYTHON
                (folder / inside).write_bytes(archive.read(name))
    carrier.unlink()
    out = shutil.ignore_patterns(*LEFT_OUT, "__pycache__", "config-*")
    shutil.copytree(_standard_library(), PYTHON / "Lib", ignore=out)
    library = (PYTHON / LIBRARY).read_bytes()
    (PYTHON / "python.exe").write_bytes(launcher(LIBRARY))
    (PYTHON / "python3.dll").write_bytes(forwarder(library, LIBRARY))
    pins = work / "agent.txt"
    pins.write_text(_agent_pins(), "utf-8")
    _download(pins, wheels)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(PYTHON / "Lib" / "site-packages")


def _download(pins: Path, target: Path) -> None:
    """Wheels for Windows by pip, each with its pinned hash."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command = [*pip, "--no-deps", "--require-hashes", *TARGET, "--dest", str(target), "--requirement", str(pins)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
        raise NoPython(f"The packages of a Windows Python could not be downloaded. pip said:\n\n{said}")


def _agent_pins() -> str:
    """What the agent imports, as requirements.txt pins it."""
    kept, keep = [], False
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if not line.startswith(" "):
            name = line.partition("==")[0]
            keep = name in AGENT_NEEDS
            if keep:
                head, _, marker = line.partition(";")
                kept.append(head.strip() + " \\" if marker or not line.endswith("\\") else line)
                continue
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _standard_library() -> Path:
    """The text of the standard library of a Python 3.11 on this machine. Raises NoPython."""
    places = [Path(sysconfig.get_path("stdlib"))] if sys.version_info[:2] == (3, 11) else []
    places += [Path("/usr/lib/python3.11"), Path("/usr/local/lib/python3.11")]
    places += sorted(Path.home().glob(".pyenv/versions/3.11.*/lib/python3.11"))
    for place in places:
        if (place / "asyncio" / "windows_events.py").is_file():
            return place
    raise NoPython("No Python 3.11 is on this machine, whose standard library a Windows Python could use")


if __name__ == "__main__":
    print(prepare())
