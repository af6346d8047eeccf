"""The sample image's build context: the same bytes every time, complete, and made once."""

import hashlib
import tarfile
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from gallery.catalogue import contexts


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_lies_under_its_own_hash(data_dir: Path) -> None:
    context = contexts.hello_context()
    assert context.path == data_dir / "contexts" / f"{context.sha256}.tar"
    content = context.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == context.sha256
    assert len(content) == context.size


def test_is_the_same_to_the_last_byte_when_made_again(
    data_dir: Path, tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> None:
    first = contexts.hello_context()
    settings.DATA_DIR = tmp_path_factory.mktemp("other")
    second = contexts.hello_context()
    assert second.path != first.path
    assert (second.sha256, second.size) == (first.sha256, first.size)


def test_is_made_once(data_dir: Path) -> None:
    first = contexts.hello_context()
    made = first.path.stat().st_mtime_ns
    assert contexts.hello_context() == first
    assert first.path.stat().st_mtime_ns == made


def test_is_made_again_when_it_was_cut(data_dir: Path) -> None:
    first = contexts.hello_context()
    first.path.write_bytes(b"half")
    again = contexts.hello_context()
    assert again == first
    assert again.path.stat().st_size == first.size


def test_holds_what_the_dockerfile_copies(data_dir: Path) -> None:
    with tarfile.open(contexts.hello_context().path) as archive:
        members = {member.name: member for member in archive.getmembers()}
        dockerfile = archive.extractfile("Dockerfile")
        assert dockerfile is not None
        lines = dockerfile.read().decode().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert copied == ["caddy", "Caddyfile", "site", "LICENSE"]
    assert all(name in members or any(other.startswith(f"{name}/") for other in members) for name in copied)
    assert members["caddy"].mode == 0o755
    assert {member.mtime for member in members.values()} == {0}
    assert {(member.uid, member.gid, member.uname) for member in members.values()} == {(0, 0, "")}


def test_leaves_nothing_half_made_behind(data_dir: Path) -> None:
    contexts.hello_context()
    assert not list((data_dir / "contexts").glob(".making-*"))


def test_config_says_what_the_dockerfile_says() -> None:
    text = (contexts.HELLO_DIR / "Dockerfile").read_text()
    config = contexts.hello_config()
    assert f"EXPOSE {config.ports[0].removesuffix('/tcp')}" in text
    assert f"USER {config.user}" in text
    assert 'ENTRYPOINT ["/caddy"]' in text
    assert all(f'"{word}"' in text for word in config.command)
