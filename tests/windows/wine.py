r"""Wine: a Windows of its own in a folder, and the programs that run in it.

    with Wine().started() as wine:
        wine.python("-m", "engine_agent", "--version").stdout

What wine 8 wants, each of which cost hours to find out: standard streams must be pipes, never files ("Invalid handle");
the first program starts services that inherit its streams, so the machine is warmed up detached; `wineboot` alone is
a restart and leaves the services locked; without a lasting wineserver every program would boot a new machine.
"""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.lab.part import Part
from tests.lab.parts import LabError, MissingPart, program
from tests.windows.portable import ROOT, prepare

CONTROL = "HKLM\\System\\CurrentControlSet\\Control"
PATIENCE = ("/v", "ServicesPipeTimeout", "/t", "REG_DWORD", "/d", "120000")
WINESERVER = ("/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver")


@dataclass(frozen=True)
class Ended:
    """How a program ended. Text as UTF-8, with plain line ends."""

    code: int
    stdout: str
    stderr: str


class Wine(Part):
    """A Windows 10 with its own drive C: and a Python at C:\\python, which holds the agent."""

    def __init__(self) -> None:
        super().__init__("win")
        self.prefix = self.folder / "prefix"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("PIERHEAD_", "DOCKER_"))}
        self.env |= {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "PYTHONIOENCODING": "utf-8",
            # By this name the lab finds processes that outlive a killed test run.
            "PIERHEAD_DATA_DIR": f"{self.folder}/lab",
        }
        self._running: list[Running] = []

    @property
    def drive(self) -> Path:
        """C: as a folder of this machine."""
        return self.prefix / "drive_c"

    def start(self) -> Self:
        """Make the Windows, put Python and the agent into it, and boot it."""
        python = prepare()
        self._quiet(program("wine"), "wineboot", "-i", seconds=240)
        self._quiet(program("wine"), "winecfg", "-v", "win10", seconds=120)
        # How long a service may take until it speaks, in milliseconds: ten seconds are short on a busy machine.
        self._quiet(program("wine"), "reg", "add", CONTROL, *PATIENCE, "/f", seconds=120)
        target = self.drive / "python"
        if not target.exists():
            shutil.copytree(python, target, symlinks=True)
            shutil.copytree(
                ROOT / "engine_agent",
                target / "Lib" / "site-packages" / "engine_agent",
                ignore=shutil.ignore_patterns("__pycache__", "build"),
            )
        self._quiet(self._server, "-k", seconds=20, check=False)
        self._quiet(self._server, "-w", seconds=20, check=False)
        subprocess.Popen([self._server, "-p"], env=self.env, **_DETACHED).wait(20)  # type: ignore[call-overload]
        self._quiet(program("wine"), "cmd", "/c", "exit", seconds=120)
        return self

    @property
    def _server(self) -> str:
        for path in WINESERVER:
            if Path(path).exists():
                return path
        raise MissingPart("wineserver is not installed; type: apt-get install --no-install-recommends wine64")

    def _quiet(self, *words: str, seconds: float, check: bool = True) -> None:
        """A program whose streams nobody reads."""
        process = subprocess.Popen(words, env=self.env, **_DETACHED)  # type: ignore[call-overload]
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise LabError(f"{' '.join(words)} did not end within {seconds:g} s") from None
        if check and code:
            raise LabError(f"{' '.join(words)} ended with {code}")

    def run(self, *words: str, seconds: float = 60, env: Mapping[str, str] | None = None) -> Ended:
        """Run a Windows program and wait for its end. Raises LabError after `seconds`."""
        with self.running(*words, env=env) as process:
            return process.wait(seconds)

    def python(self, *words: str, seconds: float = 60, env: Mapping[str, str] | None = None) -> Ended:
        """Run the Windows Python."""
        return self.run("C:\\python\\python.exe", *words, seconds=seconds, env=env)

    @contextlib.contextmanager
    def running(self, *words: str, env: Mapping[str, str] | None = None) -> Iterator["Running"]:
        """A program that runs for as long as the block lasts."""
        process = Running([program("wine"), *words], {**self.env, **(env or {})})
        try:
            yield process
        finally:
            process.end()

    def path(self, path: Path) -> str:
        """A path of this machine as Windows programs see it."""
        return "Z:" + str(path).replace("/", "\\")

    def halt(self) -> None:
        """End every program of this Windows."""
        with contextlib.suppress(LabError, MissingPart):
            self._quiet(self._server, "-k", seconds=20, check=False)
            self._quiet(self._server, "-w", seconds=20, check=False)


_DETACHED = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
    "start_new_session": True,
}


class Running:
    """A Windows program under wine, its output read as it comes."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        self._words = words
        self._process = subprocess.Popen(
            words,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._texts: dict[str, list[bytes]] = {"out": [], "err": []}
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("out", self._process.stdout), ("err", self._process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: object) -> None:
        while piece := stream.read1(65536):  # type: ignore[attr-defined]
            self._texts[name].append(piece)

    @property
    def output(self) -> str:
        """Both streams so far."""
        return _text(self._texts["out"]) + _text(self._texts["err"])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float) -> Ended:
        """How it ended. Raises LabError after `seconds`."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise LabError(f"{' '.join(self._words)} did not end within {seconds:g} s:\n{self.output}") from None
        for reader in self._readers:
            reader.join(2)
        return Ended(code, _text(self._texts["out"]), _text(self._texts["err"]))

    def end(self) -> None:
        """End it as a crash would."""
        if self.alive:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace").replace("\r\n", "\n")
