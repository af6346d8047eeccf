"""What the doctor looks at: the engine, the portal, the disk. Every look has its limit of seconds; none raises."""

import asyncio
import contextlib
import email.utils
import os
import socket
import ssl
import time
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .doctor_verdicts import EngineSeen, PortalSeen, verification_code
from .engine import Engine, EngineError
from .engine.errors import EngineTooOld
from .engine.resources import engine_info
from .http1 import Request
from .os_host import free_bytes
from .portal_http import Portal, PortalClient
from .problems import AgentProblem
from .protocol import SUBPROTOCOL, Malformed, decode_from_portal
from .protocol.codec import MAX_MESSAGE
from .protocol.messages import Challenge

ENGINE_SECONDS = 8.0
PORTAL_SECONDS = 12.0


async def engine_look(address: str) -> EngineSeen:
    """The engine at an address."""
    if closed := _closed(address):
        return EngineSeen(address, closed)
    engine = Engine(address)
    try:
        async with asyncio.timeout(ENGINE_SECONDS):
            version = await engine.negotiate()
            info = await engine_info(engine)
    except EngineTooOld as error:
        return EngineSeen(address, "too-old", error.message)
    except TimeoutError:
        return EngineSeen(address, "silent")
    except EngineError as error:
        return EngineSeen(address, "gone", error.message)
    free = _free(info.docker_root_dir)
    return EngineSeen(address, "ok", "", info.server_version or version.version, engine.api_version, info.id, free)


def _closed(address: str) -> str:
    """Why a socket cannot even be tried: absent, denied, or ""."""
    if not address.startswith("unix://"):
        return ""
    path = Path(address.removeprefix("unix://"))
    try:
        if not path.exists():
            return "absent"
    except PermissionError:
        return "denied"
    return "" if os.access(path, os.R_OK | os.W_OK) else "denied"


def _free(folder: str) -> int | None:
    """Room where the engine keeps its data; None when that is not a folder of this machine."""
    return free_bytes(folder) if folder and os.access(folder, os.F_OK) else None


async def name_look(host: str) -> tuple[tuple[str, ...], str]:
    """The addresses of a name, or why there are none."""
    try:
        async with asyncio.timeout(PORTAL_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        return (), f"no answer within {PORTAL_SECONDS:g} s"
    except OSError as error:
        return (), error.strerror or str(error)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found)), ""


async def portal_look(portal: Portal) -> PortalSeen:
    """The portal: over HTTP for its clock and certificate, over the control socket for what it speaks."""
    asked = time.time()
    client = PortalClient(portal)
    try:
        async with asyncio.timeout(PORTAL_SECONDS):
            async with client.stream(Request("GET", "/healthz", portal.authority)) as response:
                date, status = _clock(response.headers.get("date", "")), response.status
    except TimeoutError:
        return PortalSeen(portal.origin, "unreachable", f"nothing within {PORTAL_SECONDS:g} s")
    except AgentProblem as error:
        return _unreachable(portal, error)
    if status not in {200, 503}:
        return PortalSeen(portal.origin, "answer", f"it answered {status}", date=date, asked=asked)
    try:
        challenge = await _challenge(portal)
    except (OSError, WebSocketException, TimeoutError, Malformed, EOFError, AgentProblem) as error:
        return PortalSeen(portal.origin, "answer", _handshake_words(error), date=date, asked=asked)
    expires = await _expiry(portal)
    seen = challenge.protocol_min, challenge.protocol_max
    return PortalSeen(portal.origin, "ok", "", 0, challenge.portal_version, *seen, date, asked, expires)


async def _challenge(portal: Portal) -> Challenge:
    """The portal's first word to any agent."""
    async with asyncio.timeout(PORTAL_SECONDS):
        async with connect(
            portal.websocket,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            proxy=portal.proxy(),
            ssl=portal.tls_context(),
            max_size=MAX_MESSAGE,
            close_timeout=2,
        ) as connection:
            frame = await connection.recv()
    message = decode_from_portal(frame if isinstance(frame, bytes) else frame.encode())
    if not isinstance(message, Challenge):
        raise Malformed("the portal did not begin with its challenge")
    return message


async def _expiry(portal: Portal) -> float | None:
    """When the portal's certificate ends, unix seconds; None without one, or behind a proxy."""
    context = portal.tls_context()
    if context is None or portal.proxy() is not None:
        return None
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(PORTAL_SECONDS):
            _reader, writer = await asyncio.open_connection(portal.host, portal.port, ssl=context)
        certificate = writer.get_extra_info("peercert") or {}
        writer.close()
        ends = certificate.get("notAfter")
        return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None
    return None


def _unreachable(portal: Portal, error: AgentProblem) -> PortalSeen:
    code = verification_code(error)
    if code:
        return PortalSeen(portal.origin, "certificate", error.what, verify=code)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return PortalSeen(portal.origin, "dns", str(cause))
        cause = cause.__cause__
    how = "proxy" if portal.proxy() is not None and "proxy" in error.what else "unreachable"
    return PortalSeen(portal.origin, how, error.what)


def _handshake_words(error: BaseException) -> str:
    match error:
        case InvalidStatus(response=response):
            return f"it answered {response.status_code} to the websocket"
        case InvalidHandshake():
            return f"it did not open a websocket: {error}"
        case TimeoutError():
            return "it opened a websocket and said nothing"
    return str(error) or type(error).__name__


def _clock(header: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError):
        return None
