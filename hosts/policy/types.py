"""What goes into a decision, and what comes out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .options import Options

VIEWER, DEPLOYER, ADMIN = "viewer", "deployer", "admin"
RANKS = {VIEWER: 0, DEPLOYER: 1, ADMIN: 2}
TEAM_LABEL = "io.pierhead.team"
RESERVED_LABELS = "io.pierhead."
PROJECT_LABEL = "com.docker.compose.project"


@dataclass(frozen=True)
class Ownership:
    """Whose a thing on a host is, by its labels.

    team: slug. shared: several teams use the host; otherwise everything on it is the team's.
    projects: compose projects of the team's applications.
    """

    team: str = ""
    shared: bool = False
    projects: frozenset[str] = frozenset()

    def owns(self, labels: Mapping[str, Any] | None) -> bool:
        """By the team's label; by the compose project only where no team's label is."""
        if not self.shared:
            return True
        found = labels or {}
        if TEAM_LABEL in found:
            return bool(self.team) and found[TEAM_LABEL] == self.team
        return found.get(PROJECT_LABEL) in self.projects


@dataclass(frozen=True)
class Policy:
    """What holds for one request: the team's options, the host owner's file, and whose things are whose.

    owner: asks the file of the host's owner; None when there is none.
    """

    team: Options = field(default_factory=Options)
    owner: "Callable[[Request], Finding | None] | None" = None
    ownership: Ownership = field(default_factory=Ownership)


@dataclass(frozen=True)
class Request:
    """One request of the Engine API, as `request_parse` gives it.

    method: upper case. path: decoded, without the version, e.g. "/containers/create". version: "1.41", "" when none.
    query: every value of each name. body: the JSON document, None when there is none or it is a stream.
    streamed: the body was not read (None was given to `request_parse`).
    upgrade: the client asks to take the connection over. user: who asks; exec sessions belong to a user.
    """

    method: str
    path: str
    version: str = ""
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: Any = None
    upgrade: bool = False
    streamed: bool = False
    user: str = ""

    def first(self, name: str) -> str:
        """The value that the engine takes: the first."""
        return (self.query.get(name) or ("",))[0]

    def flag(self, name: str) -> bool:
        """As the engine reads a flag [moby api/server/httputils BoolValue]."""
        return self.first(name).strip().lower() not in ("", "0", "no", "false", "none")


@dataclass(frozen=True)
class Named:
    """A thing that a request names and a decision must know. inspect: with the engine's own document of it."""

    kind: str
    name: str
    inspect: bool = False


@dataclass(frozen=True)
class Resource:
    """What is known of a named thing.

    ours: `Ownership.owns` of its labels. user: who made it (exec sessions). document: the engine's inspect answer.
    """

    exists: bool = True
    ours: bool = True
    user: str = ""
    document: Mapping[str, Any] | None = None


Resources = Mapping[tuple[str, str], Resource]


@dataclass(frozen=True)
class Finding:
    """One thing that a rule forbids."""

    rule: str
    message: str
    status: int = 403


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Decision:
    """The answer. rule: the endpoint's name when allowed, else the rule that forbids. message: for the person.

    status: what the Docker client is answered with: 403, 404 for what is another team's, 400 for what is unclear.
    """

    allowed: bool
    rule: str
    message: str = ""
    status: int = 200

    def body(self) -> dict[str, str]:
        """The error as the engine shapes it."""
        return {"message": self.message}


class Unclear(Exception):
    """The request can be read in more than one way, or not at all. permanent: a retry does not help."""

    def __init__(self, rule: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.finding = Finding(rule, message, status)


@dataclass(frozen=True)
class Limit:
    """One authority's options. whose: e.g. "the team's policy"."""

    options: Options
    whose: str


@dataclass(frozen=True)
class Scope:
    """What a check works with: the limits that hold for this role, and what is known of the things named."""

    limits: tuple[Limit, ...]
    resources: Resources = field(default_factory=dict)
    shared: bool = False
    user: str = ""
    role: str = DEPLOYER

    @property
    def strict(self) -> bool:
        """Whether anybody limits at all; then what is not known is forbidden."""
        return bool(self.limits)

    def forbid(self, rule: str, what: str, permitted: Callable[[Options], bool]) -> Findings:
        """A finding when one authority does not permit it."""
        for limit in self.limits:
            if not permitted(limit.options):
                yield Finding(rule, f"{what}: {limit.whose} does not allow it (rule {rule}).")
                return

    def forbid_always(self, rule: str, what: str) -> Findings:
        """A finding for everybody who is limited at all."""
        yield from self.forbid(rule, what, lambda options: False)

    def resource(self, kind: str, name: str) -> Resource | None:
        return self.resources.get((kind, name))


def first(findings: Iterable[Finding]) -> Finding | None:
    return next(iter(findings), None)
