"""A portal as `manage.py up` starts it, an engine as its host, and the docker client both ways."""

import io
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.lab.portal import Portal, start_portal

from .docker_cli import Way, clean_environment

TEAM = "First team"


@dataclass(frozen=True)
class House:
    """A running portal with `engine` as host `host_id`."""

    portal: Portal
    engine: Engine
    token: str
    host_id: str

    def context(self, folder: Path, *, token: str = "", **options: object) -> dict[str, str]:
        """Download a Docker context and unpack it; what a client's environment must say to use it."""
        import json

        body = json.dumps({"host": self.host_id, **options}).encode()
        request = urllib.request.Request(
            f"{self.portal.url}/api/v1/docker-contexts",
            body,
            {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            archive = answer.read()
        (folder / "host.dockercontext").write_bytes(archive)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            meta = json.load(tar.extractfile("meta.json") or io.BytesIO())
            for name in ("ca", "cert", "key"):
                file = tar.extractfile(f"tls/docker/{name}.pem")
                assert file is not None
                (folder / f"{name}.pem").write_bytes(file.read())
        host = meta["Endpoints"]["docker"]["Host"]
        return {"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)}


def _online(body: dict[str, list[dict[str, str]]]) -> bool:
    return [host["state"] for host in body["items"]] == ["online"]


@pytest.fixture(scope="package")
def house(lab_engine: Engine) -> Iterator[House]:
    """One portal for all tests here."""
    if not lab_engine.docker("images", "-q", BUSYBOX).strip():
        lab_engine.image_from_busybox(BUSYBOX)
    with start_portal(engine=lab_engine) as portal:
        token = portal.token("admin", team=TEAM, user="admin")
        body = portal.wait_for("hosts", token, _online)
        yield House(portal, lab_engine, token, str(body["items"][0]["id"]))


@pytest.fixture
def direct(house: House, tmp_path: Path) -> Way:
    """The docker client on the engine's own socket."""
    folder = tmp_path / "direct"
    folder.mkdir()
    return Way("direct", clean_environment(folder) | {"DOCKER_HOST": house.engine.host}, folder)


@pytest.fixture
def through(house: House, tmp_path: Path) -> Way:
    """The docker client through the endpoint, as an admin."""
    folder = tmp_path / "through"
    folder.mkdir()
    return Way("through", clean_environment(folder) | house.context(folder), folder)
