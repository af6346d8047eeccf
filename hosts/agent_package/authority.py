"""The private authority of the portal's certificate, when there is one (PIERHEAD_CA_FILE)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hosts.enrol_commands import EnrolCommands, enrol_commands


@dataclass(frozen=True)
class Authority:
    """pem: its certificate as agents keep it."""

    pem: bytes

    @property
    def sha256(self) -> str:
        """Of the PEM file, as `sha256sum` gives it."""
        return hashlib.sha256(self.pem).hexdigest()


def private_authority() -> Authority | None:
    """The authority that PIERHEAD_CA_FILE names; None without it. Raises ImproperlyConfigured."""
    if not settings.CA_FILE:
        return None
    try:
        pem = Path(settings.CA_FILE).read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(
            f"PIERHEAD_CA_FILE names {settings.CA_FILE}, which cannot be read: {error}"
        ) from error
    if b"-----BEGIN CERTIFICATE-----" not in pem or b"PRIVATE KEY" in pem:
        raise ImproperlyConfigured(f"PIERHEAD_CA_FILE ({settings.CA_FILE}) must be a PEM certificate and hold no key")
    return Authority(pem)


def commands_for(token: str) -> EnrolCommands:
    """The enrolment commands of this portal."""
    authority = private_authority()
    return enrol_commands(settings.PUBLIC_URL, token, ca_sha256=authority.sha256 if authority else "")
