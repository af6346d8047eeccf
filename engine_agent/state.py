"""The state folder: the key of this host, where its portal is, the journal, and what the agent last said of itself."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

import msgspec

from .os_host import lock_file, private_folder, private_opener, sync_folder
from .problems import NotEnrolled, StateUnusable
from .protocol.identity import KEY_BYTES, public_key_of


class Enrolled(msgspec.Struct, frozen=True):
    """What enrolment settled. portal: its origin; engine: the engine's address; pinned: whether a CA is pinned.

    package_key: in hex, of the portal's package signatures; "" until it was learned.
    """

    portal: str
    host_id: str
    name: str
    team: str
    engine: str
    pinned: bool = False
    package_key: str = ""


class Status(msgspec.Struct, frozen=True):
    """What the running agent says of itself, for `engine-agent status`. Times are unix seconds.

    link: connecting, connected, refused or waiting; reason: why it is not connected, in words for people.
    """

    pid: int
    version: str
    portal: str
    link: str
    since: float
    reason: str = ""
    engine: str = ""
    engine_error: str = ""
    commands_open: int = 0


class StateDir:
    """The folder and its files. Every write is whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def journal(self) -> Path:
        return self.path / "journal.sqlite3"

    @property
    def ca(self) -> Path:
        return self.path / "portal-ca.pem"

    @property
    def spool(self) -> Path:
        """Where build contexts rest between fetch and build."""
        return self.path / "spool"

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone. Raises StateUnusable."""
        try:
            private_folder(self.path)
            private_folder(self.spool)
        except OSError as error:
            raise StateUnusable(
                f"The state folder {self.path} cannot be made: {error.strerror}",
                remedy="Run as a user who may write there, or name another folder with --state-dir",
            ) from error

    def key(self, *, new: bool = False) -> bytes:
        """The private key of this host, 32 bytes; made when there is none or a new one is asked for."""
        path = self.path / "identity.key"
        if new or not path.exists():
            self._write(path, secrets.token_bytes(KEY_BYTES).hex().encode() + b"\n")
        return self._key_in(path)

    def known_key(self) -> bytes:
        """The private key of an enrolled host. Raises NotEnrolled."""
        path = self.path / "identity.key"
        if not self._present(path):
            raise NotEnrolled(f"There is no host key in {self.path}", remedy=_ENROL)
        return self._key_in(path)

    def kept_key(self, name: str) -> bytes | None:
        """A further key of this host, None when there is none. Raises StateUnusable."""
        path = self.path / name
        return self._key_in(path) if self._present(path) else None

    def keep_key(self, name: str, key: bytes) -> None:
        """Keep a further key, readable by its owner alone. Raises StateUnusable."""
        self._write(self.path / name, key.hex().encode() + b"\n")

    def _key_in(self, path: Path) -> bytes:
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
            public_key_of(key)
        except (OSError, ValueError, TypeError) as error:
            raise StateUnusable(
                f"The host key {path} cannot be read", remedy="Move it away and enrol this host again"
            ) from error
        return key

    def save_enrolled(self, enrolled: Enrolled) -> None:
        """Keep what enrolment settled."""
        self._write(self.path / "agent.json", msgspec.json.format(msgspec.json.encode(enrolled)) + b"\n")

    def enrolled(self) -> Enrolled:
        """What enrolment settled. Raises NotEnrolled, StateUnusable."""
        path = self.path / "agent.json"
        if not self._present(path):
            raise NotEnrolled(f"This machine is not enrolled: {self.path} holds no enrolment", remedy=_ENROL)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Enrolled)
        except (OSError, msgspec.DecodeError) as error:
            raise StateUnusable(f"{path} cannot be read: {error}", remedy="Enrol this host again") from error

    def _present(self, path: Path) -> bool:
        try:
            return path.exists()
        except PermissionError as error:
            raise StateUnusable(
                f"{self.path} belongs to another user", remedy="Run as the user who enrolled this host, e.g. with sudo"
            ) from error

    def keep(self, path: Path, data: bytes) -> None:
        """Write a file of this folder, whole or not at all. Raises StateUnusable."""
        self._write(path, data)

    def save_ca(self, pem: str) -> None:
        """Pin the authority that signs the portal's certificate."""
        self._write(self.ca, pem.encode())

    def save_status(self, status: Status) -> None:
        """Tell `engine-agent status` how things are; a full disk must not stop the agent."""
        with contextlib.suppress(StateUnusable):
            self._write(self.path / "status.json", msgspec.json.encode(status), durable=False)

    def status(self) -> Status | None:
        """What the agent last said of itself."""
        try:
            return msgspec.json.decode((self.path / "status.json").read_bytes(), type=Status)
        except (OSError, msgspec.DecodeError):
            return None

    def lock(self) -> int:
        """Hold the folder for this process. Raises StateUnusable when another agent runs from it."""
        held = lock_file(self.path / "agent.lock")
        if held is None:
            raise StateUnusable(
                f"Another agent already runs from {self.path}", remedy="See “engine-agent status”; one is enough"
            )
        return held

    def running(self) -> bool:
        """Whether an agent holds the folder now."""
        path = self.path / "agent.lock"
        if not path.exists():
            return False
        held = lock_file(path)
        if held is None:
            return True
        os.close(held)
        return False

    def _write(self, path: Path, data: bytes, *, durable: bool = True) -> None:
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=self.path)
            os.close(handle)
            try:
                with open(name, "wb", opener=private_opener) as file:
                    file.write(data)
                    file.flush()
                    if durable:
                        os.fsync(file.fileno())
                os.replace(name, path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
            if durable:
                sync_folder(self.path)
        except OSError as error:
            raise StateUnusable(
                f"{path} cannot be written: {error.strerror}", remedy="Check the disk and the owner of the folder"
            ) from error


_ENROL = "Enrol it with the command the portal shows under Hosts, Add a host"
