"""Websocket addresses: browsers only from our own pages, agents without an Origin, everything else refused."""

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from portal.asgi import agents, application, browsers


def scope(path: str, **headers: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
    }


async def first_answer(path: str, **headers: str) -> dict[str, Any]:
    connection: Any = ApplicationCommunicator(application, scope(path, **headers))  # type: ignore[no-untyped-call]
    await connection.send_input({"type": "websocket.connect"})
    answer: dict[str, Any] = await connection.receive_output(timeout=5)
    return answer


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/ws/", "/ws/no-such/", "/ws/agent/no-such/", "/ws/agentx/", "/hosts/"])
async def test_an_unknown_address_is_refused(path: str) -> None:
    answer = await first_answer(path, host="testserver", origin="http://testserver")
    assert answer["type"] == "websocket.close"


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {}])
async def test_browsers_come_from_our_own_pages_only(headers: dict[str, str]) -> None:
    answer = await first_answer("/ws/live/", host="testserver", **headers)
    assert answer["type"] == "websocket.close"


async def test_agents_are_outside_of_the_origin_check() -> None:
    assert agents is not browsers
    answer = await first_answer("/ws/agent/no-such/", host="testserver")
    assert answer == {"type": "websocket.close", "code": 4404}
