"""The repeatable rows: what was typed stays, what is wrong is said in its row, and a script is not needed."""

import pytest
from django.http import QueryDict

from hosts.forms.rows import EnvironmentRow, PortRow, Rows, VolumeRow


def sent(query: str) -> Rows:
    return Rows.from_post(QueryDict(query))


def test_parallel_lists_become_rows() -> None:
    rows = sent(
        "port_host=8080&port_host=&port_container=80&port_container=53&port_protocol=tcp&port_protocol=udp"
        "&env_name=A&env_value=1&volume_source=data&volume_target=/data&volume_mode=ro"
    )
    assert rows.is_valid()
    assert rows.as_compose() == {
        "ports": [
            {"target": 80, "protocol": "tcp", "published": "8080"},
            {"target": 53, "protocol": "udp"},
        ],
        "environment": {"A": "1"},
        "volumes": [{"type": "volume", "target": "/data", "source": "data", "read_only": True}],
    }


def test_blank_rows_are_left_out() -> None:
    rows = sent("port_host=&port_container=&port_protocol=tcp&env_name=&env_value=&volume_source=&volume_target=")
    assert rows.is_valid()
    assert rows.as_compose() == {}


def test_spaces_around_are_removed_but_not_from_values() -> None:
    rows = sent("port_host=+8080+&port_container=+80&env_name=+A+&env_value=++two+words+")
    assert rows.is_valid()
    assert rows.ports[0] == PortRow("8080", "80", "tcp")
    assert rows.environment[0] == EnvironmentRow("A", "  two words ")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "\uff11\uff12", "8.0", "1e3", "999999"])
def test_what_is_no_port_is_said_beside_it(port: str) -> None:
    rows = Rows(ports=[PortRow(port, "80"), PortRow("", port)])
    assert not rows.is_valid()
    assert "host" in rows.ports[0].errors
    assert "container" in rows.ports[1].errors
    assert rows.ports[0].host == port


def test_a_row_with_a_host_port_alone_misses_its_container_port() -> None:
    rows = sent("port_host=8080&port_container=")
    assert not rows.is_valid()
    assert list(rows.ports[0].errors) == ["container"]


def test_the_same_host_port_twice_is_marked_once_per_protocol() -> None:
    rows = Rows(ports=[PortRow("53", "53", "tcp"), PortRow("53", "53", "udp"), PortRow("53", "54", "tcp")])
    assert not rows.is_valid()
    assert [bool(row.errors) for row in rows.ports] == [False, False, True]


def test_an_unknown_protocol_is_refused() -> None:
    rows = sent("port_host=&port_container=80&port_protocol=icmp")
    assert not rows.is_valid()
    assert "protocol" in rows.ports[0].errors


@pytest.mark.parametrize("name", ["", "A B", "A=B", "A\0"])
def test_what_is_no_variable_name_is_refused(name: str) -> None:
    rows = Rows(environment=[EnvironmentRow(name, "value")])
    assert not rows.is_valid()
    assert "name" in rows.environment[0].errors


def test_a_variable_given_twice_is_marked() -> None:
    rows = Rows(environment=[EnvironmentRow("A", "1"), EnvironmentRow("A", "2")])
    assert not rows.is_valid()
    assert rows.environment[1].errors


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("data", "volume"),
        ("/srv/data", "bind"),
        ("C:\\data", "bind"),
        ("\\\\.\\pipe\\x", "bind"),
        ("my.vol-1", "volume"),
    ],
)
def test_a_mount_is_a_volume_or_a_bind_by_its_source(source: str, kind: str) -> None:
    row = VolumeRow(source, "/data")
    assert Rows(volumes=[row]).is_valid()
    assert row.as_compose()["type"] == kind


def test_a_mount_without_source_is_an_unnamed_volume() -> None:
    row = VolumeRow("", "/data")
    assert Rows(volumes=[row]).is_valid()
    assert row.as_compose() == {"type": "volume", "target": "/data"}


@pytest.mark.parametrize("source", ["./data", "../up", "a b", "-x", "!"])
def test_a_source_that_is_neither_is_refused(source: str) -> None:
    rows = Rows(volumes=[VolumeRow(source, "/data")])
    assert not rows.is_valid()
    assert "source" in rows.volumes[0].errors


def test_a_relative_target_is_refused() -> None:
    rows = Rows(volumes=[VolumeRow("data", "data")])
    assert not rows.is_valid()
    assert "target" in rows.volumes[0].errors


def test_too_many_rows_are_refused_as_a_whole() -> None:
    rows = Rows(environment=[EnvironmentRow(f"N{number}", "") for number in range(101)])
    assert not rows.is_valid()
    assert rows.error


def test_rows_are_added_and_removed_by_kind() -> None:
    rows = Rows(ports=[PortRow("1", "1"), PortRow("2", "2")])
    rows.add_blank("ports")
    rows.remove("ports", 0)
    rows.remove("ports", 9)
    rows.add_blank("nonsense")
    assert [row.host for row in rows.ports] == ["2", ""]


def test_lists_of_different_length_do_not_fail() -> None:
    rows = sent("port_host=1&port_host=2&port_container=80")
    assert [(row.host, row.container, row.protocol) for row in rows.ports] == [("1", "80", "tcp"), ("2", "", "tcp")]
