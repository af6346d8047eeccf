"""`python -m portal.up.node`: a portal node, which is one Daphne process.

Beyond `daphne portal.asgi:application`: the garbage collector's full passes are kept from what was loaded at start
(they cost tens of milliseconds with many sockets open), websockets live as long as they like, and an ending node tells
its agents first, so that they come back spread over time.
"""

import asyncio
import gc
import sys
from typing import Any

import django
from daphne.server import Server  # first: it chooses Twisted's reactor
from twisted.internet import defer

from .flow import cut_short, flow_end, flow_of

DRAIN_SECONDS = 5.0
COLLECT_AFTER = (10_000, 20, 50)  # young objects die young; full passes are rare
SWITCH_SECONDS = 0.0005  # a page being rendered lets the event loop and the agents' thread in ten times sooner


class Node(Server):  # type: ignore[misc]
    """Daphne, ending in order: no new connections, agents told, what runs cancelled and given a moment to finish."""

    refused = ""  # why it cannot listen

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Daphne's own. An answer that broke off in the middle ends its connection: nobody may wait for the rest of it,
        nor take what came for the whole."""
        queue = super().create_application(protocol, scope)
        task = self.connections.get(protocol, {}).get("application_instance")
        if scope["type"] == "http" and task is not None:
            task.add_done_callback(lambda done: cut_short(protocol, done))
        return queue

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Daphne's own, but an answer in pieces waits while its reader takes nothing: Daphne would keep it whole."""
        in_pieces = message["type"] == "http.response.body" and message.get("more_body", False)
        flow = flow_of(protocol) if in_pieces else None
        if message["type"] == "http.response.body" and not in_pieces:
            flow_end(protocol)
        await super().handle_reply(protocol, message)
        if flow is not None:
            await flow.room.wait()

    def listen_error(self, failure: Any) -> None:
        self.refused = failure.getErrorMessage()
        self.stop()

    def kill_all_applications(self) -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await agents_drain()
        except TimeoutError:
            pass
        running = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details and not details["application_instance"].done()
        ]
        for application in running:
            application.cancel()
        if running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)


async def agents_drain() -> None:
    """Tell every agent on this node that it goes away."""
    from hosts.consumers.draining import agents_drain as tell  # not before the applications are loaded

    await tell()


def endpoint(host: str, port: int) -> str:
    """Twisted's description of a TCP address; colons are escaped as it wants them."""
    if ":" in host:
        escaped = host.replace(":", r"\:")
        return f"tcp6:port={port}:interface={escaped}"
    return f"tcp:port={port}:interface={host}"


def endpoints(host: str, port: int) -> list[str]:
    """Where to listen: the address asked for, and always one that this machine's own agent reaches in clear."""
    from .setup import is_loopback

    wanted = [endpoint(host, port)]
    if host not in {"", "0.0.0.0", "::"} and not is_loopback(host):  # noqa: S104
        wanted.append(endpoint("127.0.0.1", port))
    return wanted


def memory_freeze() -> None:
    """Take everything loaded so far out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def main() -> int:
    sys.setswitchinterval(SWITCH_SECONDS)
    django.setup()
    from django.conf import settings
    from django.urls import get_resolver

    from engine_agent.protocol.codec import MAX_MESSAGE
    from hosts.gateway.descriptors import descriptors_raise
    from portal.asgi import application

    descriptors_raise()
    get_resolver().url_patterns  # noqa: B018 - views are imported now, not by the first visitor
    node = Node(
        application,
        endpoints=endpoints(*settings.HTTP_ADDRESS),
        websocket_timeout=-1,
        websocket_max_message_size=MAX_MESSAGE,
        websocket_max_frame_size=MAX_MESSAGE,
        server_name="Pierhead",
        ready_callable=memory_freeze,
    )
    node.run()
    if node.refused:
        sys.stderr.write(f"{node.refused}\n")
    return 1 if node.refused else 0


if __name__ == "__main__":
    sys.exit(main())
