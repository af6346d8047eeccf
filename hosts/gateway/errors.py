"""What a Docker client is told: `{"message": ...}` with a status, as the engine itself does."""

import json
from http import HTTPStatus


class Told(Exception):
    """Ends a request with an answer of ours. rule: for the audit; status and message: for the client.

    close: the connection cannot be used any more.
    """

    def __init__(self, status: int, message: str, *, rule: str = "", close: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.rule, self.close = status, message, rule, close


def answer(status: int, message: str, *, close: bool, head_only: bool = False) -> bytes:
    """A whole response."""
    body = json.dumps({"message": message}, ensure_ascii=False).encode() + b"\n"
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Server: Pierhead",
    ]
    if close:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head if head_only else head + body
