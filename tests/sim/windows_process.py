r"""A simulated Windows engine as a program of its own, so that the real agent runs beside it.

    python -m tests.sim.windows_process --socket /tmp/x/engine.sock --build 20348 --image iis:1
    python.exe -m tests.sim.windows_process --pipe \\.\pipe\docker_engine --offer iis:1

It says "ready" once it listens and runs until it is ended. Its containers answer HTTP on their published ports.
"""

import argparse
import asyncio
from pathlib import Path

from tests.sim.windows_engine import WindowsEngine
from tests.sim.windows_world import CLIENT, LTSC2019, LTSC2022, LTSC2025
from tests.sim.world import Behaviour

EDITIONS = {edition.build: edition for edition in (LTSC2019, LTSC2022, LTSC2025, CLIENT)}


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--pipe", default="")
    parser.add_argument("--build", type=int, choices=sorted(EDITIONS), default=LTSC2022.build)
    parser.add_argument("--image", action="append", default=[], help="is on the host")
    parser.add_argument("--offer", action="append", default=[], help="can be pulled")
    parser.add_argument("--slow", action="append", default=[], help="can be pulled, and is healthy after two seconds")
    parser.add_argument("--mirror", default="", help="a registry, host:port, that stands for Docker Hub")
    parser.add_argument("--name", default="", help="of the machine")
    parser.add_argument("--everywhere", action="store_true", help="published ports answer on every address")
    options = parser.parse_args()
    engine = WindowsEngine(options.socket, edition=EDITIONS[options.build], pipe=options.pipe, name=options.name)
    engine.world.mirror = options.mirror
    address = "0.0.0.0" if options.everywhere else "127.0.0.1"
    engine.world.usual = Behaviour(serves=True, at=address, log=b"listening\r\n")
    for reference in options.image:
        engine.world.add_image(reference, engine.world.usual)
    for reference in options.offer:
        engine.world.offer_image(reference, engine.world.usual)
    for reference in options.slow:
        engine.world.offer_image(reference, Behaviour(healthy=2.0))
    asyncio.run(_serve(engine))


async def _serve(engine: WindowsEngine) -> None:
    async with engine:
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
