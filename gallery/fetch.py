"""One bounded exchange with an outside service: a limit of bytes, a deadline for all of it, no surprise redirects.

    FetchError
    ├── NoAnswer      no connection, a certificate that does not verify, or not in time
    ├── TooLarge      more bytes than allowed
    └── NotAllowedUrl plain http to another machine, or a redirect that must not be followed

No Django here: the adapters of Docker Hub and of registries are built on it.
"""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import httpx

USER_AGENT = "Pierhead/0.1 (container gallery)"
MAX_REDIRECTS = 5
CONNECT_SECONDS = 3.0
MAX_WAIT = 86_400


class FetchError(Exception):
    """Base. The message is a sentence without the name of the service."""


class NoAnswer(FetchError):
    """Nothing usable came back in time."""


class TooLarge(FetchError):
    """The answer is larger than it may be."""


class NotAllowedUrl(FetchError):
    """The address must not be asked."""


@dataclass(frozen=True)
class Answer:
    """A complete answer. headers: names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, at most 2,000 characters, for messages."""
        return self.body[:8000].decode("utf-8", "replace")[:2000]

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people, such as a bot wall's, instead of data."""
        start = self.body[:64].lstrip().lower()
        return "html" in self.headers.get("content-type", "") or start.startswith((b"<!doctype", b"<html"))

    def json(self) -> Any:
        """The decoded body. Raises ValueError when it is cut off or no JSON at all."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    plain = host.strip("[]").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        return ip_address(plain).is_loopback
    except ValueError:
        return False


def check_url(url: httpx.URL, *, near: httpx.URL | None = None) -> None:
    """Raise NotAllowedUrl for anything but https; plain http is for loopback, and only when the service asked first
    (`near`) is on loopback too, so that no outside service can point us at our own machine."""
    if url.scheme == "https" and url.host and not (near is not None and near.scheme == "https" and _inward(url, near)):
        return
    if url.scheme == "http" and is_loopback(url.host) and (near is None or is_loopback(near.host)):
        return
    raise NotAllowedUrl(f"{url.scheme}://{url.host} must not be asked: only https is, or http on this machine itself.")


def _inward(url: httpx.URL, near: httpx.URL) -> bool:
    return is_loopback(url.host) and not is_loopback(near.host)


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Scheme, host and port are the same."""
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def make_client(
    base: httpx.URL, *, transport: httpx.BaseTransport | None = None, verify: ssl.SSLContext | bool = True
) -> httpx.Client:
    """A client that follows no redirect by itself; HTTP(S)_PROXY holds except for this machine's own addresses."""
    return httpx.Client(
        trust_env=not is_loopback(base.host),
        transport=transport,
        verify=verify,
        follow_redirects=False,
        headers={"User-Agent": USER_AGENT},
        limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=60),
    )


def fetch(client: httpx.Client, request: httpx.Request, *, limit: int, seconds: float) -> Answer:
    """Send `request`, follow at most five redirects, read at most `limit` bytes, all within `seconds`.

    Authorization and cookies never reach another origin. Raises FetchError.
    """
    first = request.url
    check_url(first)
    deadline = time.monotonic() + seconds
    for _ in range(MAX_REDIRECTS + 1):
        answer = _exchange(client, request, limit, deadline)
        location = answer.headers.get("location")
        if answer.status not in {301, 302, 303, 307, 308} or not location:
            return answer
        try:
            following = request.url.join(location)
        except httpx.InvalidURL as error:
            raise NotAllowedUrl("it redirects to an address that makes no sense.") from error
        check_url(following, near=first)
        if request.url.scheme == "https" and following.scheme != "https":
            raise NotAllowedUrl("it redirects from https to plain http.")
        headers = httpx.Headers(request.headers)
        headers.pop("host", None)
        if not same_origin(following, request.url):
            headers.pop("authorization", None)
            headers.pop("cookie", None)
        method = "HEAD" if request.method == "HEAD" else "GET"
        request = httpx.Request(method, following, headers=headers)
    raise NoAnswer(f"it redirects more than {MAX_REDIRECTS} times.")


def _exchange(client: httpx.Client, request: httpx.Request, limit: int, deadline: float) -> Answer:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoAnswer("it did not answer in time.")
    request.extensions["timeout"] = {
        "connect": min(left, CONNECT_SECONDS), "read": left, "write": left, "pool": left,
    }  # fmt: skip
    try:
        response = client.send(request, stream=True)
        try:
            return _read(response, limit, deadline)
        finally:
            response.close()
    except httpx.TimeoutException as error:
        raise NoAnswer("it did not answer in time.") from error
    except httpx.HTTPError as error:
        raise NoAnswer(_reason(error)) from error


def _read(response: httpx.Response, limit: int, deadline: float) -> Answer:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the answer is larger than {limit} bytes.")
        if time.monotonic() > deadline:
            raise NoAnswer("it did not answer in time.")
        chunks.append(chunk)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(str(response.request.url), response.status_code, headers, b"".join(chunks))


def _reason(error: BaseException) -> str:
    """Why there was no answer, in words for people."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate does not verify ({seen.verify_message})."
        if isinstance(seen, ssl.SSLError):
            return "no secure connection could be made."
        if isinstance(seen, ConnectionRefusedError):
            return "the connection was refused."
        seen = seen.__cause__ or seen.__context__
    text = str(error).lower()
    if ("name" in text and ("resol" in text or "known" in text)) or "getaddrinfo" in text or "nodename" in text:
        return "its name cannot be found. Is this machine offline?"
    if "certificate" in text:
        return "its certificate does not verify."
    if "refused" in text:
        return "the connection was refused."
    if "unreachable" in text:
        return "the network cannot be reached."
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "the answer broke off or makes no sense."
    return "the connection failed."


def retry_after(headers: Mapping[str, str], now: float | None = None) -> int | None:
    """Seconds to wait, from Retry-After (seconds or a date), X-Retry-After or X-RateLimit-Reset (unix seconds)."""
    now = time.time() if now is None else now
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit() and len(given) < 12:
        seconds = int(given)
        return _bounded(seconds - now if seconds > 1_000_000_000 else seconds)
    if given:
        try:
            moment = parsedate_to_datetime(given)
        except ValueError:
            moment = datetime.fromtimestamp(now, UTC)
        return _bounded(moment.timestamp() - now)
    for name in ("x-retry-after", "x-ratelimit-reset"):
        stamp = headers.get(name, "").strip()
        if stamp.isascii() and stamp.isdigit() and len(stamp) < 12:
            return _bounded(int(stamp) - now if int(stamp) > 1_000_000_000 else int(stamp))
    return None


def _bounded(seconds: float) -> int:
    return max(1, min(int(seconds + 0.999), MAX_WAIT))
