"""Images made on the spot from the machine's static busybox, so that no test pulls from anywhere."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from .parts import LabError, program, run

BUSYBOX = "busybox:lab"
PATH_CHANGE = "ENV PATH=/bin"
WEB_CHANGES = ("EXPOSE 8080", 'CMD ["httpd","-f","-p","8080","-h","/www"]')
HEALTH_CHANGE = (
    'HEALTHCHECK --interval=1s --timeout=1s --retries=3 CMD ["/bin/sh","-c","/bin/nc 127.0.0.1 8080 </dev/null"]'
)


@cache
def _applets() -> tuple[str, ...]:
    return tuple(sorted(set(run([_static_busybox(), "--list"]).split()) - {"busybox"}))


def _static_busybox() -> str:
    path = program("busybox")
    # A dynamic program names its loader near the start of the file; the static one has no such segment.
    if b"/lib64/ld-linux" in Path(path).read_bytes()[:4096]:
        raise LabError("busybox is the dynamic one; type: apt-get install --no-install-recommends busybox-static")
    return path


def busybox_tar(files: Mapping[str, bytes] | None = None) -> bytes:
    """A root file system with busybox and its applets in /bin, and `files` (path -> content); always the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777), ("root", 0o700)):
            _add(tar, name, kind=tarfile.DIRTYPE, mode=mode)
        _add(tar, "bin/busybox", Path(_static_busybox()).read_bytes(), mode=0o755)
        for applet in _applets():
            _add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, target="busybox")
        _add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
        _add(tar, "etc/group", b"root:x:0:\nnogroup:x:65534:\n")
        for name, content in sorted((files or {}).items()):
            _add(tar, name.lstrip("/"), content)
    return buffer.getvalue()


def _add(
    tar: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    mode: int = 0o644,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname, entry.size = kind, mode, target, len(content)
    tar.addfile(entry, io.BytesIO(content))


def import_arguments(tag: str, changes: Sequence[str]) -> list[str]:
    """Arguments of `docker import` that read the tar from standard input."""
    words = ["import"]
    for change in (PATH_CHANGE, *changes):
        words += ["--change", change]
    return [*words, "-", tag]
