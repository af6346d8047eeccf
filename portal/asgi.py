"""The ASGI application: pages and API over HTTP, browsers and agents over websockets."""

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

pages = get_asgi_application()  # loads the applications: consumers can be imported after it

from hosts.consumers.agent import AgentConsumer  # noqa: E402
from hosts.consumers.logs import LogsConsumer  # noqa: E402
from hosts.consumers.stats import StatsConsumer  # noqa: E402
from hosts.consumers.terminal import TerminalConsumer  # noqa: E402
from hosts.consumers.upload import UploadConsumer  # noqa: E402
from portal.live.consumer import LiveConsumer  # noqa: E402


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Close a websocket of an unknown path without a handshake: the client sees 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


live: Any = LiveConsumer.as_asgi()
logs: Any = LogsConsumer.as_asgi()
stats: Any = StatsConsumer.as_asgi()
terminal: Any = TerminalConsumer.as_asgi()
upload: Any = UploadConsumer.as_asgi()
agent: Any = AgentConsumer.as_asgi()
elsewhere: Any = refuse
rest = path("<path:rest>", elsewhere)

# Browsers: same origin, signed in by session. Agents send no Origin and prove themselves by key: they stay outside.
watched = [
    path("ws/live/", live),
    path("ws/logs/", logs),
    path("ws/stats/", stats),
    path("ws/terminal/<uuid:host_id>/<str:cid>/", terminal),
    path("ws/upload/<uuid:host_id>/<str:cid>/", upload),
    rest,
]
browsers = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(watched)))
agents = URLRouter([path("ws/agent/", agent), rest])


async def websocket(scope: Any, receive: Any, send: Any) -> None:
    """Who may knock, by path."""
    app: Any = agents if scope["path"].startswith("/ws/agent/") else browsers
    await app(scope, receive, send)


application = ProtocolTypeRouter({"http": pages, "websocket": websocket})
