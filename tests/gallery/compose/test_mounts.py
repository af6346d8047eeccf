"""Volumes, binds, pipes, images and tmpfs; a relative path must be one of the project's own files."""

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.compose.types import Mount


def mounts(lines: str) -> tuple[Mount, ...]:
    text = f"services:\n  web:\n    image: x\n    volumes:\n{lines}\nvolumes:\n  data: {{}}\n"
    return parse_project(text, {}, "demo").services[0].mounts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("      - data:/var/lib/data", Mount("volume", "/var/lib/data", "data")),
        ("      - data:/d:ro", Mount("volume", "/d", "data", read_only=True)),
        ("      - data:/d:nocopy", Mount("volume", "/d", "data", nocopy=True)),
        ("      - /d", Mount("volume", "/d")),
        ("      - /d:ro", Mount("volume", "/d", read_only=True)),
        ("      - /srv:/d", Mount("bind", "/d", "/srv", create_host_path=True)),
        ("      - /srv:/d:ro,Z", Mount("bind", "/d", "/srv", read_only=True, create_host_path=True, selinux="Z")),
        ("      - /srv:/d:rslave", Mount("bind", "/d", "/srv", create_host_path=True, propagation="rslave")),
        ("      - /srv:/d:cached", Mount("bind", "/d", "/srv", create_host_path=True)),
        (r"      - 'C:\srv:C:\d'", Mount("bind", r"C:\d", r"C:\srv", create_host_path=True)),
        (r"      - 'C:\srv:D:\d:ro'", Mount("bind", r"D:\d", r"C:\srv", read_only=True, create_host_path=True)),
        (r"      - 'data:C:\d'", Mount("volume", r"C:\d", "data")),
        (
            r"      - '\\.\pipe\docker_engine:\\.\pipe\docker_engine'",
            Mount("npipe", r"\\.\pipe\docker_engine", r"\\.\pipe\docker_engine"),
        ),
        ("      - {type: volume, source: data, target: /d}", Mount("volume", "/d", "data")),
        ("      - {type: volume, target: /d, volume: {nocopy: true}}", Mount("volume", "/d", nocopy=True)),
        ("      - {type: bind, source: /srv, target: /d}", Mount("bind", "/d", "/srv", create_host_path=True)),
        (
            "      - {type: bind, source: /s, target: /d, read_only: true, "
            "bind: {create_host_path: false, propagation: rshared, selinux: z}}",
            Mount("bind", "/d", "/s", read_only=True, propagation="rshared", selinux="z"),
        ),
        ("      - {type: image, source: x, target: /d}", Mount("image", "/d", "x")),
        (
            "      - {type: bind, source: /s, target: /d, bind: {recursive: readonly}}",
            Mount("bind", "/d", "/s", create_host_path=True, recursive="readonly"),
        ),
        (
            "      - {type: volume, source: data, target: /d, volume: {subpath: in, labels: {a: b}}}",
            Mount("volume", "/d", "data", labels={"a": "b"}, subpath="in"),
        ),
        (
            "      - {type: tmpfs, target: /run, tmpfs: {size: 64m, mode: 01777}}",
            Mount("tmpfs", "/run", tmpfs_size=64 << 20, tmpfs_mode=0o1777),
        ),
    ],
)
def test_reads_mounts(line: str, expected: Mount) -> None:
    assert mounts(line) == (expected,)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("      - ./site:/d", "the application has no such file"),
        ("      - ~/site:/d", "relative to a directory that the host does not have"),
        ("      - ..:/d", "leaves the project's folder"),
        ("      - {type: bind, source: ./x, target: /d}", "the application has no such file"),
        ("      - data:d", "not an absolute path in the container"),
        ("      - a/b:/d", "neither a path nor the name of a volume"),
        ("      - data:/d:wrong", "mount option “wrong” is not applied"),
        ("      - a:b:c:d", "is not a mount"),
        ("      - {type: cluster, source: x, target: /d}", "type “cluster” are not applied"),
        ("      - {source: x, target: /d}", "“type” is missing"),
        ("      - {type: bind, source: /x}", "“target”, the path in the container, is missing"),
        ("      - {type: volume, target: /d, volume: {subpath: ../x}}", "leaves the volume"),
        ("      - {type: volume, target: /d, bind: {}}", "“bind” does not go with a mount of type volume"),
        ("      - {type: bind, source: /x, target: /d, bind: {recursive: often}}", "is not one of enabled"),
        ("      - other:/d", "There is no volume “other”"),
        ("      - data:/d\n      - /srv:/d", "mounted at “/d” already"),
    ],
)
def test_refuses_mounts(line: str, message: str) -> None:
    with pytest.raises(ComposeInvalid) as caught:
        mounts(line)
    assert any(message in refusal.message for refusal in caught.value.refusals)


def test_reads_the_tmpfs_attribute() -> None:
    text = "services: {web: {image: x, tmpfs: ['/run', '/tmp:size=1m,mode=700,exec']}}"
    assert parse_project(text, {}, "demo").services[0].tmpfs == {"/run": "", "/tmp": "size=1m,mode=700,exec"}


@pytest.mark.parametrize("text", ["/run:colour", "run", "/run:size=much", "/run:mode=rwx"])
def test_refuses_tmpfs(text: str) -> None:
    with pytest.raises(ComposeInvalid):
        parse_project(f"services: {{web: {{image: x, tmpfs: '{text}'}}}}", {}, "demo")
