"""The portal's signature of the agent's package.

The key follows from the portal's secret key, so it needs no place of its own, and every node that shares the secret key
signs alike. Agents pin its public half when they enrol, or at their first connection.
"""

import hashlib

from django.conf import settings
from nacl.signing import SigningKey

from engine_agent.protocol.package import PackageFile, UpdateAgent, package_bytes

_PERSON = b"pierhead-package"  # 16 bytes, as BLAKE2b wants


def package_key() -> SigningKey:
    """The key that signs. It follows from PIERHEAD_SECRET_KEY; another one there is another one here."""
    root = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=64).digest()
    return SigningKey(hashlib.blake2b(key=root, digest_size=32, person=_PERSON).digest())


def package_public() -> bytes:
    """What agents pin, 32 bytes."""
    return bytes(package_key().verify_key)


def package_signed(version: str, files: tuple[PackageFile, ...]) -> UpdateAgent:
    """The command that makes an agent another version."""
    signature = package_key().sign(package_bytes(version, files)).signature
    return UpdateAgent(version, files, signature)
