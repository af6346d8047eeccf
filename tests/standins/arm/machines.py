"""Machines of the stand-in that run for real, and work that goes on while nobody waits for it.

A maker gives a machine for a virtualMachines resource: `Fleet` (fleet.py) makes Linux machines with a real engine and
Windows machines with the simulated one.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class MachineFailed(Exception):
    """A machine did not start, or its set-up ended with an error; the text is the end of what it printed."""


class Machine(Protocol):
    """private: where other machines reach it; public: where browsers do."""

    private: str
    public: str

    def boot(self) -> None:
        """The first start: it answers afterwards, and does what its image and customData say. Raises MachineFailed."""

    def set_up(self, protected: Mapping[str, Any]) -> None:
        """Run the set-up extension with these protected settings. Raises MachineFailed."""

    def start(self) -> object:
        """Power on, with the disk as it was."""

    def halt(self) -> None:
        """Power off."""

    def stop(self) -> None:
        """Delete it with its disk."""

    def console(self) -> str:
        """What its serial console shows."""


Maker = Callable[[str, Mapping[str, Any]], Machine]


class Job:
    """Work in a thread of its own, begun at once. state: Running, Succeeded or Failed; error: why.

    after: another job that has to succeed first.
    """

    def __init__(self, work: Callable[[], None], *, after: "Job | None" = None) -> None:
        self.state = "Running"
        self.error = ""
        self._work = work
        self._after = after
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._after is not None and not self._after.succeeded():
                raise MachineFailed("The machine did not start.")
            self._work()
        except Exception as error:  # a job must always end, and says how
            self.error = str(error) or type(error).__name__
            self.state = "Failed"
        else:
            self.state = "Succeeded"

    def succeeded(self) -> bool:
        """Wait for the end; whether it was a good one."""
        self._thread.join()
        return self.state == "Succeeded"
