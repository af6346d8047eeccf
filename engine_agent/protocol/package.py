"""The agent's own package as a portal offers it: files by their hash, signed by the portal's key."""

import hashlib

import msgspec


class PackageFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wheel. path: on the portal, starting with "/"; sha256: hex; size: bytes."""

    name: str
    path: str
    sha256: str
    size: int


class UpdateAgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="update_agent"):
    """Become another version of the agent. files: the agent's own wheel first, then what it needs.

    signature: Ed25519 by the portal's package key over package_bytes; the agent pinned that key when it enrolled, or at
    its first connection. trial_seconds: within which the new version must be connected, or the old one comes back.
    Result: {"version", "from"}.
    """

    version: str
    files: tuple[PackageFile, ...]
    signature: bytes
    trial_seconds: float = 60.0


def package_bytes(version: str, files: tuple[PackageFile, ...]) -> bytes:
    """What the portal signs for a package."""
    lines = [f"{one.name} {one.sha256} {one.size}" for one in files]
    digest = hashlib.sha256("\n".join([version, *lines]).encode()).digest()
    return b"pierhead package v1\x00" + digest
