"""The gateway as a process: `manage.py docker_endpoint`, started by `manage.py up`."""

import asyncio
import gc
import logging
import signal

from django.conf import settings

from .descriptors import descriptors_raise
from .gateway import Gateway
from .streams import door_path

log = logging.getLogger(__name__)

COLLECT_AFTER = (10_000, 20, 50)  # young objects die young; full passes, which stop every stream, are rare


async def serve() -> None:
    """Until a stop signal. Raises OSError when the stream listener cannot listen."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(streams=settings.STREAMS_ADDRESS, door=door_path(), docker=settings.DOCKER_ENDPOINT)
    await gateway.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        await stop.wait()
    finally:
        await gateway.stop()


def run() -> None:
    """Serve on uvloop where it is installed: it moves bytes with less work."""
    descriptors_raise()
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())
