"""The ASGI application: pages and API over HTTP, browsers and agents over websockets."""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

pages = get_asgi_application()  # loads the applications; consumers can be imported from here on


def consumer(module: str, name: str, address: str) -> list[Any]:
    """The route of a consumer, as soon as its module is there."""
    if find_spec(module) is None:
        return []
    return [path(address, getattr(import_module(module), name).as_asgi())]


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Close a websocket of an unknown path without a handshake: the client sees 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


elsewhere: Any = refuse
rest = path("<path:rest>", elsewhere)

# Browsers: same origin, signed in by session. Agents send no Origin and prove themselves by key: they stay outside.
browsers = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter([*consumer("portal.live.consumer", "LiveConsumer", "ws/live/"), rest]))
)
agents = URLRouter([*consumer("hosts.consumers.agent", "AgentConsumer", "ws/agent/"), rest])


async def websocket(scope: Any, receive: Any, send: Any) -> None:
    """Who may knock, by path."""
    app: Any = agents if scope["path"].startswith("/ws/agent/") else browsers
    await app(scope, receive, send)


application = ProtocolTypeRouter({"http": pages, "websocket": websocket})
