"""Several engines as several hosts: each with a network of its own, all on one bridge.

with start_hosts(2) as (left, right):
    left.engine.docker("run", ...)
    right.unplug()
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from .engine import Engine
from .network import Bridge, Namespace, make_bridge, make_namespace
from .part import Part
from .processes import Server

ROOT = Path(__file__).resolve().parents[2]


class LabNetwork(Part):
    """A bridge with room for hosts. The machine itself is `bridge.address` on it."""

    def __init__(self) -> None:
        super().__init__("n")
        self.bridge: Bridge = make_bridge(self.folder)
        self._count = 0

    def start(self) -> Self:
        return self

    def halt(self) -> None:
        """Nothing runs; `stop` removes the links."""

    def namespace(self) -> Namespace:
        """One more host's network."""
        self._count += 1
        return make_namespace(self.folder, self.bridge, self._count)


class LabHost(Part):
    """A host: an engine in its own network. `address` is where others reach its published ports."""

    def __init__(self, name: str, namespace: Namespace) -> None:
        super().__init__("h")
        self.name = name
        self.namespace = namespace
        self.address = namespace.address
        self.engine = Engine(name, namespace=namespace)
        self._relays: list[Server] = []

    def start(self) -> Self:
        self.engine.start()
        return self

    def reach_loopback(self, *ports: int, delay: float = 0.0) -> None:
        """From now on 127.0.0.1:PORT on this host is 127.0.0.1:PORT of the test machine (registry, portal).

        delay: seconds that everything takes on the way, each way.
        """
        words = [f"--delay={delay:g}", self.namespace.name, *(str(port) for port in ports)]
        log = self.folder / f"relay{len(self._relays)}.log"
        command = [sys.executable, "-m", "tests.lab.relay", *words]
        relay = Server(command, log=log, root=True, cwd=ROOT)
        self._relays.append(relay)
        relay.wait_ready(lambda: "relaying" in relay.tail(), seconds=10)

    def unplug(self) -> None:
        """Cut the host off: no packet passes and no connection ends, as when a cable is pulled."""
        self.namespace.unplug()
        for relay in self._relays:
            relay.send(signal.SIGSTOP)

    def plug(self) -> None:
        """End of `unplug`."""
        self.namespace.plug()
        for relay in self._relays:
            relay.send(signal.SIGCONT)

    def halt(self) -> None:
        """Stop the engine and the relays."""
        for relay in self._relays:
            relay.send(signal.SIGCONT)
            relay.stop(seconds=2)
        self._relays.clear()
        self.engine.halt()

    def stop(self) -> None:
        """Remove the host and everything on it."""
        self.engine.stop()
        super().stop()


@contextmanager
def start_hosts(count: int) -> Iterator[Sequence[LabHost]]:
    """`count` hosts on one bridge, named host1, host2, ..., all running."""
    with ExitStack() as stack:
        network = stack.enter_context(LabNetwork())
        yield [
            stack.enter_context(LabHost(f"host{number}", network.namespace()).started())
            for number in range(1, count + 1)
        ]
