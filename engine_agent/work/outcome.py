"""How a command ended, and how its way there is told."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..protocol.messages import CommandFinished, CommandProgress, StepReport

REPORT_SECONDS = 0.1
MAX_LINES = 500
MAX_LINE = 2000
MAX_KEY = 160
MAX_TITLE = 300
ATTEMPT_STRIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a command. outcome: succeeded, failed, rolled_back, cancelled or expired; the rest as on the wire."""

    outcome: str = "succeeded"
    error: str = ""
    code: str = ""
    log_tail: str = ""
    result: dict[str, Any] = field(default_factory=dict)

    def finished(self, command: str) -> CommandFinished:
        """As the wire says it."""
        return CommandFinished(command, self.outcome, self.error, self.code, self.log_tail, self.result)


class Failure(Exception):
    """A command cannot be carried out. error: in words for people; code: a stable word; log_tail: of what failed."""

    def __init__(self, error: str, code: str, *, log_tail: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.code = code
        self.log_tail = log_tail

    def outcome(self, how: str = "failed") -> Outcome:
        """The outcome this failure leads to."""
        return Outcome(how, self.error, self.code, self.log_tail)


class Reporter:
    """Tells the steps and lines of one command.

    A change of a step goes out at once; bytes of a pull at most ten times a second, and the last word always.
    Numbers of an attempt start above every number of the attempts before it.
    """

    def __init__(self, command: str, attempt: int, send: Callable[[CommandProgress], None]) -> None:
        self._command = command
        self._send = send
        self._sequence = attempt * ATTEMPT_STRIDE
        self._steps: dict[str, StepReport] = {}
        self._dirty: dict[str, None] = {}
        self._lines: list[tuple[str, str]] = []
        self._told: deque[CommandProgress] = deque()
        self._told_lines = 0
        self._timer: asyncio.TimerHandle | None = None

    def step(
        self, key: str, title: str, state: str, *, parent: str = "", detail: str = "", current: int = 0, total: int = 0
    ) -> None:
        """The state of a step now. A change of state goes out at once, bytes and the parts of a step within 0.1 s."""
        key = key[:MAX_KEY]
        new = StepReport(key, title[:MAX_TITLE], state, parent[:MAX_KEY], detail[:MAX_LINE], current, total)
        old = self._steps.get(key)
        if old == new:
            return
        self._steps[key] = new
        self._dirty[key] = None
        if parent or (old is not None and old.state == state):
            self._soon()
        else:
            self.flush()

    def line(self, text: str, level: str = "info") -> None:
        """One line for the log."""
        self._lines.append((level, text.rstrip()[:MAX_LINE]))
        if len(self._lines) > MAX_LINES:
            del self._lines[0]
        self._soon()

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._dirty and not self._lines:
            return
        self._sequence += 1
        report = CommandProgress(
            self._command, self._sequence, tuple(self._steps[key] for key in self._dirty), tuple(self._lines)
        )
        self._dirty.clear()
        self._lines = []
        self._remember(report)
        self._send(report)

    def close(self, state: str) -> None:
        """The command ended: steps still open end as `state` (failed or skipped), and everything is sent."""
        for step in list(self._steps.values()):
            if step.state in {"running", "waiting"}:
                ended = state if step.state == "running" else "skipped"
                self.step(
                    step.key,
                    step.title,
                    ended,
                    parent=step.parent,
                    detail=step.detail,
                    current=step.current,
                    total=step.total,
                )
        self.flush()

    def replay(self) -> tuple[CommandProgress, ...]:
        """For a new connection: every line kept, under its old number, then all steps as they are now."""
        self.flush()
        self._sequence += 1
        return (*self._told, CommandProgress(self._command, self._sequence, tuple(self._steps.values())))

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(REPORT_SECONDS, self.flush)

    def _remember(self, report: CommandProgress) -> None:
        if not report.lines:
            return
        self._told.append(CommandProgress(report.id, report.sequence, (), report.lines))
        self._told_lines += len(report.lines)
        while self._told_lines > MAX_LINES and len(self._told) > 1:
            self._told_lines -= len(self._told.popleft().lines)
