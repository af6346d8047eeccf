"""The docker client, on the engine's own socket and through the endpoint, and what of its words may differ."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.parts import program

MASKS: Sequence[tuple[str, str]] = (
    (r"sha256:[0-9a-f]{64}", "<digest>"),
    (r"\b[0-9a-f]{64}\b", "<id>"),
    (r"\b[0-9a-f]{12}\b", "<short>"),
    (r"\b[0-9a-z]{25}\b", "<swarm-id>"),
    (r"SWMTKN-[0-9a-z-]+", "<join-token>"),
    (r"\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d\d:?\d\d)", "<time>"),
    (r"\d{4}-\d{2}-\d{2} [0-9:.]+ [+-]\d{4} (UTC|utc)", "<time>"),
    (r"(About a|Less than a|\d+) (second|minute|hour)s?( ago)?", "<age>"),
    (r"\b(\d{1,3}\.){3}\d{1,3}\b", "<ip>"),
    (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<mac>"),
    (r" {2,}", "  "),
    (r"-{8,}", "----"),
)


def masked(text: bytes, more: Sequence[tuple[str, str]] = ()) -> str:
    """What must be the same on both ways. Bytes that are no text are compared as they are."""
    try:
        shown = text.decode()
    except UnicodeDecodeError:
        return repr(text)
    for pattern, word in (*more, *MASKS):
        shown = re.sub(pattern, word, shown)
    return shown


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Way:
    """One way to an engine. environment: what the docker client goes by."""

    name: str
    environment: Mapping[str, str]
    folder: Path

    def docker(self, *words: str, stdin: bytes = b"", timeout: float = 60) -> Said:
        """`docker WORDS`, with all of its input given."""
        return self.run([program("docker"), *words], stdin=stdin, timeout=timeout)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60) -> Said:
        """Any program that goes by the same environment."""
        done = subprocess.run(
            argv, input=stdin, capture_output=True, timeout=timeout, env=self.environment, cwd=self.folder, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)


def clean_environment(folder: Path) -> dict[str, str]:
    """Ours without anything of Docker's; the client's configuration is in `folder`."""
    # The last two make Python's requests believe other authorities than it is told to.
    ours = ("DOCKER_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"DOCKER_CONFIG": str(folder / "config"), "DOCKER_BUILDKIT": "0", "DOCKER_CLI_HINTS": "false"}


@dataclass(frozen=True)
class Step:
    """One command of the script. unordered: its lines may come in any order; mask: what else may differ."""

    line: str
    stdin: bytes = b""
    unordered: bool = False
    mask: Sequence[tuple[str, str]] = ()
    words: Sequence[str] = field(default=())

    @property
    def argv(self) -> list[str]:
        return list(self.words) or self.line.split()

    def shown(self, said: Said) -> tuple[int, object, object]:
        """What is compared."""
        out, err = masked(said.out, self.mask), masked(said.err, self.mask)
        if self.unordered:
            return said.code, sorted(out.splitlines()), sorted(err.splitlines())
        return said.code, out, err
