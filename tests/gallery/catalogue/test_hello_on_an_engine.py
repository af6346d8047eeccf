"""The sample image on a real engine: built without a network, run, and its page asked for."""

import http.client
import json
import socket
import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from gallery.catalogue.contexts import HELLO_REFERENCE, BuildContextFile, hello_context
from tests.lab.engine import Engine


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(120)
        self.sock.connect(self.path)


def build(engine: Engine, context: BuildContextFile) -> str:
    """POST /build as an agent does it, with no network for the build; the id of the image."""
    connection = UnixConnection(engine.host.removeprefix("unix://"))
    headers = {"Content-Type": "application/x-tar", "Content-Length": str(context.size)}
    with context.path.open("rb") as archive:
        connection.request("POST", f"/build?t={HELLO_REFERENCE}&networkmode=none", archive, headers)
        lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    events = [json.loads(line) for line in lines if line.strip()]
    assert not [event for event in events if "error" in event]
    return next(str(event["aux"]["ID"]) for event in events if "aux" in event)


def page(host: str, path: str, **headers: str) -> str:
    """The page at port 8080 of a container, once it listens."""
    deadline = time.monotonic() + 15
    while True:
        try:
            connection = http.client.HTTPConnection(host, 8080, timeout=5)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            assert answer.status == 200
            return text
        except OSError:
            assert time.monotonic() < deadline, "the page did not come up"
            time.sleep(0.05)


@pytest.mark.engine
def test_builds_runs_and_shows_the_request(engine: Engine, tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    image = build(engine, hello_context())
    config = json.loads(engine.docker("inspect", HELLO_REFERENCE))[0]
    assert config["Id"] == image
    assert config["Config"]["ExposedPorts"] == {"8080/tcp": {}}
    engine.docker(
        "run",
        "-d",
        "--name",
        "hello",
        "--read-only",
        "--cap-drop=ALL",
        "-e",
        "HELLO_GREETING=Moin <b>",
        HELLO_REFERENCE,
    )
    address = engine.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "hello").strip()
    text = page(address, "/some/where?a=<script>", **{"X-Evil": "<script>alert(1)</script>"})
    assert "GET /some/where?a=" in text
    assert "linux/" in text
    assert "Moin &lt;b&gt;" in text
    assert engine.docker("inspect", "-f", "{{.Config.Hostname}}", "hello").strip() in text
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert ":root" in page(address, "/hello.css")
