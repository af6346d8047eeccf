"""What an agent has to prove before it is listened to: a protocol that we speak, an address of ours, its key."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from engine_agent.protocol import PROTOCOL_MAX, PROTOCOL_MIN, challenge_bytes, verify
from engine_agent.protocol.messages import Hello
from hosts.services.links import LinkRefused
from portal import VERSION

MAX_BOOT = 64


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
