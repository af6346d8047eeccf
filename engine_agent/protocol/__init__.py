"""The wire between portal and agent: typed messages, their codec and the proof of identity.

The portal imports this package and nothing else of the agent. Nothing here does I/O.
"""

from .codec import Malformed, decode_from_agent, decode_from_portal, encode
from .identity import challenge_bytes, enrolment_bytes, public_key_of, request_bytes, sign, verify

__all__ = [
    "PROTOCOL_MAX",
    "PROTOCOL_MIN",
    "SUBPROTOCOL",
    "Malformed",
    "challenge_bytes",
    "decode_from_agent",
    "decode_from_portal",
    "encode",
    "enrolment_bytes",
    "public_key_of",
    "request_bytes",
    "sign",
    "verify",
]

SUBPROTOCOL = "pierhead.agent.v1"
PROTOCOL_MIN = 1
PROTOCOL_MAX = 1
