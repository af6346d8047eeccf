"""What the people part of the API takes and gives."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from ..models import AuditEntry, Role


class Strict(Schema):
    """Input: a field that we do not know is refused by name."""

    model_config = ConfigDict(extra="forbid")


class TeamIn(Strict):
    name: str = Field(min_length=1, max_length=80)


class TeamOut(Schema):
    """role: the actor's own role in the team."""

    id: int
    name: str
    slug: str
    members: int
    role: Role
    created_at: datetime


class TeamList(Schema):
    items: list[TeamOut]
    next: str | None


class MemberIn(Strict):
    username: str = Field(min_length=1, max_length=150)
    name: str = Field(default="", max_length=150)
    role: Role


class RoleIn(Strict):
    role: Role


class MemberOut(Schema):
    username: str
    name: str
    role: Role
    since: datetime


class MemberList(Schema):
    items: list[MemberOut]
    next: str | None


class MyTeam(Schema):
    slug: str
    name: str
    role: Role


class MeOut(Schema):
    """Who the token stands for, and what it may do where."""

    username: str
    name: str
    superuser: bool
    teams: list[MyTeam]


class TokenOut(Schema):
    id: int
    name: str
    prefix: str
    user: str
    team: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenList(Schema):
    items: list[TokenOut]
    next: str | None


class AuditOut(Schema):
    id: int
    at: datetime
    actor: str
    team: str | None
    action: str
    target_type: str
    target_id: str
    target: str
    result: AuditEntry.Result
    detail: dict[str, Any]
    address: str | None


class AuditList(Schema):
    items: list[AuditOut]
    next: str | None
