"""One HTTP request, light enough for the supervisor: GET over a unix socket or TCP, with a limit on time and size."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWER_BYTES = 1_000_000


@dataclass(frozen=True)
class Answer:
    """status: the HTTP status code; body: what followed the headers."""

    status: int
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; {} when it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


async def ask(where: Path | tuple[str, int], path: str, *, host: str = "localhost", seconds: float = 2.0) -> Answer:
    """GET `path` from the server at a unix socket or (host, port).

    HTTP/1.0, so that the server neither cuts the body into chunks nor keeps the connection. Raises OSError (of which
    PermissionError and TimeoutError are kinds) when there is no answer.
    """
    async with asyncio.timeout(seconds):
        if isinstance(where, Path):
            reader, writer = await asyncio.open_unix_connection(str(where))
        else:
            reader, writer = await asyncio.open_connection(*where)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            data = await _everything(reader)
        finally:
            writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1][:3].isdigit():
        raise OSError(f"what answered at {where} does not speak HTTP")
    return Answer(int(words[1][:3]), body)


async def _everything(reader: asyncio.StreamReader) -> bytes:
    data = b""
    while len(data) < ANSWER_BYTES:
        more = await reader.read(65_536)
        if not more:
            break
        data += more
    return data
