"""Image references: `host/namespace/name:tag@digest`, as the Distribution project's grammar has them.

No host means the default registry; the first part is a host when it holds "." or ":" or is "localhost"; a name
without a namespace at Docker Hub lies in `library`. [distribution/reference]
"""

import re
from dataclasses import dataclass

from .errors import NotAReference

DEFAULT_HOST = "docker.io"
DEFAULT_TAG = "latest"
LIBRARY = "library"
MAX_NAME = 255
MAX_LENGTH = 512

# index.docker.io is the historic name that old configurations still hold.
HUB_NAMES = {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_HOST = re.compile(
    r"(?:(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
    r"(?:\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?\Z"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")


@dataclass(frozen=True)
class Reference:
    """A parsed image reference.

    host: "" for the default registry (Docker Hub, or what PIERHEAD_REGISTRY_URL names), else "registry.example:5000".
    repository: the whole path at that registry, "library/nginx". tag: "" only when `digest` is given alone.
    """

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def namespace(self) -> str:
        """All but the last part of the path: "library"; "" when there is one part only."""
        return self.repository.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path: "nginx"."""
        return self.repository.rpartition("/")[2]

    @property
    def familiar_repository(self) -> str:
        """Host and path as people write them: "nginx", "grafana/grafana", "ghcr.io/owner/name"."""
        path = self.repository
        if not self.host:
            return path.removeprefix(f"{LIBRARY}/")
        return f"{self.host}/{path}"

    @property
    def target(self) -> str:
        """What the registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        text = self.familiar_repository
        if self.tag:
            text += f":{self.tag}"
        if self.digest:
            text += f"@{self.digest}"
        return text

    def with_tag(self, tag: str) -> "Reference":
        """The same repository at another tag."""
        return Reference(self.host, self.repository, tag)


def _split_host(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        return first, rest
    return "", text


def _check_repository(text: str, repository: str) -> None:
    if not repository:
        raise NotAReference(text, "the name of the image is missing.")
    if len(repository) > MAX_NAME:
        raise NotAReference(text, f"the name is longer than {MAX_NAME} characters.")
    if repository != repository.lower():
        raise NotAReference(
            text, f"names of images are lower case; try {text.replace(repository, repository.lower())}."
        )
    for part in repository.split("/"):
        if not _COMPONENT.match(part):
            what = f"the part “{part}”" if part else "an empty part between two slashes"
            raise NotAReference(
                text, f"{what} is not allowed; use letters, digits and single dots, dashes or underscores in between."
            )


def parse_reference(text: str) -> Reference:
    """The reference that `text` writes; the tag is "latest" when neither tag nor digest is given.

    Raises NotAReference, whose message says which part is wrong.
    """
    text = text.strip()
    if not text:
        raise NotAReference(text, "it is empty.")
    if len(text) > MAX_LENGTH:
        raise NotAReference(text[:60] + "…", f"it is longer than {MAX_LENGTH} characters.")
    if "://" in text:
        raise NotAReference(text, "it is a web address; leave out everything up to and with “://”.")
    if any(character.isspace() for character in text):
        raise NotAReference(text, "it has a space in it.")
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.match(digest):
        raise NotAReference(text, "what follows “@” is not a digest; it looks like sha256: and 64 hexadecimal digits.")
    tag = ""
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        rest, tag = rest[:colon], rest[colon + 1 :]
        if not _TAG.match(tag):
            raise NotAReference(
                text, f"“{tag}” is not a tag; use up to 128 letters, digits, dots, dashes, underscores."
            )
    host, repository = _split_host(rest)
    if host and not _HOST.match(host):
        raise NotAReference(text, f"“{host}” is not the name of a registry.")
    if host.lower() in HUB_NAMES:
        host = ""
    _check_repository(text, repository)
    if not host and "/" not in repository:
        repository = f"{LIBRARY}/{repository}"
    return Reference(host, repository, tag or ("" if digest else DEFAULT_TAG), digest)
