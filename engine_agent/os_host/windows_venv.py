"""Versions of the agent beside each other, on Windows."""

import os
from pathlib import Path

CAN_BECOME = False
"""Whether a running agent can turn into another version of itself: the service manager would lose sight of it."""


def venv_python(folder: Path) -> Path:
    """The Python of a virtual environment."""
    return folder / "Scripts" / "python.exe"


def machine_tags() -> tuple[str, ...]:
    """Ends of the platform tags of wheels that may run here."""
    return ("win_" + os.environ.get("PROCESSOR_ARCHITECTURE", "AMD64").lower(),)
