"""Placement constraints held against hosts."""

import pytest

from hosts import constraints
from tests.hosts.shapes import host, windows


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("node.labels.zone == north", True),
        ("node.labels.zone==NORTH", True),
        ("node.labels.zone != north", False),
        ("engine.labels.zone == north", True),
        ("node.labels.absent == x", False),
        ("node.labels.absent != x", True),
        ("node.hostname == Host-1", True),
        ("node.id == id-host-1", True),
        ("node.platform.os == linux", True),
        ("node.platform.os == windows", False),
        ("node.platform.arch == x86_64", True),
        ("node.platform.arch != amd64", False),
        ("node.role == manager", True),
        ("node.ip == 10.0.0.7", True),
        ("node.labels.text == two words", True),
    ],
)
def test_a_constraint_holds_or_not(text: str, fits: bool) -> None:
    machine = host(labels={"zone": "north", "text": "two words"}, address="10.0.0.7")
    assert constraints.holds(constraints.read(text), machine) is fits


@pytest.mark.parametrize(
    "text", ["", "zone", "node.labels.zone = north", "node.labels.zone ==", "a == b", "node.labels. == x"]
)
def test_what_is_no_constraint_is_told_with_a_remedy(text: str) -> None:
    with pytest.raises(constraints.NoConstraint, match=r"node\.labels"):
        constraints.read(text)


def test_the_windows_build_is_a_label_by_itself() -> None:
    assert constraints.holds(constraints.read("node.labels.pierhead.winbuild == 20348"), windows())
    assert constraints.labels_of(windows())["pierhead.os"] == "windows"
    assert constraints.labels_of(windows(labels={"pierhead.winbuild": "mine"}))["pierhead.winbuild"] == "mine"
    assert "pierhead.winbuild" not in constraints.labels_of(host())


def test_the_reason_names_constraint_and_value() -> None:
    assert constraints.against(("node.labels.zone == north",), host(labels={"zone": "north"})) == ""
    found = constraints.against(("node.labels.zone == north",), host(labels={"zone": "south"}))
    assert found == "host-1 is out by the placement constraint node.labels.zone == north: there it is south."
    assert "no such value" in constraints.against(("node.labels.zone == north",), host())
