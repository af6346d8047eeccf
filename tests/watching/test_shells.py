"""What is started, and why it could not be."""

import pytest

from hosts.terminals.shells import AUTO, command_of, failure_of, shells_of


def test_windows_has_its_own_shells() -> None:
    assert {"cmd", "powershell", "pwsh"} <= set(shells_of("windows"))
    assert command_of("windows", AUTO, "") == ["cmd.exe"]
    assert command_of("windows", "powershell", "") == ["powershell.exe", "-NoLogo"]
    assert "bash" in shells_of("linux")
    assert command_of("linux", "sh", "") == ["/bin/sh"]
    assert "powershell" not in shells_of("linux")


def test_a_typed_command_is_cut_into_words() -> None:
    assert command_of("linux", "other", "  python3  -i ") == ["python3", "-i"]


@pytest.mark.parametrize(("shell", "command"), [("tcsh", ""), ("sh", "a\nb"), ("sh", "x" * 501)])
def test_what_cannot_be_started_is_said(shell: str, command: str) -> None:
    with pytest.raises(ValueError, match=r"shell|command"):
        command_of("linux", shell, command)


@pytest.mark.parametrize(
    ("code", "output", "words"),
    [
        (127, b'OCI runtime exec failed: exec: "bash": executable file not found in $PATH: unknown', "no bash"),
        (126, b"OCI runtime exec failed: exec failed: stat /bin/sh: no such file or directory", "no bash"),
        (126, b"container_linux.go: exec failed: permission denied", "may not be run"),
        (126, b"OCI runtime exec failed: something else", "something else"),
    ],
)
def test_the_reason_is_named(code: int, output: bytes, words: str) -> None:
    assert words in failure_of(code, output, ["bash"])


@pytest.mark.parametrize(
    ("code", "output"), [(0, b"hi"), (1, b"executable file not found"), (127, b"sh: foo: not found"), (None, b"")]
)
def test_a_program_that_ran_did_not_fail_to_start(code: int | None, output: bytes) -> None:
    assert not failure_of(code, output, ["bash"])
