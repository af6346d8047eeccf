"""Clients that are not the docker command: the Python SDK, skopeo's docker-daemon transport, compose."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.tls import TLSConfig

from tests.lab.parts import program

from .conftest import House
from .docker_cli import Way

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

IMAGE = "busybox:lab"
COMPOSE = "version: '3'\nservices:\n  web:\n    image: busybox:lab\n    command: sleep 600\n    networks: [inner]\n"
COMPOSE += "networks:\n  inner:\n    driver: bridge\n"


@pytest.fixture
def sdk(house: House, through: Way, monkeypatch: pytest.MonkeyPatch) -> Iterator[docker.DockerClient]:
    """The Python SDK, through the endpoint."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    folder = through.environment["DOCKER_CERT_PATH"]
    tls = TLSConfig(client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"), ca_cert=f"{folder}/ca.pem", verify=True)
    client = docker.DockerClient(through.environment["DOCKER_HOST"].replace("tcp://", "https://"), tls=tls, timeout=60)
    yield client
    client.close()
    house.engine.tidy()


def test_the_sdk_runs_and_follows(sdk: docker.DockerClient) -> None:
    assert sdk.ping()
    assert sdk.containers.run(IMAGE, ["echo", "hello"], remove=True) == b"hello\n"
    one = sdk.containers.run(IMAGE, ["sh", "-c", "echo a; sleep 0.3; echo b"], detach=True, name="sdk-a")
    assert b"".join(one.logs(stream=True, follow=True)) == b"a\nb\n"
    assert one.wait()["StatusCode"] == 0


def test_the_sdk_executes_and_attaches(sdk: docker.DockerClient) -> None:
    one = sdk.containers.run(IMAGE, ["sleep", "600"], detach=True, name="sdk-b")
    done: Any = one.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"], demux=True)
    assert (done.exit_code, done.output) == (4, (b"out\n", b"err\n"))
    stats: Any = one.stats(stream=False)
    assert stats["name"] == "/sdk-b"
    one.kill()


def test_the_sdk_moves_files_and_images(sdk: docker.DockerClient) -> None:
    content = os.urandom(300_000)
    one = sdk.containers.run(IMAGE, ["sleep", "600"], detach=True, name="sdk-c")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("given")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    assert one.put_archive("/tmp", buffer.getvalue())
    pieces, _stat = one.get_archive("/tmp/given")
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        found = tar.extractfile("given")
        assert found is not None
        assert found.read() == content
    saved = b"".join(sdk.images.get(IMAGE).save())
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        assert "manifest.json" in tar.getnames()


def test_skopeo_reads_from_the_engine(house: House, through: Way) -> None:
    folder = through.environment["DOCKER_CERT_PATH"]
    host = through.environment["DOCKER_HOST"].replace("tcp://", "https://")
    argv = [program("skopeo"), "--insecure-policy", "copy", "--src-daemon-host", host, "--src-cert-dir", folder]
    said = through.run([*argv, f"docker-daemon:{IMAGE}", f"dir:{through.folder}/copied"])
    assert said.code == 0, said.err
    manifest = json.loads((through.folder / "copied" / "manifest.json").read_bytes())
    assert manifest["layers"]


def test_compose_brings_a_project_up_and_down(house: House, through: Way) -> None:
    (through.folder / "docker-compose.yml").write_text(COMPOSE)
    compose = [program("docker-compose"), "-p", "cmpcmp"]
    up = through.run([*compose, "up", "-d"])
    assert up.code == 0, up.err
    said = through.run([*compose, "exec", "-T", "web", "echo", "inside"])
    assert (said.code, said.out) == (0, b"inside\n")
    assert b"cmpcmp" in through.run([*compose, "ps"]).out
    assert through.run([*compose, "down", "-t", "0"]).code == 0
    assert house.engine.docker("ps", "-aq").strip() == ""
