"""What the rules are told and what they find."""

from dataclasses import dataclass

PROCESS, HYPERV = "process", "hyperv"


@dataclass(frozen=True)
class Finding:
    """One thing that a Windows engine would not do as asked.

    code: stable word: windows-option, windows-limit, windows-mount, windows-network, windows-port or
    windows-isolation. detail: a sentence or two for people. refused: the engine refuses it; otherwise it takes and
    ignores it. engine: the engine's own words, "" when it says nothing.
    """

    code: str
    detail: str
    refused: bool = True
    engine: str = ""

    @property
    def text(self) -> str:
        """The detail, with the engine's own words where it has some."""
        return f"{self.detail} (The engine would say: {self.engine}.)" if self.engine else self.detail


@dataclass(frozen=True)
class WindowsHost:
    """What the rules need to know of a host.

    isolation: what its engine uses when a container names none, "" when unknown. cpus, memory_bytes: 0 when unknown.
    """

    name: str
    isolation: str = PROCESS
    cpus: int = 0
    memory_bytes: int = 0
    os_name: str = ""

    def mode(self, asked: str) -> str:
        """The isolation that a container gets. asked: "" or "default" for the host's own."""
        return isolation_mode(asked, self.isolation, self.os_name)


def isolation_mode(asked: str, engine: str, os_name: str) -> str:
    """process or hyperv: what was asked for, else the engine's default, else that of the edition: clients (Windows 10
    and 11) use Hyper-V, Windows Server does not."""
    for known in (asked, engine):
        if known in (PROCESS, HYPERV):
            return known
    return HYPERV if is_client(os_name) else PROCESS


def is_client(os_name: str) -> bool:
    """Whether a Windows is one for desks, by the name its engine tells; an unknown one is a server."""
    lower = os_name.lower()
    return "server" not in lower and any(f"windows {number}" in lower for number in ("10", "11", "12"))
