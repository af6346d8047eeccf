"""Who may ask for what: one row per address and method, run by tests/test_permission_matrix.py.

The format is explained in docs/permissions.md. Each room lists its rows in ROWS of its own module here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.people.models import Team, User

Status = int | tuple[int, ...]


@dataclass(frozen=True)
class World:
    """What a row can refer to. `made` collects the names that the PREPARE functions give for {braces} in paths."""

    team: Team
    other_team: Team
    people: Mapping[str, User]
    made: dict[str, str] = field(default_factory=dict)


Prepare = Callable[[World], Mapping[str, str]]


@dataclass(frozen=True)
class Row:
    """One request and the status that each person gets.

    path: an address with {names} from the world, e.g. "/hosts/{host}/"; a query is allowed.
    anonymous: nobody is signed in (no token); stranger: an admin of another team; the others are of the team that owns
    what the path names. Several statuses are a tuple; use it only where an outside part decides.
    body: form fields for a page, JSON for a path under /api/; values may contain {names}.
    """

    method: str
    path: str
    anonymous: Status
    viewer: Status
    deployer: Status
    admin: Status
    stranger: Status
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self) -> dict[str, tuple[int, ...]]:
        """Statuses by person."""
        return {name: _many(getattr(self, name)) for name in PEOPLE}


PEOPLE = ("anonymous", "viewer", "deployer", "admin", "stranger")


def _many(status: Status) -> tuple[int, ...]:
    return (status,) if isinstance(status, int) else status


def page(path: str, viewer: Status = 200, **others: Any) -> Row:
    """A GET of a page that every member may see: 302 to sign-in for anonymous, 404 for a stranger."""
    usual: dict[str, Any] = {"anonymous": 302, "deployer": viewer, "admin": viewer, "stranger": 404}
    return Row("GET", path, viewer=viewer, **(usual | others))


def api(method: str, path: str, viewer: Status = 200, **others: Any) -> Row:
    """An API operation that every member may use: 401 for anonymous, 404 for a stranger."""
    usual: dict[str, Any] = {"anonymous": 401, "deployer": viewer, "admin": viewer, "stranger": 404}
    return Row(method, f"/api/v1{path}", viewer=viewer, **(usual | others))
