"""Fetch a list: from an address that may be called, up to a size, within a time, and only if it has changed."""

import ssl
import time
from dataclasses import dataclass
from functools import lru_cache

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from portal.outside import AddressRefused, Outside, outside
from portal.problems import Invalid, Unavailable

MAX_BYTES = 4 << 20
MAX_SECONDS = 20.0  # for all of it


class ListUnavailable(Unavailable):
    """A list that cannot be had now."""

    code = "list-unavailable"
    title = "The list of templates cannot be fetched"


@dataclass(frozen=True)
class Fetched:
    """text: None when it is the one with the ETag that was sent."""

    text: str | None
    etag: str = ""


def list_address(url: str) -> Outside:
    """The address, looked up. Raises Invalid under "url" for one that is not called."""
    try:
        if len(url) > 500:
            raise AddressRefused(_("The address is longer than 500 characters."))
        found = outside(
            url, schemes=("https", "http"), private=settings.LISTS_PRIVATE, setting="PIERHEAD_LISTS_PRIVATE"
        )
        if found.parts.username or found.parts.password:
            raise AddressRefused(_("Leave user name and password out: a list is public."))
    except AddressRefused as error:
        raise Invalid(str(error), code="address-refused", fields={"url": [str(error)]}) from error
    return found


def list_fetch(url: str, etag: str = "") -> Fetched:
    """What is there now. No redirect is followed. Raises Invalid (address, size, encoding), ListUnavailable."""
    where = list_address(url)
    headers = {
        "Accept": "application/json, text/plain;q=0.8, */*;q=0.1",
        "Accept-Encoding": "identity",
        "User-Agent": "Pierhead-Lists/1",
        "Host": where.parts.netloc,
    }
    if etag:
        headers["If-None-Match"] = etag
    try:
        return _answer(where, headers)
    except httpx.TimeoutException as error:
        raise ListUnavailable(_("It did not answer in time. Try again later.")) from error
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise ListUnavailable(_("It cannot be reached: %(error)s.") % {"error": str(error)[:200]}) from error


def _answer(where: Outside, headers: dict[str, str]) -> Fetched:
    until = time.monotonic() + MAX_SECONDS
    url = httpx.URL(where.parts.geturl()).copy_with(host=str(where.address), fragment=None)
    timeout = float(settings.OUTSIDE_TIMEOUT_SECONDS)
    with (
        httpx.Client(verify=_trust(), timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url, headers=headers, extensions={"sni_hostname": where.host}) as answer,
    ):
        if answer.status_code == 304:
            return Fetched(None, headers.get("If-None-Match", ""))
        if 300 <= answer.status_code < 400:
            raise ListUnavailable(_("It redirects, which is not followed: enter the address that it leads to."))
        if answer.status_code != 200:
            raise ListUnavailable(_("It answered %(code)d.") % {"code": answer.status_code})
        return Fetched(_text(_body(answer, until)), answer.headers.get("ETag", "")[:200])


def _body(answer: httpx.Response, until: float) -> bytes:
    found = bytearray()
    for piece in answer.iter_bytes():
        found += piece
        if len(found) > MAX_BYTES:
            message = _("The list is larger than %(most)d MiB.") % {"most": MAX_BYTES >> 20}
            raise Invalid(message, code="list-too-large", fields={"url": [message]})
        if time.monotonic() > until:
            raise ListUnavailable(_("It is too slow: it took longer than %(most)d seconds.") % {"most": MAX_SECONDS})
    return bytes(found)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("This is not text in UTF-8.")
        raise Invalid(message, fields={"url": [message]}) from error


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The machine's own authorities, or SSL_CERT_FILE's."""
    return ssl.create_default_context()
