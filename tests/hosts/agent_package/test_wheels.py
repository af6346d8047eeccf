"""What the agent needs: pinned, collected, and only what is pinned is offered."""

import hashlib
from pathlib import Path

import pytest

from hosts.agent_package.locks import Pin, pins_of, requirements_text
from hosts.agent_package.offer import TargetState
from hosts.agent_package.wheels import PYTHONS, TARGETS, Kept, NotCollected, Target, Wheelhouse

ROOT = Path(__file__).resolve().parents[3]
LINUX, ARM, WINDOWS = TARGETS
REQUIRES = ("websockets>=14,<18", "h11>=0.14,<1", "msgspec>=0.19,<1", "PyNaCl>=1.5,<2")
LOCK = """\
--index-url https://index.example
h11==0.16.0 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
other==1
websockets==17.4 \\
    --hash=sha256:{a}
msgspec==0.22.0 --hash=sha256:{a}
pynacl==1.6.2 ; python_version >= '3' \\
    --hash=sha256:{a}
cffi==2.1.1 \\
    --hash=sha256:{a}
pycparser==3.12 ; implementation_name != 'PyPy' \\
    --hash=sha256:{b}
""".format(a="a" * 64, b="b" * 64)


def kept(name: str) -> Kept:
    return Kept(Path(name), "0" * 64)


def test_pins_come_from_the_portals_own_lock() -> None:
    pins = pins_of(LOCK, REQUIRES)
    assert [(pin.name, pin.version) for pin in pins] == [
        ("h11", "0.16.0"),
        ("msgspec", "0.22.0"),
        ("pynacl", "1.6.2"),
        ("websockets", "17.4"),
        ("cffi", "2.1.1"),
        ("pycparser", "3.12"),
    ]
    assert pins[0].hashes == ("a" * 64, "b" * 64)


def test_what_is_not_pinned_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        pins_of(LOCK, ("unknown>=1",))


def test_this_portal_pins_all_that_the_agent_needs() -> None:
    pins = pins_of((ROOT / "requirements.txt").read_text("utf-8"), REQUIRES)
    assert all(pin.hashes for pin in pins)


def test_the_list_for_a_host_names_the_agent_first() -> None:
    text = requirements_text(pins_of(LOCK, REQUIRES), Pin("pierhead-engine-agent", "1.0", ("c" * 64,)))
    assert text.startswith(f"pierhead-engine-agent==1.0 \\\n    --hash=sha256:{'c' * 64}\n")
    assert f"h11==0.16.0 \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n" in text


@pytest.mark.parametrize(
    ("name", "target", "python", "runs"),
    [
        ("h11-0.16.0-py3-none-any.whl", LINUX, "3.11", True),
        ("h11-0.16.0-py3-none-any.whl", WINDOWS, "3.13", True),
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", LINUX, "3.11", True),
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", LINUX, "3.12", False),
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", ARM, "3.11", False),
        ("msgspec-0.22.0-cp311-cp311-musllinux_1_2_x86_64.whl", LINUX, "3.11", False),
        ("pynacl-1.6.2-cp38-abi3-manylinux_2_34_x86_64.whl", LINUX, "3.12", True),
        ("pynacl-1.6.2-cp314-abi3-manylinux_2_34_x86_64.whl", LINUX, "3.12", False),
        ("pynacl-1.6.2-cp38-abi3-win_amd64.whl", WINDOWS, "3.11", True),
        ("pynacl-1.6.2-cp38-abi3-win32.whl", WINDOWS, "3.11", False),
    ],
)
def test_where_a_wheel_runs(name: str, target: Target, python: str, runs: bool) -> None:
    assert kept(name).runs_on(target, python) is runs


def house_with(tmp_path: Path, *names: str) -> tuple[Wheelhouse, tuple[Pin, ...]]:
    """Wheels of one pinned project with the content of their own name, and the pins that allow them."""
    hashes = []
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
        hashes.append(hashlib.sha256(name.encode()).hexdigest())
    return Wheelhouse(tmp_path), (Pin("h11", "0.16.0", tuple(hashes)),)


def test_only_what_is_pinned_is_offered(tmp_path: Path) -> None:
    house, pins = house_with(tmp_path, "h11-0.16.0-py3-none-any.whl")
    (tmp_path / "h11-0.15.0-py3-none-any.whl").write_bytes(b"old")
    (tmp_path / "evil-1-py3-none-any.whl").write_bytes(b"evil")
    assert [one.name for one in house.kept(pins)] == ["h11-0.16.0-py3-none-any.whl"]
    (tmp_path / "h11-0.16.0-py3-none-any.whl").write_bytes(b"changed")
    assert house.kept(pins) == []


def test_what_is_missing_is_told_for_each_kind_of_host(tmp_path: Path) -> None:
    house, pins = house_with(tmp_path, "h11-0.16.0-cp311-cp311-win_amd64.whl")
    assert house.missing(WINDOWS, pins) == ["h11 for Python 3.12", "h11 for Python 3.13"]
    assert house.missing(LINUX, pins) == [f"h11 for Python {python}" for python in PYTHONS]


def test_without_a_folder_everything_is_missing(tmp_path: Path) -> None:
    house, pins = house_with(tmp_path)
    empty = Wheelhouse(tmp_path / "none")
    assert empty.kept(pins) == []
    assert len(empty.missing(LINUX, pins)) == len(PYTHONS)
    assert house.missing(LINUX, ()) == []


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    house, pins = house_with(tmp_path, "h11-0.16.0-py3-none-any.whl")
    assert house.collect(pins) == 1


def test_pip_is_told_the_hashes_and_its_refusal_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    house = Wheelhouse(tmp_path / "wheels")
    with pytest.raises(NotCollected, match="h11"):
        house.collect((Pin("h11", "0.16.0", ("a" * 64,)),), [LINUX])
    assert "--hash=sha256:" + "a" * 64 in (tmp_path / "wheels" / "requirements.txt").read_text()


def test_what_is_missing_is_told_by_python() -> None:
    state = TargetState(LINUX, ("h11 for Python 3.11", "cffi for Python 3.11", "h11 for Python 3.12"))
    assert state.by_python == ["Python 3.11: h11, cffi", "Python 3.12: h11"]
