"""Ports nobody listens on."""

import socket


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP port of `address` that was free a moment ago. The kernel does not hand it out again at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
