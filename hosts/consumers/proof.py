"""What an agent has to prove before it is listened to: a protocol that we speak, an address of ours, its key.

And what it is given then: its turn at the door, and the link of its host.
"""

import asyncio
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from engine_agent.protocol import PROTOCOL_MAX, PROTOCOL_MIN, challenge_bytes, verify
from engine_agent.protocol.messages import Hello
from hosts.consumers.admission import Crowded, admission
from hosts.consumers.threads import in_database
from hosts.services.links import LinkRefused, Opened, link_open
from portal import VERSION

MAX_BOOT = 64
OVERLOADED = "overloaded"


def hello_check(hello: Hello, nonce: bytes) -> None:
    """Protocol, address and signature. Raises LinkRefused."""
    if not PROTOCOL_MIN <= hello.protocol <= PROTOCOL_MAX:
        raise LinkRefused(
            "protocol",
            f"The agent (version {hello.agent_version[:32]}) speaks protocol {hello.protocol}; this portal (version "
            f"{VERSION}) speaks {PROTOCOL_MIN} to {PROTOCOL_MAX}. Install the agent package that this portal offers.",
        )
    if not ours(hello.origin):
        raise LinkRefused(
            "bad-signature",
            f"The agent dialled {hello.origin[:200]}, which is not an address of this portal. Enrol it with the "
            "portal's own address, or add that name to PIERHEAD_ALLOWED_HOSTS.",
        )
    signed = challenge_bytes(nonce, hello.origin, hello.public_key)
    if not hello.boot or len(hello.boot) > MAX_BOOT or not verify(hello.public_key, signed, hello.signature):
        raise LinkRefused("bad-signature", "The signature does not prove the key for this connection.")


def ours(origin: str) -> bool:
    """Whether an address that an agent dialled is one of this portal's."""
    if origin.rstrip("/") == settings.PUBLIC_URL:
        return True
    parts = urlsplit(origin)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return parts.scheme in {"http", "https"} and bool(host) and validate_host(str(host), settings.ALLOWED_HOSTS)


async def link_taken(hello: Hello, *, visitor: object, link: str, address: str | None) -> Opened:
    """The host's link, once it is this agent's turn. Raises LinkRefused.

    A process that is going away gets half a second to do so before it counts as a conflict.
    """
    try:
        await admission().enter(visitor)
    except Crowded as crowded:
        detail = "Many agents connect to this portal just now; this one has its turn in a moment."
        raise LinkRefused(OVERLOADED, detail, retry_after=crowded.retry_after) from None
    try:
        return await _link_opened(hello, link, address)
    except LinkRefused as refused:
        if refused.code != "conflict":
            raise
    await asyncio.sleep(0.5)
    return await _link_opened(hello, link, address)


async def _link_opened(hello: Hello, link: str, address: str | None) -> Opened:
    return await in_database(
        link_open,
        public_key=hello.public_key,
        link=link,
        engine_id=hello.engine_id,
        agent_version=hello.agent_version,
        address=address,
    )
