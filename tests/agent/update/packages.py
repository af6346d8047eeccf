"""Packages of the agent as a portal signs them."""

import hashlib

from nacl.signing import SigningKey

from engine_agent.protocol.package import PackageFile, UpdateAgent, package_bytes

KEY = SigningKey(b"k" * 32)
PUBLIC = bytes(KEY.verify_key)


def package_file(name: str, content: bytes) -> PackageFile:
    return PackageFile(name, f"/agent/files/{name}", hashlib.sha256(content).hexdigest(), len(content))


def signed(version: str, *files: PackageFile, key: SigningKey = KEY, trial_seconds: float = 60.0) -> UpdateAgent:
    signature = key.sign(package_bytes(version, files)).signature
    return UpdateAgent(version, files, signature, trial_seconds)
