"""The addresses of the agent's package: all a machine needs, for everybody, and nothing else."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from hosts.agent_package.authority import private_authority
from hosts.agent_package.offer import offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(tmp_path: Path, settings: Settings) -> Path:
    """A data folder of its own."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_the_page_says_what_is_not_collected_and_how_to(client: Client, data: Path) -> None:
    text = text_of(client, "/agent/")
    assert "python manage.py agent_package" in text
    assert "everything but the agent itself" in text
    assert offer().wheel.name in text


def test_the_index_and_the_list_name_the_wheel_with_its_hash(client: Client, data: Path) -> None:
    wheel = offer().wheel
    assert f'href="{wheel.name}#sha256={wheel.sha256}"' in text_of(client, "/agent/files/")
    assert 'href="pierhead-engine-agent/"' in text_of(client, "/agent/simple/")
    project = text_of(client, "/agent/simple/Pierhead_Engine.Agent/")
    assert f'href="../../files/{wheel.name}#sha256={wheel.sha256}"' in project


def test_the_wheel_is_served_as_it_is_listed(client: Client, data: Path) -> None:
    wheel = offer().wheel
    content = client.get(f"/agent/files/{wheel.name}").content
    assert hashlib.sha256(content).hexdigest() == wheel.sha256


def test_a_collected_wheel_is_served_when_its_hash_is_pinned(client: Client, data: Path) -> None:
    folder = data / "agent" / "wheels"
    folder.mkdir(parents=True)
    (folder / "h11-0.16.0-py3-none-any.whl").write_bytes(b"not what is pinned")
    assert client.get("/agent/files/h11-0.16.0-py3-none-any.whl").status_code == 404
    assert "h11" not in text_of(client, "/agent/files/")


@pytest.mark.parametrize("name", ["..%2f..%2fsecret_key", "requirements.txt", "x.whl", "..%5cx.whl"])
def test_nothing_else_of_the_folder_can_be_had(client: Client, data: Path, name: str) -> None:
    (data / "agent" / "wheels").mkdir(parents=True)
    (data / "agent" / "wheels" / "requirements.txt").write_text("x")
    assert client.get(f"/agent/files/{name}").status_code == 404


def test_the_scripts_carry_the_address_and_the_digest_of_the_list(
    client: Client, data: Path, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://portal.example:8443"
    listed = text_of(client, "/agent/requirements.txt")
    digest = hashlib.sha256(listed.encode()).hexdigest()
    shell, power = text_of(client, "/agent/install.sh"), text_of(client, "/agent/install.ps1")
    assert f"PORTAL=https://portal.example:8443\nLIST_SHA256={digest}\n" in shell
    assert f"$Portal = 'https://portal.example:8443'\n$ListSha256 = \"{digest}\"" in power
    for text in (shell, power):
        assert not re.search(r"&amp;|&#x27;|&quot;|\{\{|\}\}", text)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox"])
def test_every_shell_understands_the_script(client: Client, data: Path, tmp_path: Path, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    script = tmp_path / "install.sh"
    script.write_text(text_of(client, "/agent/install.sh"))
    words = [program, "sh", "-n"] if shell == "busybox" else [program, "-n"]
    subprocess.run([*words, str(script)], check=True, timeout=20)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "no token was given"),
        (("--token",), "--token needs a value"),
        (("--tokn", "x"), "“--tokn” is no option"),
        (("--token", "x", "--prefix", "relative"), "absolute path"),
        (("--token", "x", "--ca", "/nonexistent"), "cannot be read"),
        (("--token", "x", "--no-service", "--python", "/nonexistent"), "Python 3.11 or newer"),
    ],
)
def test_what_the_script_refuses(
    client: Client, data: Path, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    script = text_of(client, "/agent/install.sh")
    done = subprocess.run(
        ["sh", "-s", "--", *words], input=script, capture_output=True, text=True, timeout=20, cwd=tmp_path
    )
    assert done.returncode == 1
    assert expected in done.stderr


def test_the_authority_is_served_and_checked(client: Client, data: Path, settings: Settings) -> None:
    path = data / "ca.pem"
    pem = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    path.write_bytes(pem)
    settings.CA_FILE = str(path)
    authority = private_authority()
    assert authority is not None
    assert authority.sha256 == hashlib.sha256(pem).hexdigest()
    assert client.get("/agent/ca.pem").content == pem


@pytest.mark.parametrize(
    "content", [None, b"no certificate", b"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----"]
)
def test_an_authority_that_is_none_is_refused(data: Path, settings: Settings, content: bytes | None) -> None:
    path = data / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    settings.CA_FILE = str(path)
    with pytest.raises(ImproperlyConfigured, match="PIERHEAD_CA_FILE"):
        private_authority()
