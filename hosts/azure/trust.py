"""Whom to believe that an address is Azure's."""

import ssl


def verifying(ca: str) -> ssl.SSLContext | bool:
    """The usual authorities, and the one of the PEM at `ca` beside them; for clients that are not the SDK's."""
    if not ca:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca)
    return context
