"""A repository and its tags, the same for every source."""

from dataclasses import dataclass, field
from datetime import datetime

from .hub.types import Category
from .registry.errors import NotAReference
from .registry.reference import LIBRARY, Reference, parse_reference
from .registry.types import ImageConfig, Platform, PlatformManifest
from .sources import ANONYMOUS, Access, Source, source_of
from .versions import Choices, in_family, tag_version

NO_NAMESPACE = "-"


@dataclass(frozen=True)
class RepositoryName:
    """Which repository of which source. namespace: "" when the registry has it at the top. access: as whom to ask."""

    source: Source
    namespace: str
    name: str
    access: Access = field(default=ANONYMOUS, compare=False)

    @property
    def path(self) -> str:
        """As the registry knows it: "library/nginx"."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def familiar(self) -> str:
        """As people write it, the registry's host first: "nginx", "127.0.0.1:5000/app"."""
        if self.source.is_hub:
            return self.path.removeprefix(f"{LIBRARY}/")
        if self.source.is_marketplace:
            return self.path
        return f"{self.source.slug}/{self.path}"

    @property
    def reference(self) -> Reference:
        return parse_reference(self.familiar)

    def image(self, tag: str) -> str:
        """The image reference of one of its tags."""
        return f"{self.familiar}:{tag}"

    @property
    def url_namespace(self) -> str:
        """The namespace in addresses, where it cannot be empty."""
        return self.namespace or NO_NAMESPACE


def repository_name(source: str, namespace: str, name: str) -> RepositoryName:
    """From the parts of an address. Raises NotAReference when they make no repository."""
    found = source_of(source)
    namespace = "" if namespace == NO_NAMESPACE else namespace.strip("/")
    if found.is_hub and not namespace:
        namespace = LIBRARY
    wanted = RepositoryName(found, namespace, name)
    reference = wanted.reference
    if found.is_hub and reference.host:
        raise NotAReference(wanted.path, "its first part reads as the name of another registry.")
    return RepositoryName(source_of(reference.host) if reference.host else found, reference.namespace, reference.name)


@dataclass(frozen=True)
class Repository:
    """What is shown of a repository. Counts are the source's own and approximate; None: not known.

    readme: markdown, not to be trusted. links: (word, https address) out of the image's own labels.
    """

    name: RepositoryName
    summary: str = ""
    readme: str = ""
    official: bool = False
    archived: bool = False
    stars: int | None = None
    pulls: int | None = None
    last_updated: datetime | None = None
    registered: datetime | None = None
    categories: tuple[Category, ...] = ()
    storage_size: int | None = None
    license: str = ""
    links: tuple[tuple[str, str], ...] = ()
    config: ImageConfig | None = None


@dataclass(frozen=True)
class TagRow:
    """A tag. digest: of the index, "" when not known. problem: why its platforms are not known, a sentence."""

    name: str
    digest: str = ""
    manifests: tuple[PlatformManifest, ...] = ()
    pushed_at: datetime | None = None
    problem: str = ""

    @property
    def platforms(self) -> tuple[Platform, ...]:
        return tuple(manifest.platform for manifest in self.manifests)

    @property
    def systems(self) -> tuple[str, ...]:
        """The operating systems among its platforms, each once."""
        return tuple(dict.fromkeys(platform.os for platform in self.platforms))

    @property
    def smallest(self) -> int | None:
        sizes = [manifest.size_bytes for manifest in self.manifests if manifest.size_bytes]
        return min(sizes) if sizes else None

    @property
    def largest(self) -> int | None:
        sizes = [manifest.size_bytes for manifest in self.manifests if manifest.size_bytes]
        return max(sizes) if sizes else None


@dataclass(frozen=True)
class TagFilter:
    """q: part of the name; os, architecture: in Go's words; family: "1.27"; variant: "alpine"; page counts from 1.

    windows: a build of Windows, "20348".
    """

    q: str = ""
    os: str = ""
    architecture: str = ""
    page: int = 1
    size: int = 25
    family: str = ""
    variant: str = ""
    windows: str = ""

    @property
    def of_platform(self) -> bool:
        """Whether only tags with a certain platform are wanted."""
        return bool(self.os or self.architecture or self.windows)

    def names(self, tag: str) -> bool:
        """Whether a tag's name is wanted."""
        if self.q and self.q.lower() not in tag.lower():
            return False
        if self.family and not in_family(tag, self.family):
            return False
        version = tag_version(tag) if self.variant else None
        return not self.variant or (version is not None and version.variant == self.variant)

    def runs(self, platforms: tuple[Platform, ...]) -> bool:
        """Whether one of the platforms is wanted."""
        return not self.of_platform or any(
            (not self.os or one.os == self.os)
            and (not self.architecture or one.architecture == self.architecture)
            and (not self.windows or (one.os == "windows" and self.windows in one.os_version.split(".")))
            for one in platforms
        )


@dataclass(frozen=True)
class TagList:
    """One page of tags. total: how many match, None when the source cannot say. more: whether a page follows.

    groups: the same rows, those with the same digest together. choices: what they can be narrowed to.
    note: why some tags are missing, a sentence; "" when none is. growing: the rest is being read just now.
    """

    rows: tuple[TagRow, ...]
    total: int | None
    more: bool
    groups: tuple[tuple[TagRow, ...], ...] = ()
    choices: Choices = field(default_factory=Choices)
    note: str = ""
    growing: bool = False
