"""The registry goes away during a pull: the deploy fails in plain words, nothing is left, a second try works."""

import contextlib
import os
import socket
import threading

import pytest

from tests.lab.oci import publish
from tests.lab.processes import wait_until

from .conftest import Quay

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(300)]

BALLAST = 12 * 1024 * 1024
CUT_AFTER = 2 * 1024 * 1024


class Leak:
    """A relay before the registry that lets two MiB of each answer through and then cuts, unless `whole`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.whole = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pour, args=(client, server, None), daemon=True).start()
            limit = None if self.whole else CUT_AFTER
            threading.Thread(target=self._pour, args=(server, client, limit), daemon=True).start()

    @staticmethod
    def _pour(source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        try:
            while data := source.recv(65_536):
                target.sendall(data)
                passed += len(data)
                if limit is not None and passed > limit:
                    break
        except OSError:
            pass
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        self._listener.close()


def test_a_pull_that_breaks_off_fails_clearly_and_works_the_next_time(quay: Quay) -> None:
    publish(quay.registry, "faults/heavy:1", config={"Cmd": ["sleep", "3600"]}, files={"ballast": os.urandom(BALLAST)})
    leak = Leak(quay.registry.port)
    try:
        application = quay.application("heavy", {"image": f"{leak.netloc}/faults/heavy:1"})
        deployment = quay.deploy(application)
        end = quay.wait_for_end(deployment, seconds=120)
        assert end["state"] == "failed"
        assert "pull" in end["error"].lower() or "download" in end["error"].lower(), end["error"]
        assert not quay.engine.docker("ps", "-aq").strip()
        leak.whole = True
        again = quay.wait_for_end(quay.deploy(application), seconds=120)
        assert (again["state"], again["error"]) == ("succeeded", "")
    finally:
        leak.close()
    wait_until(lambda: quay.agent.state_seen() == "online", seconds=20, what="the host online")
