"""Proof of identity: Ed25519 keys, and the exact bytes that are signed.

What is signed carries a purpose, so that a signature made for one can never serve another.
"""

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

KEY_BYTES = 32


def _parts(purpose: bytes, *values: bytes) -> bytes:
    """Each value with its length before it, so that no two lists of values give the same bytes."""
    return purpose + b"".join(len(value).to_bytes(4, "big") + value for value in values)


def challenge_bytes(nonce: bytes, origin: str, public_key: bytes) -> bytes:
    """What an agent signs to open a connection: the portal's nonce, the portal address dialled, its own key."""
    return _parts(b"pierhead connect v1\0", nonce, origin.encode(), public_key)


def enrolment_bytes(token: str, public_key: bytes) -> bytes:
    """What an agent signs to enrol: proof that it holds the private key it registers, for this token only."""
    return _parts(b"pierhead enrol v1\0", token.encode(), public_key)


def request_bytes(method: str, target: str, at: int, public_key: bytes) -> bytes:
    """What an agent signs to make one HTTP request: method, target (path and query), unix time, its own key.

    It travels as `Authorization: Pierhead-Agent <public key hex>:<at>:<signature hex>`; the portal allows a small
    difference of clocks and refuses what is older.
    """
    return _parts(b"pierhead request v1\0", method.encode(), target.encode(), str(at).encode(), public_key)


def stream_bytes(stream_id: str, token: str) -> bytes:
    """What an agent signs to take up a stream it was asked for.

    It travels as `Authorization: Pierhead-Stream <token>:<signature hex>`.
    """
    return _parts(b"pierhead stream v1\0", stream_id.encode(), token.encode())


def rotation_bytes(command: str, old_key: bytes, new_key: bytes) -> bytes:
    """What an agent signs with its present key to name the one that follows it, for one command only."""
    return _parts(b"pierhead rotate v1\0", command.encode(), old_key, new_key)


def public_key_of(private_key: bytes) -> bytes:
    """The 32-byte public key of a 32-byte private key (seed)."""
    return bytes(SigningKey(private_key).verify_key)


def sign(private_key: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message`."""
    return bytes(SigningKey(private_key).sign(message).signature)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made by the owner of `public_key`. Never raises on bad input."""
    try:
        VerifyKey(public_key).verify(message, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
