"""A question of our own to an engine: one GET, a whole JSON answer."""

import json
from typing import Any
from uuid import UUID

from engine_agent.protocol.chunks import Chunked, body_of
from engine_agent.protocol.heads import MAX_HEAD, ResponseHead, response_head
from engine_agent.protocol.streams import StreamRequest

from .line import AgentLine
from .registry import Registry
from .stream import StreamLost

MAX_ANSWER = 8 * 1024 * 1024
ENGINE = StreamRequest(kind="engine")


async def inquire(registry: Registry, host_id: UUID, path: str) -> tuple[int, Any]:
    """Status and document of GET `path` (already quoted). Raises HostAway, Unavailable, ValueError."""
    for again in (True, False):
        line = await registry.take(host_id, ENGINE)
        try:
            status, body = await _asked(line, path)
        except StreamLost:
            if again and line.uses > 1:
                continue
            raise
        finally:
            if line.clean:
                registry.give_back(host_id, line)
            else:
                registry.drop(host_id, line)
        return status, json.loads(body) if body.strip() else None
    raise StreamLost("The connection to the agent was lost.")


async def _asked(line: AgentLine, path: str) -> tuple[int, bytes]:
    line.clean = False
    await line.write(f"GET {path} HTTP/1.1\r\nHost: engine\r\n\r\n".encode("latin-1"))
    head, rest = await answer_head(line, "GET")
    body, whole = body_of(head.body), bytearray()
    if isinstance(body, Chunked):
        body.content = whole
    while not body.done:
        if not rest:
            rest = await line.read_frame()
            if not rest:
                break
        taken = body.feed(rest)
        if not isinstance(body, Chunked):
            whole += rest[:taken]
        rest = rest[taken:]
        if len(whole) > MAX_ANSWER:
            raise ValueError("the engine's answer is too large")
    line.clean = head.keep and body.done and not rest
    return head.status, bytes(whole)


async def answer_head(line: AgentLine, method: str) -> tuple[ResponseHead, bytes]:
    """The head of the final answer, and the bytes behind it. Raises StreamLost when there is none, Garbled."""
    data = b""
    while True:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > MAX_HEAD:
                raise ValueError("the engine's answer has too large a head")
            piece = await line.read_frame()
            if not piece:
                raise StreamLost("The engine closed the connection without an answer.")
            data += piece
            continue
        head = response_head(data[: end + 4], method)
        if not head.interim:
            return head, data[end + 4 :]
        data = data[end + 4 :]
