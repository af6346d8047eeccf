"""The policy file of a machine: trusted only when nobody else may write it, followed when it changes."""

import os
from pathlib import Path

import pytest

from engine_agent.os_host import linux_policy, real_path
from engine_agent.os_host.sddl import writers
from engine_agent.policy import PolicyFile
from engine_agent.policy.guard import follow
from engine_agent.protocol.policy import Rules, Unresolvable

PRIVILEGED = "[containers]\nprivileged = true\n"


def trusting(path: Path) -> str:
    path.stat()
    return ""


def policy_file(path: Path) -> PolicyFile:
    return PolicyFile(path, distrust=trusting)


def test_without_a_file_there_is_no_policy(tmp_path: Path) -> None:
    policy = policy_file(tmp_path / "policy.toml").current()
    assert (policy.rules, policy.trouble, policy.fact) == (None, "", None)


def test_a_file_is_followed_as_it_changes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    file = policy_file(path)
    path.write_text("[containers]\n")
    assert file.current().rules == Rules()
    path.write_text(PRIVILEGED)
    assert file.current().rules == Rules(privileged=True)
    path.unlink()
    assert not file.current().present


def test_a_file_with_a_mistake_forbids_everything_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[containers]\nprivileged = 'yes'\n")
    policy = policy_file(path).current()
    assert policy.rules is None
    assert "line 2: containers.privileged: write true or false" in policy.trouble
    assert policy.fact is not None
    assert policy.fact.trouble == policy.trouble


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 300_000])
def test_a_file_that_is_no_text_forbids_everything(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    assert policy_file(path).current().trouble


def test_a_file_that_may_not_be_read_is_not_an_absent_one(tmp_path: Path) -> None:
    def closed(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    policy = PolicyFile(tmp_path / "policy.toml", distrust=closed).current()
    assert policy.present
    assert "Permission denied" in policy.trouble


def test_a_file_that_is_not_trusted_forbids_everything(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(PRIVILEGED)
    policy = PolicyFile(path, distrust=lambda _: "it belongs to somebody").current()
    assert (policy.rules, policy.trouble) == (None, "it belongs to somebody")


def status(path: Path, *, uid: int, mode: int) -> os.stat_result:
    real = path.stat()
    return os.stat_result((mode, real.st_ino, real.st_dev, 1, uid, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("uid", "mode", "expected"),
    [
        (0, 0o100644, ""),
        (0, 0o100664, "others than its owner"),
        (0, 0o100646, "others than its owner"),
        (0, 0o041777, ""),
        (0, 0o040777, "others than its owner"),
        (-1, 0o100644, "agent runs as"),
        (54321, 0o100644, "another user than root"),
    ],
)
def test_who_may_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, mode: int, expected: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    found = linux_policy._writable_by_others(tmp_path, status(tmp_path, uid=4242 if uid < 0 else uid, mode=mode))
    assert (expected in found) if expected else not found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that root owns")
def test_a_file_of_root_is_trusted_until_others_may_write_it(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("")
    path.chmod(0o644)
    assert linux_policy.policy_distrust(path) == ""
    path.chmod(0o666)
    assert "chmod go-w" in linux_policy.policy_distrust(path)
    path.chmod(0o644)
    tmp_path.chmod(0o777)
    assert str(tmp_path) in linux_policy.policy_distrust(path)
    with pytest.raises(FileNotFoundError):
        linux_policy.policy_distrust(tmp_path / "absent")


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    assert "no ordinary file" in linux_policy.policy_distrust(tmp_path)


def test_links_are_followed_as_far_as_there_is_something(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "up").symlink_to("../../../../../../../etc")
    (tmp_path / "loop").symlink_to("loop")
    root = str(tmp_path)
    assert real_path(f"{root}/link/new/x") == f"{root}/real/new/x"
    assert real_path(f"{root}/link/../real/./y") == f"{root}/real/y"
    assert real_path(f"{root}/up/passwd") == "/etc/passwd"
    assert real_path("/") == "/"
    with pytest.raises(Unresolvable):
        follow(f"{root}/loop/x")


def test_what_may_not_be_seen_is_not_taken_for_a_plain_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: str) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "lstat", closed)
    with pytest.raises(Unresolvable, match="Permission denied"):
        follow("/srv/private/x")


@pytest.mark.parametrize(
    ("sddl", "expected"),
    [
        ("O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;BU)", []),
        ("O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)", []),
        ("O:BAD:AI(A;ID;FA;;;BA)(A;ID;0x1301bf;;;AU)", ["Authenticated Users"]),
        ("O:BAD:(A;;FA;;;WD)", ["Everyone"]),
        ("O:BAD:(A;OICIIO;GA;;;CO)(A;;FA;;;BA)", []),
        ("O:S-1-5-21-1-2-3-1001D:(A;;FA;;;BA)", ["S-1-5-21-1-2-3-1001"]),
        ("O:SYD:(D;;FA;;;BU)(A;;FA;;;SY)", []),
        ("O:SYD:(A;;FW;;;BU)(A;;WO;;;BU)", ["Users"]),
        ("O:SY", ["Everyone"]),
        ("O:SYD:NO_ACCESS_CONTROL", ["Everyone"]),
    ],
)
def test_who_may_write_a_file_of_windows(sddl: str, expected: list[str]) -> None:
    assert writers(sddl) == expected
