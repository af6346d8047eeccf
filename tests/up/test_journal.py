"""What `up` says, and what it keeps of it."""

import io
import threading
from pathlib import Path

from portal.up.journal import BoundedFile, Journal, Terminal

from .conftest import Said


def test_every_line_names_its_speaker_and_lies_in_its_file(said: Said) -> None:
    said.journal.line("worker", "did a job")
    said.journal.tell("all is well")
    said.journal.close()
    assert said.lines() == ["worker | did a job", "up     | all is well"]
    assert (said.journal.directory / "worker.log").read_text().endswith("Z did a job\n")


def test_a_quiet_line_goes_to_the_file_alone(said: Said) -> None:
    said.journal.line("redis", "chatter", quiet=True)
    said.journal.close()
    assert said.lines() == []
    assert "chatter" in (said.journal.directory / "redis.log").read_text()


def test_a_secret_is_announced_and_not_kept(said: Said) -> None:
    said.journal.announce("Pierhead is at http://127.0.0.1:8000")
    said.journal.announce("Sign in once: SECRET", keep=False)
    said.journal.close()
    assert said.output.getvalue().splitlines() == ["Pierhead is at http://127.0.0.1:8000", "Sign in once: SECRET"]
    assert "SECRET" not in (said.journal.directory / "up.log").read_text()


def test_files_stay_within_their_bounds(tmp_path: Path) -> None:
    file = BoundedFile(tmp_path / "node.log", size=1000, count=3)
    for number in range(500):
        file.write(f"line {number:04}\n".encode())
    file.close()
    found = sorted(tmp_path.iterdir())
    assert [path.name for path in found] == ["node.log", "node.log.1", "node.log.2"]
    assert all(path.stat().st_size <= 1000 for path in found)
    assert "line 0499" in (tmp_path / "node.log").read_text()


def test_a_file_is_continued_after_a_restart(tmp_path: Path) -> None:
    for word in (b"one\n", b"two\n"):
        file = BoundedFile(tmp_path / "node.log", size=1000, count=3)
        file.write(word)
        file.close()
    assert (tmp_path / "node.log").read_text() == "one\ntwo\n"


def test_a_folder_that_cannot_be_written_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    file = BoundedFile(tmp_path / "absent" / "node.log")
    file.write(b"lost\n")
    file.close()


class Paused(io.StringIO):
    """A terminal on which somebody pressed Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.go_on.wait(10)
        return super().write(text)


def test_a_paused_terminal_stops_nobody(tmp_path: Path) -> None:
    paused = Paused()
    journal = Journal(tmp_path, error=paused, output=io.StringIO())
    for number in range(5000):
        journal.line("node", f"line {number}")
    paused.go_on.set()
    journal.close()
    assert "lines left out" in paused.getvalue()
    assert "line 4999" in (tmp_path / "node.log").read_text()


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_closed_terminal_stops_nobody() -> None:
    terminal = Terminal(Gone())
    terminal.say("to nobody")
    terminal.say("again")
    terminal.close()
