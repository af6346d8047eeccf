"""An OCI registry over HTTP. [OCI distribution specification; docker-registry's own ways where they differ]

Synchronous, one instance per registry, safe to share between threads. The transport can be given (tests). Every call
has a deadline and a limit of bytes, and raises one of `errors`.
"""

import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from gallery.fetch import Answer, FetchError, NoAnswer, NotAllowedUrl, fetch, make_client, retry_after, same_origin

from .auth import Authenticator, Credentials
from .documents import Index, Manifest, parse_config, parse_manifest, parse_names, parse_referrers
from .errors import AccessDenied, BadAnswer, ManifestUnknown, RateLimited, RegistryError, RepositoryUnknown, Unreachable
from .pulls import PullLimit, pull_limit
from .types import CatalogPage, ImageConfig, Referrer, Resolved, TagPage

ACCEPT = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
MANIFEST_LIMIT = 4 << 20
CONFIG_LIMIT = 8 << 20
LIST_LIMIT = 16 << 20
HEAD_LIMIT = 64 << 10


@dataclass(frozen=True)
class _Ask:
    """One request: what, of which repository ("" for none), and how much may come back."""

    method: str
    path: str
    repository: str
    limit: int
    accept: str = "application/json"
    query: Mapping[str, str] | None = None
    scoped: bool = True

    @property
    def scope(self) -> str:
        if not self.scoped:
            return ""
        return f"repository:{self.repository}:pull" if self.repository else "registry:catalog:*"


class RegistryClient:
    """Reads one registry. url: "https://registry-1.docker.io"; plain http on loopback only.

    on_pulls: is told how many pulls are left whenever the registry says so.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
        seconds: float = 10.0,
        on_pulls: Callable[[PullLimit], None] | None = None,
    ) -> None:
        self.base = httpx.URL(url.rstrip("/"))
        self.seconds = seconds
        self._on_pulls = on_pulls
        self._client = make_client(self.base, transport=transport, verify=verify)
        self._auth = Authenticator(self._client, self.base, credentials)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def sign_in(self) -> None:
        """Ask the registry whether it lets us in at all. Raises AccessDenied, RateLimited, Unreachable, BadAnswer."""
        self._send(_Ask("GET", "/v2/", "", HEAD_LIMIT, scoped=False))

    def resolve(self, repository: str, target: str) -> Resolved:
        """What a tag or digest is now, by HEAD alone, which Docker Hub does not count as a pull.

        Raises ManifestUnknown when HEAD says 404: whether the repository is there shows in `tags`.
        """
        answer = self._send(_Ask("HEAD", f"/v2/{repository}/manifests/{target}", repository, HEAD_LIMIT, ACCEPT))
        digest = answer.headers.get("docker-content-digest", "")
        if not digest:  # some registries leave it out of HEAD
            answer = self._send(_Ask("GET", f"/v2/{repository}/manifests/{target}", repository, MANIFEST_LIMIT, ACCEPT))
            digest = answer.headers.get("docker-content-digest") or _sha256(answer.body)
        if not digest.startswith(("sha256:", "sha512:")):
            raise BadAnswer("It gave a digest that makes no sense.")
        size = answer.headers.get("content-length", "")
        return Resolved(digest, answer.headers.get("content-type", ""), int(size) if size.isdigit() else 0)

    def manifest(self, repository: str, digest: str) -> Index | Manifest:
        """The index or manifest with this digest; its content is checked against it."""
        answer = self._send(_Ask("GET", f"/v2/{repository}/manifests/{digest}", repository, MANIFEST_LIMIT, ACCEPT))
        _check_digest(answer.body, digest)
        return parse_manifest(answer.body, answer.headers.get("content-type", ""))

    def config(self, repository: str, digest: str) -> ImageConfig:
        """The image configuration with this digest."""
        answer = self._send(_Ask("GET", f"/v2/{repository}/blobs/{digest}", repository, CONFIG_LIMIT, "*/*"))
        _check_digest(answer.body, digest)
        return parse_config(answer.body)

    def tags(self, repository: str, following: str | None = None) -> TagPage:
        """One page of tags in the registry's own order. following: `next` of the page before."""
        path, query = self._following(following, f"/v2/{repository}/tags/list", {"n": "1000"})
        answer = self._send(_Ask("GET", path, repository, LIST_LIMIT, query=query))
        return TagPage(parse_names(answer.body, "tags"), self._next(answer))

    def referrers(self, repository: str, digest: str, *, fallback: bool = True) -> tuple[Referrer, ...]:
        """What refers to a manifest: signatures, SBOMs. Where there is no such API, the tag that stands for it is
        looked at (fallback), unless reading a manifest counts as a pull there."""
        try:
            answer = self._send(_Ask("GET", f"/v2/{repository}/referrers/{digest}", repository, MANIFEST_LIMIT, ACCEPT))
        except (RepositoryUnknown, ManifestUnknown):
            if not fallback:
                return ()
            tag = digest.replace(":", "-", 1)
            try:
                answer = self._send(
                    _Ask("GET", f"/v2/{repository}/manifests/{tag}", repository, MANIFEST_LIMIT, ACCEPT)
                )
            except (RepositoryUnknown, ManifestUnknown):
                return ()
        return parse_referrers(answer.body)

    def catalog(self, following: str | None = None) -> CatalogPage:
        """One page of repositories. Docker Hub has none of it: AccessDenied or RepositoryUnknown there."""
        path, query = self._following(following, "/v2/_catalog", {"n": "1000"})
        answer = self._send(_Ask("GET", path, "", LIST_LIMIT, query=query))
        return CatalogPage(parse_names(answer.body, "repositories"), self._next(answer))

    def _following(
        self, following: str | None, path: str, query: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str] | None]:
        return (following, None) if following else (path, query)

    def _next(self, answer: Answer) -> str | None:
        """Path and query of the next page, from the Link header; None at the end or when it leads elsewhere."""
        for part in answer.headers.get("link", "").split(","):
            target, _, relation = part.partition(">")
            if 'rel="next"' not in relation.replace(" ", "") and "rel=next" not in relation.replace(" ", ""):
                continue
            try:
                url = httpx.URL(answer.url).join(target.strip().removeprefix("<"))
            except httpx.InvalidURL:
                return None
            return url.raw_path.decode("ascii") if same_origin(url, self.base) else None
        return None

    def _send(self, ask: _Ask) -> Answer:
        answer = self._exchange(ask, self._auth.header(ask.scope))
        if answer.status == 401:
            self._auth.forget(ask.scope)
            authorization = self._auth.answer(answer.headers.get("www-authenticate", ""), ask.scope, self.seconds)
            answer = self._exchange(ask, authorization)
            if answer.status == 401 and self._auth.refuse(authorization):
                raise AccessDenied(
                    f"{self.base.netloc.decode('ascii')} does not accept the user name and the password."
                )
        if self._on_pulls is not None and (said := pull_limit(answer.headers)) is not None:
            self._on_pulls(said)
        if answer.status in {200, 206}:
            return answer
        raise self._error(ask, answer)

    def _exchange(self, ask: _Ask, authorization: str | None) -> Answer:
        headers = {"Accept": ask.accept}
        if authorization:
            headers["Authorization"] = authorization
        path = self.base.path.rstrip("/") + ask.path if not ask.path.startswith(self.base.path or "/") else ask.path
        url = self.base.copy_with(raw_path=path.encode("ascii"))
        if ask.query:
            url = url.copy_merge_params(dict(ask.query))
        request = self._client.build_request(ask.method, url, headers=headers)
        try:
            return fetch(self._client, request, limit=ask.limit, seconds=self.seconds)
        except NoAnswer as error:
            raise Unreachable(f"{self.base.netloc.decode('ascii')} does not answer: {error}") from error
        except NotAllowedUrl as error:
            raise BadAnswer(f"{self.base.netloc.decode('ascii')}: {error}") from error
        except FetchError as error:
            raise BadAnswer(f"{self.base.netloc.decode('ascii')}: {error}") from error

    def _error(self, ask: _Ask, answer: Answer) -> RegistryError:
        host = self.base.netloc.decode("ascii")
        codes, message = _error_words(answer)
        if answer.status in {401, 403}:
            return AccessDenied(f"{host} does not let us read {ask.repository or 'its catalog'}.", hidden=True)
        if answer.status == 429 or "TOOMANYREQUESTS" in codes:
            wait = retry_after(answer.headers)
            return RateLimited(message or f"{host} asks us to wait.", wait)
        if answer.status == 404:
            if "NAME_UNKNOWN" not in codes and ("/manifests/" in ask.path or "/blobs/" in ask.path):
                return ManifestUnknown(f"{host} has no such tag or digest in {ask.repository}.")
            return RepositoryUnknown(f"{host} has no repository {ask.repository}.")
        if answer.status >= 500:
            return BadAnswer(f"{host} has trouble of its own (status {answer.status}).")
        return BadAnswer(f"{host} answered with status {answer.status}{': ' + message if message else ''}.")


def _sha256(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def _check_digest(body: bytes, digest: str) -> None:
    algorithm, _, wanted = digest.partition(":")
    if algorithm in {"sha256", "sha512"} and hashlib.new(algorithm, body).hexdigest() != wanted:
        raise BadAnswer("The content does not match its digest: it was changed on the way or broke off.")


def _error_words(answer: Answer) -> tuple[set[str], str]:
    """(error codes, first message) of an error body, in whichever form it comes."""
    try:
        body = answer.json()
    except ValueError:
        return set(), "" if answer.is_html else answer.text.strip()[:300]
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        text = body.get("message") or body.get("detail") or body.get("details") if isinstance(body, dict) else ""
        return set(), str(text or "")[:300]
    found = [error for error in errors if isinstance(error, dict)]
    message = next((str(error["message"]) for error in found if error.get("message")), "")
    return {str(error.get("code", "")) for error in found}, message[:300]
