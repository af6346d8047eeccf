"""The wheels of what the agent needs, for hosts without internet: collected once, kept in the data folder."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .locks import Pin, normalized

PYTHONS = ("3.11", "3.12", "3.13")
SECONDS = 180
_NAME = re.compile(r"[A-Za-z0-9_.+!-]+\.whl\Z")


@dataclass(frozen=True)
class Target:
    """A kind of host. tags: what pip calls the systems whose wheels run there, newest first; mark: how the last part
    of a wheel's name tells them."""

    key: str
    name: str
    tags: tuple[str, ...]
    mark: str


TARGETS = (
    Target("linux-amd64", "Linux, amd64", ("manylinux_2_28_x86_64", "manylinux2014_x86_64"), "manylinux*_x86_64"),
    Target("linux-arm64", "Linux, arm64", ("manylinux_2_28_aarch64", "manylinux2014_aarch64"), "manylinux*_aarch64"),
    Target("windows-amd64", "Windows, amd64", ("win_amd64",), "win_amd64"),
)


class NotCollected(Exception):
    """pip could not get every wheel. The text is its own last words."""


@dataclass(frozen=True)
class Kept:
    """A wheel in the folder."""

    path: Path
    sha256: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def project(self) -> str:
        return normalized(self.name.split("-")[0])

    @property
    def version(self) -> str:
        return self.name.split("-")[1]

    def runs_on(self, target: Target, python: str) -> bool:
        """Whether pip takes it on such a host with such a Python."""
        tags = self.name.removesuffix(".whl").split("-")
        pythons, abis, systems = tags[-3].split("."), tags[-2].split("."), tags[-1].split(".")
        start, _, end = target.mark.partition("*")
        fits = "any" in systems or any(one.startswith(start) and one.endswith(end) for one in systems)
        own = "cp" + python.replace(".", "")
        return fits and ("py3" in pythons or own in pythons or ("abi3" in abis and _older(pythons, own)))


class Wheelhouse:
    """The folder. Names come from outside: only those of wheels that are in it are found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests: dict[tuple[str, int, int], str] = {}

    def kept(self, pins: Iterable[Pin]) -> list[Kept]:
        """The wheels that fit the pins; one whose hash is not pinned is left out."""
        allowed = {(pin.name, pin.version): set(pin.hashes) for pin in pins}
        if not self.folder.is_dir():
            return []
        found = [Kept(path, self._digest(path)) for path in sorted(self.folder.glob("*.whl")) if _NAME.match(path.name)]
        return [one for one in found if one.sha256 in allowed.get((one.project, one.version), ())]

    def missing(self, target: Target, pins: Sequence[Pin]) -> list[str]:
        """What hosts of this kind would not find here: "msgspec for Python 3.12"."""
        kept = self.kept(pins)
        return [
            f"{pin.name} for Python {python}"
            for python in PYTHONS
            for pin in pins
            if not any(one.project == pin.name and one.runs_on(target, python) for one in kept)
        ]

    def collect(
        self, pins: Sequence[Pin], targets: Sequence[Target] = TARGETS, pythons: Sequence[str] = PYTHONS
    ) -> int:
        """Get every wheel that is missing, by pip, which checks the hashes; how many there are then.

        Raises NotCollected.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.folder / "requirements.txt"
        lock.write_text("\n".join(map(str, pins)) + "\n", "utf-8")
        for target in targets:
            for python in pythons:
                if any(word.endswith(f" {python}") for word in self.missing(target, pins)):
                    _download(self.folder, lock, target, python)
        return len(self.kept(pins))

    def _digest(self, path: Path) -> str:
        status = path.stat()
        key = (path.name, status.st_size, status.st_mtime_ns)
        if key not in self._digests:
            self._digests[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._digests[key]


def _older(pythons: list[str], own: str) -> bool:
    """Whether a wheel of the stable ABI was built for this Python or an older one."""
    return any(one.startswith("cp3") and one[3:].isdigit() and int(one[3:]) <= int(own[3:]) for one in pythons)


def _download(folder: Path, lock: Path, target: Target, python: str) -> None:
    version = python.replace(".", "")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(lock)]
    command += ["--dest", str(folder), "--python-version", python, "--implementation", "cp"]
    for abi in (f"cp{version}", "abi3", "none"):
        command += ["--abi", abi]
    for tag in target.tags:
        command += ["--platform", tag]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotCollected(f"pip did not end within {SECONDS} s") from error
    if done.returncode != 0:
        raise NotCollected("\n".join(done.stderr.strip().splitlines()[-3:]) or f"pip ended with {done.returncode}")
