"""Versions of the agent beside each other, on Linux."""

import os
from pathlib import Path

CAN_BECOME = True
"""Whether a running agent can turn into another version of itself."""


def venv_python(folder: Path) -> Path:
    """The Python of a virtual environment."""
    return folder / "bin" / "python"


def machine_tags() -> tuple[str, ...]:
    """Ends of the platform tags of wheels that may run here."""
    return (f"_{os.uname().machine}",)
