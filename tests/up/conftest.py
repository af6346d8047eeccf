"""Fixtures of the tests of `manage.py up`: a journal that can be read, and small programs to watch over."""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.up.child import Program
from portal.up.journal import Journal


class Said:
    """A journal together with what it wrote to the terminal."""

    def __init__(self, directory: Path) -> None:
        self.error = io.StringIO()
        self.output = io.StringIO()
        self.journal = Journal(directory, error=self.error, output=self.output)

    def lines(self) -> list[str]:
        """What was said so far, with the prefixes."""
        return self.error.getvalue().splitlines()


@pytest.fixture
def said(tmp_path: Path) -> Iterator[Said]:
    """A journal in a private directory."""
    directory = tmp_path / "logs"
    directory.mkdir()
    said = Said(directory)
    yield said
    said.journal.close()


@pytest.fixture
def python() -> Callable[..., Program]:
    """Makes a program of a few lines of Python."""

    def make(code: str, **options: object) -> Program:
        return Program("small", (sys.executable, "-I", "-S", "-c", code), **options)  # type: ignore[arg-type]

    return make
