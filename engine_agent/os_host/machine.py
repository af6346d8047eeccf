"""What is known of a machine without asking its engine."""

from dataclasses import dataclass

# os.uname().machine and PROCESSOR_ARCHITECTURE in Go's words, which images and engines use.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i386": "386",
    "i686": "386",
    "x86": "386",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts of the machine. architecture: in Go's words; empty strings and zeros mean unknown."""

    hostname: str
    os: str
    os_name: str = ""
    os_version: str = ""
    kernel: str = ""
    architecture: str = ""
    cpus: int = 0
    memory_bytes: int = 0


def go_architecture(word: str) -> str:
    """An architecture in Go's words ("x86_64" is "amd64"); an unknown one as it is."""
    return _ARCHITECTURES.get(word.lower(), word.lower())
