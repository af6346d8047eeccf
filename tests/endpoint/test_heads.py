"""Request and response heads, and bodies: what is read, and everything that two readers could read differently."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_agent.protocol.chunks import Chunked, Counted, Endless, body_of
from engine_agent.protocol.heads import (
    CHUNKED,
    MAX_FIELDS,
    UNTIL_CLOSE,
    Garbled,
    request_head,
    response_head,
)


def head(*lines: str, first: str = "POST /v1.41/containers/create HTTP/1.1") -> bytes:
    return "\r\n".join([first, *lines]).encode("latin-1") + b"\r\n\r\n"


def test_a_plain_request() -> None:
    found = request_head(head("Host: docker", "Content-Length: 12", "Content-Type: application/json"))
    assert (found.method, found.target, found.body) == ("POST", "/v1.41/containers/create", 12)
    assert found.keep
    assert not found.upgrade
    assert found.value(b"content-type") == "application/json"
    assert found.value(b"accept") == ""


def test_a_request_to_take_over() -> None:
    found = request_head(head("Host: d", "Connection: Upgrade", "Upgrade: tcp"))
    assert found.upgrade
    assert found.body == 0


def test_what_is_sent_on_is_written_anew() -> None:
    came = head("Host:   d  ", "Authorization: Bearer secret", "Transfer-Encoding: chunked", "Trailer: X")
    found = request_head(came)
    assert found.raw(drop=frozenset({b"authorization"})) == head("Host: d", "Transfer-Encoding: chunked", "Trailer: X")
    assert found.raw(target="/info", drop=frozenset({b"authorization"}), length=2) == head(
        "Host: d", "Content-Length: 2", first="POST /info HTTP/1.1"
    )


SMUGGLING = {
    "length-and-coding": ["Host: d", "Content-Length: 4", "Transfer-Encoding: chunked"],
    "coding-and-length": ["Host: d", "Transfer-Encoding: chunked", "Content-Length: 4"],
    "two-lengths": ["Host: d", "Content-Length: 4", "Content-Length: 5"],
    "same-length-twice": ["Host: d", "Content-Length: 4", "Content-Length: 4"],
    "list-of-lengths": ["Host: d", "Content-Length: 4, 4"],
    "signed-length": ["Host: d", "Content-Length: +4"],
    "negative-length": ["Host: d", "Content-Length: -4"],
    "hex-length": ["Host: d", "Content-Length: 0x4"],
    "empty-length": ["Host: d", "Content-Length:"],
    "huge-length": ["Host: d", "Content-Length: 99999999999999999999"],
    "two-codings": ["Host: d", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "coding-list": ["Host: d", "Transfer-Encoding: gzip, chunked"],
    "coding-identity": ["Host: d", "Transfer-Encoding: identity"],
    "coding-vtab": ["Host: d", "Transfer-Encoding: \x0bchunked"],
    "coding-quoted": ["Host: d", 'Transfer-Encoding: "chunked"'],
    "coding-space-before-colon": ["Host: d", "Transfer-Encoding : chunked"],
    "coding-underscore-value": ["Host: d", "Transfer-Encoding: chunked;q=1"],
    "two-hosts": ["Host: d", "Host: e"],
    "no-host": ["Accept: */*"],
    "empty-host": ["Host:"],
    "folded": ["Host: d", "X-A: 1", " continued"],
    "folded-tab": ["Host: d", "X-A: 1", "\tcontinued"],
    "first-field-folded": [" Host: d"],
    "space-in-name": ["Host: d", "Content Length: 4"],
    "no-colon": ["Host: d", "Content-Length"],
    "no-name": ["Host: d", ": 4"],
    "nul-in-value": ["Host: d", "X-A: a\x00b"],
    "delete-in-value": ["Host: d", "X-A: a\x7fb"],
    "two-connections": ["Host: d", "Connection: keep-alive", "Connection: upgrade"],
    "upgrade-unsaid": ["Host: d", "Upgrade: tcp"],
    "upgrade-without-protocol": ["Host: d", "Connection: upgrade"],
    "two-upgrades": ["Host: d", "Connection: upgrade", "Upgrade: tcp", "Upgrade: h2c"],
    "two-content-types": ["Host: d", "Content-Type: application/json", "Content-Type: text/plain"],
    "two-authorizations": ["Host: d", "Authorization: Bearer a", "Authorization: Bearer b"],
    "other-expectation": ["Host: d", "Expect: the-unexpected"],
}


@pytest.mark.parametrize("lines", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_what_readers_could_differ_in_is_refused(lines: list[str]) -> None:
    with pytest.raises(Garbled) as caught:
        request_head(head(*lines))
    assert 400 <= caught.value.status < 600
    assert str(caught.value).endswith(".")


FIRST_LINES = {
    "http-1.0": "GET / HTTP/1.0",
    "http-2": "PRI * HTTP/2.0",
    "http-0.9": "GET /",
    "two-spaces": "GET  / HTTP/1.1",
    "space-in-target": "GET /a b HTTP/1.1",
    "tab": "GET\t/ HTTP/1.1",
    "absolute": "GET http://docker/info HTTP/1.1",
    "authority": "CONNECT docker:2375 HTTP/1.1",
    "star": "OPTIONS * HTTP/1.1",
    "non-ascii": "GET /\xe4 HTTP/1.1",
    "method-with-control": "G\x01T / HTTP/1.1",
    "long-method": "G" * 40 + " / HTTP/1.1",
    "lower-http": "GET / http/1.1",
    "long-target": "GET /" + "a" * 20_000 + " HTTP/1.1",
    "empty": "",
}


@pytest.mark.parametrize("first", FIRST_LINES.values(), ids=FIRST_LINES.keys())
def test_first_lines_that_are_refused(first: str) -> None:
    with pytest.raises(Garbled):
        request_head(head("Host: d", first=first))


@pytest.mark.parametrize("ends", [b"\n\n", b"\r\r", b"\r\n\n\r\n\r\n", b"\n\r\n\r\n"])
def test_bare_line_ends_are_refused(ends: bytes) -> None:
    with pytest.raises(Garbled):
        request_head(b"GET / HTTP/1.1\r\nHost: d" + ends + b"X: y\r\n\r\n")


def test_too_much() -> None:
    with pytest.raises(Garbled) as caught:
        request_head(head("Host: d", *["X: y"] * MAX_FIELDS))
    assert caught.value.status == 431
    with pytest.raises(Garbled) as caught:
        request_head(head("Host: d", "X: " + "y" * 70_000))
    assert caught.value.status == 431


@pytest.mark.parametrize(
    ("status", "lines", "method", "body"),
    [
        ("200 OK", ["Content-Length: 5"], "GET", 5),
        ("200 OK", ["Content-Length: 5"], "HEAD", 0),
        ("200 OK", ["Transfer-Encoding: chunked"], "GET", CHUNKED),
        ("200 OK", [], "GET", UNTIL_CLOSE),
        ("204 No Content", [], "DELETE", 0),
        ("304 Not Modified", [], "POST", 0),
        ("101 UPGRADED", ["Connection: Upgrade", "Upgrade: tcp"], "POST", 0),
    ],
)
def test_how_an_answer_ends(status: str, lines: list[str], method: str, body: int) -> None:
    found = response_head(head(*lines, first=f"HTTP/1.1 {status}"), method)
    assert found.body == body
    assert found.line.decode() == status


def test_answers_that_end_the_connection() -> None:
    assert response_head(head(first="HTTP/1.1 200 OK"), "GET").keep
    assert not response_head(head("Connection: close", first="HTTP/1.1 200 OK"), "GET").keep
    assert not response_head(head(first="HTTP/1.0 200 OK"), "GET").keep
    assert response_head(head(first="HTTP/1.1 100 Continue"), "POST").interim
    with pytest.raises(Garbled):
        response_head(head(first="220 smtp ready"), "GET")


def test_a_counted_body_takes_what_is_its_own() -> None:
    body = Counted(5)
    assert body.feed(b"abc") == 3
    assert body.feed(b"defg") == 2
    assert body.done
    assert isinstance(body_of(0), Counted)
    assert body_of(0).done
    assert isinstance(body_of(UNTIL_CLOSE), Endless)


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=70), max_size=8),
    cuts=st.lists(st.integers(1, 9), min_size=1, max_size=40),
    trailer=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_chunked_body_ends_where_it_ends_however_it_is_cut(
    pieces: list[bytes], cuts: list[int], trailer: bool
) -> None:
    wire = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    wire += b"0\r\n" + (b"X-Sum: 1\r\n" if trailer else b"") + b"\r\n"
    body = Chunked()
    body.content = bytearray()
    stream, at, taken = wire + b"GET /next", 0, 0
    while at < len(stream) and not body.done:
        step = cuts[at % len(cuts)]
        taken += body.feed(stream[at : at + step])
        at += step
    assert body.done
    assert taken == len(wire)
    assert bytes(body.content) == b"".join(pieces)


@pytest.mark.parametrize(
    "wire",
    [
        b"5;ext=1\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"fffffffffffffffff\r\n",
        b"\r\n",
        b"0\r\nbad trailer\r\n\r\n",
        b"0\r\nX: 1\n\r\n",
        b"0\r\n" + b"X: " + b"y" * 9000 + b"\r\n\r\n",
        b"1" * 40,
    ],
)
def test_chunks_that_are_refused(wire: bytes) -> None:
    with pytest.raises(Garbled):
        Chunked().feed(wire)
