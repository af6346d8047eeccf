"""The Engine API, as far as any part of it is alike: version, errors, JSON, streams, limits, timeouts."""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from ..http1 import Body, Connector, HttpFailed, Patience, Request, Response, TooLarge, exchange
from .errors import EngineError, EngineGone, EngineTooOld, refused
from .transport import connector_of
from .types import Version

T = TypeVar("T")

OLDEST = (1, 41)
NEWEST = (1, 56)
MAX_ANSWER = 64 * 1024 * 1024
MAX_ERROR = 64 * 1024

Query = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: query values of None are left out, booleans become 1 and 0, body is sent as JSON when not bytes."""

    method: str
    path: str
    query: Query | None = None
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    versioned: bool = True


def registry_auth(auth: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The header that lets the engine pull or push as somebody. auth: an AuthConfig, None for nobody."""
    if not auth:
        return ()
    return (("X-Registry-Auth", base64.urlsafe_b64encode(msgspec.json.encode(auth)).decode()),)


class Engine:
    """One engine at one address. Opens nothing until it is asked something, and then negotiates the version first."""

    def __init__(self, address: str, *, connect: Connector | None = None) -> None:
        self.address = address
        self._connect = connect or connector_of(address)
        self.version: Version | None = None

    async def negotiate(self) -> Version:
        """Ask the engine's version and settle on the newest API version both sides know.

        Raises EngineGone, EngineTooOld.
        """
        version = await self.json(Ask("GET", "/version", versioned=False), Version, timeout=10.0)
        if _number(version.api_version) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise EngineTooOld(
                f"Docker Engine {version.version} speaks API {version.api_version}; at least {oldest} is needed "
                "(Docker Engine 20.10 or newer)"
            )
        if _number(version.min_api_version) > NEWEST:
            raise EngineTooOld(
                f"Docker Engine {version.version} speaks API {version.min_api_version} and newer; this agent speaks "
                f"it up to {'.'.join(map(str, NEWEST))}: update the agent"
            )
        self.version = version
        return version

    @property
    def api_version(self) -> str:
        """The negotiated API version, e.g. "1.41"; empty before negotiation."""
        if self.version is None:
            return ""
        return ".".join(map(str, min(_number(self.version.api_version), NEWEST)))

    def forget(self) -> None:
        """The engine went away and may come back as another version: negotiate again before the next request."""
        self.version = None

    async def json(self, ask: Ask, answer: type[T], *, timeout: float = 30.0) -> T:
        """The answer as `answer`. timeout: seconds for the head and between pieces. Raises EngineError."""
        async with self.stream(ask, timeout=timeout, idle=timeout) as response:
            try:
                return msgspec.json.decode(await response.read(MAX_ANSWER), type=answer)
            except msgspec.DecodeError as error:
                raise EngineError(f"the engine's answer to {ask.path} was not understood: {error}") from error
            except TooLarge as error:
                raise EngineError(str(error)) from error

    async def done(self, ask: Ask, *, timeout: float = 60.0) -> int:
        """Ask for something that answers nothing of interest; gives the status (204, or 304: already so)."""
        async with self.stream(ask, timeout=timeout, idle=timeout) as response:
            await response.read(MAX_ANSWER)
            return response.status

    @contextlib.asynccontextmanager
    async def stream(self, ask: Ask, *, timeout: float = 30.0, idle: float | None = 60.0) -> AsyncIterator[Response]:
        """The answer piece by piece; an error status is raised before the block is entered. Raises EngineError."""
        if ask.versioned and self.version is None:
            await self.negotiate()
        try:
            async with exchange(self._connect, self._request(ask), Patience(answer=timeout, idle=idle)) as response:
                if response.status >= 400:
                    raise refused(response.status, _message(await response.read(MAX_ERROR)))
                yield response
        except TooLarge:
            raise
        except HttpFailed as error:
            raise EngineGone(f"the engine at {self.address} does not answer: {error}") from error

    def _request(self, ask: Ask) -> Request:
        path = f"/v{self.api_version}{ask.path}" if ask.versioned else ask.path
        query = urlencode({name: _word(value) for name, value in (ask.query or {}).items() if value is not None})
        headers, body = ask.headers, ask.body
        if body is not None and not _is_raw(body):
            body = msgspec.json.encode(body)
            headers = (*headers, ("Content-Type", "application/json"))
        return Request(ask.method, f"{path}?{query}" if query else path, headers=headers, body=body)


def _is_raw(body: Body | Any) -> bool:
    return isinstance(body, bytes) or hasattr(body, "__aiter__")


def _word(value: str | int | bool | None) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _number(version: str) -> tuple[int, int]:
    try:
        major, _, minor = version.partition(".")
        return int(major), int(minor)
    except ValueError:
        return (0, 0)


def _message(body: bytes) -> str:
    """The engine's own words in an error body: {"message": "..."} or plain text."""
    with contextlib.suppress(msgspec.DecodeError):
        answer = msgspec.json.decode(body)
        if isinstance(answer, dict) and isinstance(answer.get("message"), str):
            return str(answer["message"]).strip()
    return body.decode("utf-8", "replace").strip() or "no reason given"
