"""What is remembered of an update: `update.json` in the state folder. Old and new versions read it: only add fields."""

import contextlib
import os
import sys
import time
from pathlib import Path

import msgspec

from ..state import StateDir

STAGED, TRIAL, CONFIRMED, FAILED = "staged", "trial", "confirmed", "failed"


class Record(msgspec.Struct, frozen=True):
    """An update. state: staged, trial, confirmed or failed; python: of the new version; command: that asked for it.

    before: version and Python of the one that asked. trial_seconds: within which the new one must report.
    """

    command: str
    version: str
    digest: str
    python: str
    state: str
    before: str = ""
    reason: str = ""
    trial_seconds: float = 60.0
    since: float = 0.0

    @property
    def folder(self) -> Path:
        """The virtual environment of the new version."""
        return Path(self.python).parent.parent

    @property
    def is_me(self) -> bool:
        """Whether the new version is this very process."""
        return os.path.realpath(self.folder) == os.path.realpath(sys.prefix)


def record_path(state: StateDir) -> Path:
    """Where it is kept."""
    return state.path / "update.json"


def record_read(state: StateDir) -> Record | None:
    """The last update, None without one, or when it cannot be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(record_path(state).read_bytes(), type=Record)
    return None


def record_write(state: StateDir, record: Record, /, **changes: object) -> Record:
    """Keep it, with changes, whole or not at all. Raises StateUnusable."""
    new = msgspec.structs.replace(record, since=time.time(), **changes)
    state.keep(record_path(state), msgspec.json.encode(new))
    return new
