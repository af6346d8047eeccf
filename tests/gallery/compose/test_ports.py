"""Ports in every form people write them."""

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.compose.types import Port


def ports(text: str) -> tuple[Port, ...]:
    return parse_project(f"services: {{web: {{image: x, ports: {text}}}}}", {}, "demo").services[0].ports


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[80]", (Port(80),)),
        ("['8080:80']", (Port(80, "8080"),)),
        ("['8080:80/udp']", (Port(80, "8080", "", "udp"),)),
        ("['8080:80/TCP']", (Port(80, "8080"),)),
        ("['127.0.0.1:8080:80']", (Port(80, "8080", "127.0.0.1"),)),
        ("['127.0.0.1::80']", (Port(80, "", "127.0.0.1"),)),
        ("['[::1]:8080:80']", (Port(80, "8080", "::1"),)),
        ("['[::1]::80']", (Port(80, "", "::1"),)),
        ("['::1:8080:80']", (Port(80, "8080", "::1"),)),
        ("['0:80']", (Port(80),)),
        ("['3000-3001']", (Port(3000), Port(3001))),
        ("['8000-8001:80-81']", (Port(80, "8000"), Port(81, "8001"))),
        ("['8000-8010:80']", (Port(80, "8000-8010"),)),
        ("['8080:80', '8080:80']", (Port(80, "8080"),)),
        ("[{target: 80}]", (Port(80),)),
        (
            "[{target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp, mode: host}]",
            (Port(80, "8080", "127.0.0.1", "udp", "host"),),
        ),
        ("[{target: 80, published: '8000-8010', name: web, app_protocol: http}]", (Port(80, "8000-8010"),)),
        ("[]", ()),
    ],
)
def test_reads_ports(text: str, expected: tuple[Port, ...]) -> None:
    assert ports(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("['web']", "is not a port number"),
        ("['70000:80']", "outside of 1 to 65535"),
        ("['80:0']", "outside of 1 to 65535"),
        ("['8080:80/http']", "is not one of tcp, udp, sctp"),
        ("['8001-8000:80']", "its end is before its start"),
        ("['1-5000:1-5000']", "more than 1000 ports"),
        ("['8000-8002:80-81']", "differ in length"),
        ("['example.com:8080:80']", "is not an address of the host"),
        ("[{published: 80}]", "“target”, the port in the container, is missing"),
        ("[{target: 80, mode: other}]", "is not one of host, ingress"),
        ("80", "must be a list"),
        ("{a: b}", "must be a list"),
        ("[[80]]", "must be a single value"),
    ],
)
def test_refuses_what_is_no_port(text: str, message: str) -> None:
    with pytest.raises(ComposeInvalid) as caught:
        ports(text)
    refusal = caught.value.refusals[0]
    assert message in refusal.message
    assert refusal.path.startswith("services.web.ports")
    assert refusal.line == 1
    assert refusal.column > 30
