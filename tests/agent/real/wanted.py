"""Deployments of the lab's busybox on a real engine."""

import asyncio
import contextlib
import json
from typing import Any

from engine_agent.protocol.bodies import ContainerSpec
from tests.agent.wishes import container
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX

SERVE = "mkdir -p /www && echo {text} > /www/index.html && exec httpd -f -p 80 -h /www"


def server(text: str, *, port: int, **more: Any) -> ContainerSpec:
    """A web server that answers `text`; its configuration hash is the text."""
    command = ["/bin/sh", "-c", SERVE.format(text=text)]
    more.setdefault("stop_timeout", 0)
    return container(image=BUSYBOX, port=port, command=command, config_hash=text, **more)


def shell(service: str, script: str, **more: Any) -> ContainerSpec:
    """A container that runs a script; its configuration hash is the script."""
    more.setdefault("stop_timeout", 0)
    return container(service, image=BUSYBOX, command=["/bin/sh", "-c", script], config_hash=script, **more)


async def fetched(port: int, address: str = "127.0.0.1") -> str:
    """What is served at a port, "" when nothing is."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer.decode().partition("\r\n\r\n")[2].strip()
    return ""


def names(engine: Engine) -> list[str]:
    """Every container's name and state."""
    out = engine.docker("ps", "-a", "--format", "{{json .}}")
    rows = [json.loads(line) for line in out.splitlines()]
    return sorted(f"{row['Names']} {row['State']}" for row in rows)
