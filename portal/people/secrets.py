"""Secrets at rest: sealed with a key that follows from the portal's own secret key and from what they are for.

libsodium's secret box (XSalsa20-Poly1305), a random nonce for each. A secret sealed for one purpose cannot be
opened for another.
"""

import hashlib

from django.conf import settings
from django.utils.translation import gettext as _
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from portal.problems import Unavailable

_VERSION = b"\x01"
_PERSON = b"pierhead-secrets"  # 16 bytes, as BLAKE2b wants


class SecretUnreadable(Unavailable):
    """A sealed secret that cannot be opened: the portal's secret key is another one than when it was sealed."""

    code = "secret-unreadable"
    title = "A stored secret cannot be read"
    permanent = True


def seal(plain: bytes, *, purpose: str) -> bytes:
    """`plain`, encrypted and authenticated. purpose: what it is for, e.g. "registry-account"."""
    return _VERSION + bytes(_box(purpose).encrypt(plain))


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """What `seal` was given. Raises SecretUnreadable when the key has changed or the value was tampered with."""
    data = bytes(sealed)
    try:
        if not data.startswith(_VERSION):
            raise CryptoError
        return bytes(_box(purpose).decrypt(data[1:]))
    except (CryptoError, ValueError) as error:
        raise SecretUnreadable(
            _(
                "It was stored under another secret key than the portal has now (PIERHEAD_SECRET_KEY, or the file "
                "secret_key in the data directory). Put that key back, or enter the secret again."
            )
        ) from error


def _box(purpose: str) -> SecretBox:
    key = hashlib.blake2b(purpose.encode(), key=_root(), digest_size=SecretBox.KEY_SIZE, person=_PERSON).digest()
    return SecretBox(key)


def _root() -> bytes:
    """64 bytes out of the site's secret key, whatever its length."""
    return hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=64).digest()
