"""Images published straight into a registry, for any platform, without an engine.

    publish(registry, "lab/web:1", [Platform(), Platform("windows", os_version="10.0.20348.1")])

One platform makes a plain manifest, several make an index. The content is the static busybox, which only Linux of the
test machine's architecture can run; what counts for the others is what the manifests say.
"""

import gzip
import hashlib
import json
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .images import busybox_tar
from .registry import Registry

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Platform:
    """What an image runs on, in the registries' words."""

    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    os_version: str = ""

    def fields(self) -> dict[str, str]:
        """As manifests and configs write it."""
        known = {
            "os": self.os,
            "architecture": self.architecture,
            "variant": self.variant,
            "os.version": self.os_version,
        }
        return {name: value for name, value in known.items() if value}


def publish(
    registry: Registry,
    name: str,
    platforms: Sequence[Platform] = (Platform(),),
    *,
    config: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None,
    layers: Sequence[bytes] = (),
) -> str:
    """Publish `repository:tag` and return the digest that the tag points at.

    config: the image's own settings (Cmd, ExposedPorts, Env, Healthcheck, ...). files: path -> content, in the first
    layer. layers: further layers, each an uncompressed tar.
    """
    repository, _, tag = name.partition(":")
    tars = [busybox_tar(files), *layers]
    zipped = [gzip.compress(tar, compresslevel=1, mtime=0) for tar in tars]
    for blob in zipped:
        _put_blob(registry, repository, blob)
    entries = []
    for platform in platforms:
        body: dict[str, Any] = {
            **platform.fields(),
            "created": "2024-01-01T00:00:00Z",
            "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"], **(config or {})},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar) for tar in tars]},
            "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "lab"} for _ in tars],
        }
        blob = json.dumps(body).encode()
        _put_blob(registry, repository, blob)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "size": len(blob), "digest": _digest(blob)},
            "layers": [{"mediaType": LAYER, "size": len(one), "digest": _digest(one)} for one in zipped],
        }
        content = json.dumps(manifest).encode()
        where = tag if len(platforms) == 1 else _digest(content)
        _put_manifest(registry, repository, where, MANIFEST, content)
        entries.append(
            {"mediaType": MANIFEST, "size": len(content), "digest": _digest(content), "platform": platform.fields()}
        )
    if len(platforms) == 1:
        return str(entries[0]["digest"])
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    _put_manifest(registry, repository, tag, INDEX, index)
    return _digest(index)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _put_blob(registry: Registry, repository: str, content: bytes) -> None:
    start = urllib.request.Request(f"{registry.url}/v2/{repository}/blobs/uploads/", method="POST", data=b"")
    with urllib.request.urlopen(start, timeout=10) as answer:
        place = urllib.parse.urljoin(registry.url, answer.headers["Location"])
    joint = "&" if "?" in place else "?"
    url = f"{place}{joint}{urllib.parse.urlencode({'digest': _digest(content)})}"
    kind = {"Content-Type": "application/octet-stream"}
    urllib.request.urlopen(urllib.request.Request(url, content, kind, method="PUT"), timeout=30).close()


def _put_manifest(registry: Registry, repository: str, reference: str, kind: str, content: bytes) -> None:
    url = f"{registry.url}/v2/{repository}/manifests/{reference}"
    request = urllib.request.Request(url, content, {"Content-Type": kind}, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()
