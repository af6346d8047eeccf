"""/applications/{id}/git: the git repository that an application follows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.applications import APPLICATION
from hosts.models import GitSource
from hosts.models.git_sources import GitAccess, GitAction
from hosts.selectors.applications import application_get
from hosts.services.git_looks import NEVER, source_look
from hosts.services.git_sources import Follow, application_from_git, source_detach, source_get, source_set
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

router = Router()
GIT = APPLICATION + "/git"


class GitIn(Schema):
    """url: https://… ref: a branch or tag, "" for the repository's own. path: of the compose file or its folder.

    token: for access "token"; "" keeps the one that is stored. poll_seconds: 0 for the webhook alone.
    """

    url: str = Field(max_length=1000)
    ref: str = Field("", max_length=200)
    path: str = Field("", max_length=400)
    access: str = GitAccess.OPEN.value
    username: str = ""
    token: str = ""
    action: str = GitAction.REVISE.value
    poll_seconds: int = 300

    def follow(self) -> Follow:
        """As the service takes it."""
        return Follow(**{name: getattr(self, name) for name in GitIn.model_fields})


class GitNewIn(GitIn):
    """name: of the application. targets: where it runs; any host that fits if left out."""

    name: str
    team: str
    targets: dict[str, Any] | None = None


class GitOut(Schema):
    """commit, author, subject: of the last commit taken. problem: why the last look failed, "" when it did not."""

    url: str
    ref: str
    path: str
    access: GitAccess
    username: str
    action: GitAction
    poll_seconds: int
    commit: str
    author: str
    subject: str
    problem: str
    checked_at: datetime | None
    next_at: datetime | None


class GitLook(GitOut):
    """told: what came of the look, a sentence; "" when there was no new commit."""

    told: str


class GitMade(Schema):
    """id: of the application."""

    id: UUID
    revision: int
    git: GitOut


@router.post("/applications/from-git", response={201: GitMade}, summary="A new application that follows a repository")
def git_new(request: HttpRequest, body: GitNewIn) -> Status[GitMade]:
    actor = actor_of(request)
    application, revision = application_from_git(
        team=team_get(actor, body.team), name=body.name, follow=body.follow(), actor=actor, targets=body.targets
    )
    row = source_get(application=application)
    return Status(201, GitMade(id=application.pk, revision=revision.number, git=GitOut(**_fields(row))))


@router.get(GIT, response=GitOut, summary="The repository that an application follows")
def git_source(request: HttpRequest, application_id: UUID) -> GitOut:
    return GitOut(**_fields(_source(request, application_id, Permission.READ)))


@router.put(GIT, response=GitOut, summary="Follow a repository, or follow it otherwise; it is tried out at once")
def git_follow(request: HttpRequest, application_id: UUID, body: GitIn) -> GitOut:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    return GitOut(**_fields(source_set(application=application, follow=body.follow(), actor=actor)))


@router.delete(GIT, response={204: None}, summary="Stop following; what runs and the revisions stay")
def git_detach(request: HttpRequest, application_id: UUID) -> Status[None]:
    source_detach(source=_source(request, application_id, Permission.DEPLOY), actor=actor_of(request))
    return Status(204, None)


@router.post(GIT + "/look", response=GitLook, summary="Look for a new commit now")
def git_look(request: HttpRequest, application_id: UUID) -> GitLook:
    told = source_look(source_id=_source(request, application_id, Permission.DEPLOY).pk)
    return GitLook(told=told, **_fields(_source(request, application_id, Permission.DEPLOY)))


def _source(request: HttpRequest, application_id: UUID, permission: Permission) -> GitSource:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(permission, application.team_id)
    return source_get(application=application)


def _fields(row: GitSource) -> dict[str, Any]:
    names = ("url", "ref", "path", "username", "poll_seconds", "commit", "author", "subject", "problem", "checked_at")
    found = {name: getattr(row, name) for name in names}
    choices = {"access": GitAccess(row.access), "action": GitAction(row.action)}
    return {**found, **choices, "next_at": row.next_at if row.next_at < NEVER else None}
