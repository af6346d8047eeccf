"""The policy file of this machine."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..os_host import policy_distrust, policy_path
from ..protocol.policy.rules import PolicyFact, Rules
from .parse import MAX_TEXT, PolicyError, parse

Distrust = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds now. rules: None without a file (all is allowed) and when `trouble` says why the file cannot be
    honoured (nothing is allowed)."""

    path: Path
    rules: Rules | None = None
    trouble: str = ""

    @property
    def present(self) -> bool:
        """Whether there is a policy, good or bad."""
        return self.rules is not None or bool(self.trouble)

    @property
    def fact(self) -> PolicyFact | None:
        """As the portal is told; None without a file."""
        return PolicyFact(str(self.path), self.rules, self.trouble[:1000]) if self.present else None


class PolicyFile:
    """The file, read again whenever it has changed. Opens nothing until asked."""

    def __init__(self, path: Path | None = None, *, distrust: Distrust = policy_distrust) -> None:
        self.path = path or policy_path()
        self._distrust = distrust
        self._seen: tuple[int, ...] | None = None
        self._policy: Policy | None = None

    def current(self) -> Policy:
        """What holds now. A file that is there and cannot be read is trouble, never an absent one."""
        try:
            distrust = self._distrust(self.path)
            status = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self._policy = None
            return Policy(self.path)
        except OSError as error:
            self._policy = None
            return Policy(self.path, trouble=f"{self.path} cannot be read: {error.strerror or error}")
        if distrust:
            self._policy = None
            return Policy(self.path, trouble=distrust)
        seen = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)
        if self._policy is None or seen != self._seen:
            self._policy, self._seen = self._read(), seen
        return self._policy

    def _read(self) -> Policy:
        try:
            with self.path.open("rb") as file:
                text = file.read(MAX_TEXT + 1).decode("utf-8")
            return Policy(self.path, parse(text))
        except PolicyError as error:
            return Policy(self.path, trouble=f"{self.path} is no policy: {error}")
        except UnicodeDecodeError:
            return Policy(self.path, trouble=f"{self.path} is not UTF-8")
        except OSError as error:
            return Policy(self.path, trouble=f"{self.path} cannot be read: {error.strerror or error}")
