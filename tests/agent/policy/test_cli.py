"""`engine-agent policy check` and `policy show`."""

from pathlib import Path

import pytest

from engine_agent.cli import main


def test_a_good_file_is_told_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[mounts]\nbind_roots = ["/srv"]\n')
    assert main(["policy", "check", str(path)]) == 0
    said = capsys.readouterr().out
    assert f"{path} is a policy. It allows:" in said
    assert "mounts.bind_roots              /srv" in said
    assert "Note: " in said


def test_every_mistake_of_a_bad_file_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[mounts]\nbind_roots = 1\nnew = 2\n")
    assert main(["policy", "check", str(path)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in errors] == ["line 2", "line 3"]


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    path = tmp_path / "policy.toml"
    if content is not None:
        path.write_bytes(content)
    assert main(["policy", "check", str(path)]) == 1
    assert str(path) in capsys.readouterr().err


def test_without_a_file_everything_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "--policy", str(tmp_path / "none.toml")]) == 0
    assert "everything that the engine allows is allowed" in capsys.readouterr().out


def test_a_file_that_is_not_honoured_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("")
    path.chmod(0o666)
    assert main(["policy", "show", "--policy", str(path)]) == 1
    assert "Nothing is allowed on this host" in capsys.readouterr().err
