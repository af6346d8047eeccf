"""A small registry in memory, as an httpx transport: what it holds, what it demands, and what it was asked."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


@dataclass
class FakeRegistry:
    """repositories: name -> {tag or digest: (content type, body)}; blobs by digest."""

    url: str = "https://registry.test"
    manifests: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def add_image(self, repository: str, tag: str, *platforms: dict[str, str], config: Any = None) -> str:
        """An index with one manifest per platform and one attestation; its digest."""
        rows: list[dict[str, Any]] = []
        for platform in platforms:
            blob = json.dumps({**platform, "config": config or {}}).encode()
            self.blobs[digest_of(blob)] = blob
            manifest = json.dumps(
                {
                    "schemaVersion": 2,
                    "config": {"digest": digest_of(blob), "size": len(blob)},
                    "layers": [{"digest": "sha256:" + "1" * 64, "size": 1000}],
                }
            ).encode()
            self._put(repository, digest_of(manifest), MANIFEST, manifest)
            rows.append({"mediaType": MANIFEST, "digest": digest_of(manifest), "size": 1, "platform": platform})
        unknown = {"os": "unknown", "architecture": "unknown"}
        rows.append({"digest": "sha256:" + "2" * 64, "size": 1, "platform": unknown})
        index = json.dumps({"schemaVersion": 2, "manifests": rows}).encode()
        self._put(repository, digest_of(index), INDEX, index)
        self._put(repository, tag, INDEX, index)
        return digest_of(index)

    def _put(self, repository: str, name: str, kind: str, body: bytes) -> None:
        self.manifests.setdefault(repository, {})[name] = (kind, body)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        parts = request.url.path.removeprefix("/v2/").split("/")
        if "manifests" in parts:
            return self._manifest(request, parts)
        if "blobs" in parts:
            body = self.blobs.get(parts[-1])
            return httpx.Response(200, content=body) if body else error(404, "BLOB_UNKNOWN")
        if parts[-2:] == ["tags", "list"]:
            repository = "/".join(parts[:-2])
            found = self.manifests.get(repository)
            if found is None:
                return error(404, "NAME_UNKNOWN")
            return httpx.Response(200, json={"name": repository, "tags": [tag for tag in found if ":" not in tag]})
        return error(404, "UNSUPPORTED")

    def _manifest(self, request: httpx.Request, parts: list[str]) -> httpx.Response:
        repository = "/".join(parts[: parts.index("manifests")])
        found = self.manifests.get(repository, {}).get(parts[-1])
        if found is None or INDEX not in request.headers["accept"]:
            return error(404, "MANIFEST_UNKNOWN" if repository in self.manifests else "NAME_UNKNOWN", request.method)
        kind, body = found
        headers = {"content-type": kind, "docker-content-digest": digest_of(body), "content-length": str(len(body))}
        return httpx.Response(200, headers=headers, content=b"" if request.method == "HEAD" else body)


def error(status: int, code: str, method: str = "GET") -> httpx.Response:
    """An answer in the form the distribution specification gives errors."""
    if method == "HEAD":
        return httpx.Response(status)
    return httpx.Response(status, json={"errors": [{"code": code, "message": f"{code} happened", "detail": None}]})
