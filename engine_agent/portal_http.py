"""The portal over HTTP: its address, its TLS, the proxy on the way, and single requests."""

import asyncio
import base64
import contextlib
import ssl
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import h11
import msgspec

from .engine.transport import is_loopback
from .http1 import HttpFailed, Patience, Request, Response, Streams, exchange
from .problems import AgentProblem, PortalRefused, PortalUnreachable
from .protocol.identity import public_key_of, request_bytes, sign

MAX_ANSWER = 1024 * 1024
PROXY_HEAD = 16 * 1024


@dataclass(frozen=True, slots=True)
class Portal:
    """Where a portal is. origin: "https://portal.example" or "http://127.0.0.1:8000"; ca: PEM file, or None for the
    system's own authorities."""

    origin: str
    host: str
    port: int
    tls: bool
    ca: Path | None = None

    @property
    def websocket(self) -> str:
        """The address of the control socket."""
        return ("ws" if self.tls is False else "wss") + self.origin[self.origin.index(":") :] + "/ws/agent/"

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.origin.split("//", 1)[1]

    def tls_context(self) -> ssl.SSLContext | None:
        """How the portal must prove itself; None on a loopback address without TLS. Raises AgentProblem."""
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise AgentProblem(
                f"The certificate file {self.ca} cannot be used: {error}", remedy="It must be a PEM certificate"
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def proxy(self) -> str | None:
        """The proxy the environment names for this portal (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)."""
        if is_loopback(self.host) or urllib.request.proxy_bypass(self.authority):
            return None
        return urllib.request.getproxies().get("https" if self.tls else "http")


def portal_at(address: str, *, ca: Path | None = None) -> Portal:
    """The portal at an address a person typed. Raises AgentProblem when it cannot be one."""
    parts = urlsplit(address if "://" in address else f"https://{address}")
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        host = ""
        port = None
    if parts.scheme not in {"http", "https"} or not host or parts.path not in {"", "/"} or parts.query:
        raise AgentProblem(
            f"“{address}” is no portal address", remedy="Give its root, for example --portal https://portal.example"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise AgentProblem(
            f"{address} is not encrypted, and {host} is not this machine",
            remedy="Use https:// (a private authority is named with --ca FILE)",
        )
    tls = parts.scheme == "https"
    shown = f"[{host}]" if ":" in host else host
    default = 443 if tls else 80
    origin = f"{parts.scheme}://{shown}" + (f":{port}" if port and port != default else "")
    return Portal(origin, host, port or default, tls, ca)


class PortalClient:
    """Single requests to the portal. Opens nothing until asked."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.authority_pem = ""  # of the last connection: the authority at the end of the portal's verified chain

    @contextlib.asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Response]:
        """One answer, piece by piece. Raises PortalUnreachable."""
        try:
            async with exchange(self._connect, request, Patience(connect=15.0, answer=30.0, idle=30.0)) as response:
                yield response
        except HttpFailed as error:
            raise PortalUnreachable(
                f"The portal at {self.portal.origin} does not answer: {error}",
                remedy="Check the address, and that this machine may reach it (proxy: HTTPS_PROXY)",
            ) from error

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        """POST JSON, get JSON. Raises PortalUnreachable, PortalRefused."""
        data = msgspec.json.encode(body)
        headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
        request = Request("POST", path, self.portal.authority, headers, data)
        async with self.stream(request) as response:
            raw = await response.read(MAX_ANSWER)
            status = response.status
        try:
            answer = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            answer = {}
        if not isinstance(answer, dict):
            answer = {}
        if not 200 <= status < 300:
            raise _refusal(self.portal, status, answer)
        return answer

    async def _connect(self) -> Streams:
        context = self.portal.tls_context()
        try:
            reader, writer = await self._open(context)
        except ssl.SSLCertVerificationError as error:
            raise PortalUnreachable(
                f"The certificate of {self.portal.origin} is not trusted: {error.verify_message}", remedy=_UNTRUSTED
            ) from error
        if context is not None:
            self.authority_pem = _authority(writer)
        return reader, writer

    async def _open(self, context: ssl.SSLContext | None) -> Streams:
        portal = self.portal
        proxy = portal.proxy()
        if proxy is None:
            return await asyncio.open_connection(portal.host, portal.port, ssl=context)
        reader, writer = await _tunnel(proxy, portal.host, portal.port)
        if context is not None:
            try:
                await writer.start_tls(context, server_hostname=portal.host)
            except BaseException:
                writer.close()
                raise
        return reader, writer


_UNTRUSTED = (
    "If your portal uses a private authority, name its certificate with --ca FILE; if this worked before, the portal's "
    "authority has changed: enrol again"
)


def signed_headers(key: bytes, method: str, target: str, now: float | None = None) -> tuple[tuple[str, str], ...]:
    """The Authorization header of one request by an enrolled host. now: unix time by the portal's clock, if known."""
    at = int(time.time() if now is None else now)
    public = public_key_of(key)
    signature = sign(key, request_bytes(method, target, at, public))
    return (("Authorization", f"Pierhead-Agent {public.hex()}:{at}:{signature.hex()}"),)


async def _tunnel(proxy: str, host: str, port: int) -> Streams:
    """A connection through an HTTP proxy (CONNECT). Raises OSError."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme != "http" or not parts.hostname:
        raise OSError(f"the proxy {parts.hostname} is not an http:// proxy")
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = [("Host", target)]
    if parts.username:
        word = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers.append(("Proxy-Authorization", "Basic " + base64.b64encode(word).decode()))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        answer = await _connect_answer(reader, writer, h11.Request(method="CONNECT", target=target, headers=headers))
        if answer != 200:
            raise OSError(f"the proxy {parts.hostname} refused the connection ({answer or 'no answer in HTTP'})")
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _connect_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: h11.Request) -> int:
    """The status a proxy answers a CONNECT with, 0 when it is no HTTP."""
    line = h11.Connection(h11.CLIENT, max_incomplete_event_size=PROXY_HEAD)
    writer.write(line.send(request) or b"")
    try:
        while (event := line.next_event()) is h11.NEED_DATA:
            # One byte at a time: nothing behind the proxy's head may be taken from the stream.
            line.receive_data(await reader.read(1))
    except h11.RemoteProtocolError:
        return 0
    return event.status_code if isinstance(event, h11.Response) else 0


def _authority(writer: asyncio.StreamWriter) -> str:
    """The last certificate of the verified chain in PEM, "" when this Python cannot tell it."""
    tls = writer.get_extra_info("ssl_object")
    chain = getattr(tls, "get_verified_chain", None)
    if chain is not None:  # Python 3.13
        return ssl.DER_cert_to_PEM_cert(chain()[-1])
    inner = getattr(getattr(tls, "_sslobj", None), "get_verified_chain", None)
    if inner is not None:  # the same call before it was made public (3.10)
        return str(inner()[-1].public_bytes())
    return ""


def _refusal(portal: Portal, status: int, answer: dict[str, Any]) -> AgentProblem:
    title = str(answer.get("title") or f"The portal answered {status}")
    detail = str(answer.get("detail") or "")
    if status >= 500:
        return PortalUnreachable(f"The portal at {portal.origin} has a problem: {title}", remedy=detail)
    return PortalRefused(title, remedy=detail)
