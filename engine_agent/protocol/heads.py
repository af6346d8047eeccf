"""HTTP/1.1 heads, read strictly: whatever two readers could understand differently is refused.

Both ends of a byte stream read with this: the portal before it judges a request, the agent before it lets it through to
the engine. A request goes on as `RequestHead.raw` writes it, never as it came. [RFC 9112]
"""

import re
from dataclasses import dataclass

MAX_HEAD = 64 * 1024
MAX_TARGET = 16 * 1024
MAX_FIELDS = 128
CHUNKED = -1
UNTIL_CLOSE = -2

_REQUEST = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t \x21-\x7e\x80-\xff]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t \x21-\x7e\x80-\xff]*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
# Of these the second one is refused: readers differ in which of two they believe.
_ONCE = frozenset(
    b"host content-length transfer-encoding content-type content-encoding connection upgrade expect authorization te "
    b"trailer x-registry-auth x-registry-config".split()
)


class Garbled(ValueError):
    """A head or body that is not plain HTTP/1.1. status: what to answer; rule: a stable word."""

    def __init__(self, rule: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.rule, self.status = rule, status


Fields = tuple[tuple[bytes, bytes], ...]


def _fields(lines: list[bytes]) -> Fields:
    if len(lines) > MAX_FIELDS:
        raise Garbled("too-many-fields", f"There are more than {MAX_FIELDS} header fields.", 431)
    found = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            raise Garbled("obs-fold", "A header field is folded over several lines.")
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Garbled("field-form", "A header field is malformed.")
        found.append((field[1], field[2]))
    return tuple(found)


def _length(value: bytes) -> int:
    if not _LENGTH.fullmatch(value):
        raise Garbled("content-length", "Content-Length is no plain number.")
    return int(value)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """One request line and its fields. body: bytes that follow, 0 for none, CHUNKED.

    upgrade: the client wants to take the connection over. keep: it may be used again afterwards.
    """

    method: str
    target: str
    fields: Fields
    body: int = 0
    upgrade: bool = False
    keep: bool = True
    expects: bool = False

    def value(self, name: bytes) -> str:
        """The value of a field, by its lower-case name; "" when there is none."""
        return next((value.decode("latin-1") for key, value in self.fields if key.lower() == name), "")

    def raw(self, *, target: str = "", drop: frozenset[bytes] = frozenset(), length: int | None = None) -> bytes:
        """As it is sent on. drop: lower-case names left out; length: of a body that is now sent whole."""
        if length is not None:
            drop = drop | {b"content-length", b"transfer-encoding", b"trailer"}
        lines = [f"{self.method} {target or self.target} HTTP/1.1".encode("latin-1")]
        lines += [b"%s: %s" % field for field in self.fields if field[0].lower() not in drop]
        if length is not None:
            lines.append(b"Content-Length: %d" % length)
        return b"\r\n".join(lines) + b"\r\n\r\n"


def request_head(data: bytes) -> RequestHead:
    """The head in `data`, which ends with its empty line. Raises Garbled."""
    if len(data) > MAX_HEAD:
        raise Garbled("head-too-large", "The header fields are too large.", 431)
    if data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n"):
        raise Garbled("bare-line-end", "A line does not end as HTTP wants.")
    first, *lines = data[:-4].split(b"\r\n")
    line = _REQUEST.fullmatch(first)
    if line is None:
        raise Garbled("request-line", "This is no HTTP request.")
    method, target, major, minor = line.groups()
    if (major, minor) != (b"1", b"1"):
        raise Garbled("http-version", "Only HTTP/1.1 is spoken here.", 505)
    if len(target) > MAX_TARGET:
        raise Garbled("target-too-long", "The address is too long.", 414)
    if target[:1] != b"/":
        raise Garbled("target-form", "The address has to begin with a slash.")
    fields = _fields(lines)
    return _request(method.decode(), target.decode(), fields, _single(fields))


def _single(fields: Fields) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in fields:
        key = name.lower()
        if key in found and key in _ONCE:
            raise Garbled("duplicate-field", f"The field {name.decode()} comes twice.")
        found[key] = value
    return found


def _request(method: str, target: str, fields: Fields, found: dict[bytes, bytes]) -> RequestHead:
    if not found.get(b"host"):
        raise Garbled("host-missing", "There is no Host field.")
    coding, length = found.get(b"transfer-encoding"), found.get(b"content-length")
    if coding is not None and length is not None:
        raise Garbled("length-and-coding", "Content-Length and Transfer-Encoding contradict each other.")
    if coding is not None and coding.lower() != b"chunked":
        raise Garbled("transfer-coding", "Only the transfer coding “chunked” is understood.", 501)
    if found.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise Garbled("expectation", "This expectation cannot be met.", 417)
    words = {word.strip().lower() for word in found.get(b"connection", b"").split(b",")}
    upgrade = b"upgrade" in found
    if upgrade != (b"upgrade" in words):
        raise Garbled("upgrade-form", "Upgrade and Connection contradict each other.")
    body = CHUNKED if coding is not None else _length(length) if length is not None else 0
    keep = b"close" not in words
    return RequestHead(method, target, fields, body, upgrade, keep, b"expect" in found)


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A status and its fields. line: status and reason as they came. body: bytes that follow; CHUNKED, UNTIL_CLOSE."""

    status: int
    line: bytes
    fields: Fields
    body: int
    keep: bool

    def value(self, name: bytes) -> str:
        """The value of a field, by its lower-case name; "" when there is none."""
        return next((value.decode("latin-1") for key, value in self.fields if key.lower() == name), "")

    @property
    def interim(self) -> bool:
        """Another response follows: 100 Continue and its like."""
        return 100 <= self.status < 200 and self.status != 101


def response_head(data: bytes, method: str) -> ResponseHead:
    """The head in `data`, which ends with its empty line, as the answer to `method`. Raises Garbled."""
    first, *lines = data[:-4].split(b"\r\n")
    line = _STATUS.fullmatch(first)
    if line is None:
        raise Garbled("status-line", "The engine's answer is no HTTP.", 502)
    status, fields = int(line[2]), _fields(lines)
    found = {name.lower(): value for name, value in fields}
    words = {word.strip().lower() for word in found.get(b"connection", b"").split(b",")}
    keep = b"close" not in words and line[1] == b"1"
    return ResponseHead(status, first[9:], fields, _response_body(status, method, found), keep)


def _response_body(status: int, method: str, found: dict[bytes, bytes]) -> int:
    """How the body of a response ends. [RFC 9112 section 6.3]"""
    if method == "HEAD" or 100 <= status < 200 or status in (204, 304):
        return 0
    if b"transfer-encoding" in found:
        return CHUNKED
    if b"content-length" in found:
        return _length(found[b"content-length"])
    return UNTIL_CLOSE
