"""What the preparation hands to the supervisor, through an open file rather than arguments that `ps` would show."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


def is_loopback(host: str) -> bool:
    """Whether `host` (an address or a name) is this machine's own."""
    return host in {"localhost", "::1"} or host.startswith("127.")


@dataclass(frozen=True)
class Setup:
    """The facts of one start.

    data_dir, base_dir: where the data and the code lie. address: host and port the node listens on.
    public_url: how people reach the portal. own_redis: whether we start one. redis_url: what the children use.
    lock: file descriptor of the lock of the data directory. sign_in_link: for the first administrator, "" when no
    longer needed. local_host, demo: the command's options.
    """

    data_dir: str
    base_dir: str
    address: tuple[str, int]
    public_url: str
    own_redis: bool
    redis_url: str
    lock: int
    sign_in_link: str = ""
    local_host: bool = True
    demo: bool = False

    @property
    def data(self) -> Path:
        return Path(self.data_dir)

    @property
    def loopback(self) -> tuple[str, int]:
        """Where this machine reaches the node, whatever address it listens on (the node always has a loopback one)."""
        host, port = self.address
        if host == "::":
            return "::1", port
        return (host if is_loopback(host) else "127.0.0.1"), port

    @property
    def local_url(self) -> str:
        """The portal's address for this machine's own agent."""
        host, port = self.loopback
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def setup_hand_over(setup: Setup) -> int:
    """Write `setup` where the program that replaces this one finds it; returns the open file's descriptor."""
    descriptor = os.memfd_create("pierhead-setup", 0) if hasattr(os, "memfd_create") else _unlinked_file(setup.data)
    os.write(descriptor, json.dumps(asdict(setup)).encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.set_inheritable(descriptor, True)
    return descriptor


def setup_take_over(descriptor: int) -> Setup:
    """Read it and close the file."""
    with os.fdopen(descriptor, "rb") as file:
        values = json.load(file)
    host, port = values.pop("address")
    return Setup(address=(host, port), **values)


def _unlinked_file(directory: Path) -> int:
    path = directory / f".setup-{os.getpid()}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    path.unlink()
    return descriptor
