"""Certificates of the portal's own authority: made, never stored here. No Django, no I/O.

P-256 keys: what every TLS library knows, and a handshake costs a millisecond. `cryptography` is imported when the
first one is made, since the pages never need it.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
BACK = timedelta(minutes=5)  # clocks differ


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM. serial: hex; fingerprint: SHA-256 of the DER form, hex."""

    certificate: str
    key: str
    serial: str
    fingerprint: str
    not_after: datetime


def authority_make(name: str, *, now: datetime | None = None) -> Pair:
    """A new authority, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])
    return _signed(
        subject=subject,
        issuer=subject,
        key=key,
        signer=key,
        until=(now or datetime.now(UTC)) + timedelta(days=AUTHORITY_DAYS),
        now=now,
        extensions=[(x509.BasicConstraints(ca=True, path_length=0), True), (_usage(signs=True), True)],
    )


def client_make(authority: Pair, *, name: str, identity: str, until: datetime, now: datetime | None = None) -> Pair:
    """A client's certificate. name: what people read in it; identity: a URI that is its own."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    extensions = [
        (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    ]
    return _issued(authority, name, until, now, extensions)


def server_make(authority: Pair, *, names: Iterable[str], now: datetime | None = None) -> Pair:
    """The endpoint's own certificate for these host names and addresses."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    known = list(dict.fromkeys(names))
    extensions = [
        (x509.SubjectAlternativeName([_alternative(name) for name in known]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    ]
    until = (now or datetime.now(UTC)) + timedelta(days=SERVER_DAYS)
    return _issued(authority, "Pierhead Docker endpoint", min(until, authority.not_after), now, extensions)


def _alternative(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _issued(authority: Pair, name: str, until: datetime, now: datetime | None, extensions: list[Any]) -> Pair:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    return _signed(
        subject=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])]),
        issuer=issuer.subject,
        key=ec.generate_private_key(ec.SECP256R1()),
        signer=load_pem_private_key(authority.key.encode(), None),
        until=until,
        now=now,
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs=False), True),
            *extensions,
        ],
    )


def _usage(*, signs: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(
    *, subject: Any, issuer: Any, key: Any, signer: Any, until: datetime, now: datetime | None, extensions: list[Any]
) -> Pair:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=serial,
        not_valid_before=(now or datetime.now(UTC)) - BACK,
        not_valid_after=until,
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = builder.add_extension(issuer_key, False).sign(signer, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(
        certificate=made.public_bytes(serialization.Encoding.PEM).decode(),
        key=private.decode(),
        serial=f"{serial:x}",
        fingerprint=made.fingerprint(hashes.SHA256()).hex(),
        not_after=until.replace(microsecond=0),
    )
