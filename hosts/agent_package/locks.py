"""What the agent needs, with versions and hashes from this portal's own requirements. Pure.

The portal runs on the same libraries, so they are pinned and tested once; a host installs exactly those, and pip
refuses a file whose hash is not listed, wherever it came from.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What the agent's own dependencies need: PyNaCl needs cffi, cffi needs pycparser.
INDIRECT = ("cffi", "pycparser")
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One library: its name as an index writes it, its version, and the SHA-256 of each file that may be taken."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        return " \\\n    ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in self.hashes)])


def normalized(name: str) -> str:
    """A project's name as an index writes it [PEP 503]."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(requirements: str, requires: Iterable[str]) -> tuple[Pin, ...]:
    """The pins of what `requires` names and of what that needs. Raises KeyError for one that is not pinned."""
    known: dict[str, Pin] = {}
    for block in re.split(r"\n(?=\S)", requirements):
        if found := _PIN.match(block):
            known[normalized(found[1])] = Pin(normalized(found[1]), found[2], tuple(_HASH.findall(block)))
    direct = [normalized(re.split(r"[<>=~! \[;]", word)[0]) for word in requires]
    return tuple(known[name] for name in dict.fromkeys([*sorted(direct), *INDIRECT]))


def requirements_text(pins: Iterable[Pin], own: Pin) -> str:
    """A requirements file for `pip install --require-hashes`: the agent itself and all it needs."""
    return "\n".join(map(str, [own, *pins])) + "\n"
