"""Applications that follow a git repository: set up, changed, detached. The looks are in hosts.services.git_looks."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.models import Application, GitSource, Revision
from hosts.models.git_sources import GitAccess, GitAction
from hosts.services.applications import application_create
from hosts.services.imports import OPEN, Fetched, GitRefused, Login, git_fetch
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.secrets import SecretUnreadable, seal, unseal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, NotFound

MIN_POLL = 60  # seconds
MAX_POLL = 7 * 24 * 3600
MAX_TOKEN = 4096


@dataclass(frozen=True)
class Follow:
    """What to follow, and how. Words as in GitSource. token: "" keeps the one that is stored, for the same server."""

    url: str
    ref: str = ""
    path: str = ""
    access: str = GitAccess.OPEN
    username: str = ""
    token: str = field(default="", repr=False)
    action: str = GitAction.REVISE
    poll_seconds: int = 300


def application_from_git(
    *, team: Team, name: str, follow: Follow, actor: Actor, targets: dict[str, Any] | None = None
) -> tuple[Application, Revision]:
    """A new application with the compose file of a repository, which it follows from then on.

    Raises GitRefused, Unavailable, Invalid (the compose errors with line and column), Conflict when the name is taken.
    """
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="application.create")
    login = _checked(follow, None)
    found = git_fetch(url=follow.url, ref=follow.ref, path=follow.path, login=login)
    with transaction.atomic():
        application, revision = application_create(
            team=team,
            name=name,
            actor=actor,
            compose=found.compose,
            files=found.files,
            targets=targets,
            origin=origin_of(follow.url, follow.ref, found),
        )
        row = GitSource(application=application)
        _store(row, follow, login, actor, commit=found)
        _told(application, actor, "git-source.follow", row)
    return application, revision


def source_set(*, application: Application, follow: Follow, actor: Actor) -> GitSource:
    """Follow a repository, or follow it otherwise; tried out at once, and its commit is taken by the next look.

    Raises GitRefused, Unavailable, Invalid; Conflict while the application is being removed.
    """
    _allow(application, actor, "git-source.follow")
    if application.removing_at is not None:
        raise Conflict(f"{application.name} is being removed.", code="application-removing")
    row = GitSource.objects.filter(application=application).first()
    login = _checked(follow, row)
    git_fetch(url=follow.url, ref=follow.ref, path=follow.path, login=login)
    with transaction.atomic():
        row = GitSource.objects.select_for_update().filter(application=application).first()
        row = row or GitSource(application=application)
        _store(row, follow, login, actor)
        _told(application, actor, "git-source.follow", row)
    return row


def source_detach(*, source: GitSource, actor: Actor) -> None:
    """Stop following: what runs and the revisions stay, and the text can be edited again. The token is forgotten."""
    application = source.application
    _allow(application, actor, "git-source.detach")
    with transaction.atomic():
        _told(application, actor, "git-source.detach", source)
        source.delete()


def source_get(*, application: Application) -> GitSource:
    """Raises NotFound."""
    row = GitSource.objects.filter(application=application).select_related("application__team", "set_by").first()
    if row is None:
        raise NotFound(f"{application.name} follows no git repository.", code="git-source-not-found")
    return row


def login_of(source: GitSource) -> Login:
    """The login, unsealed. Raises GitRefused when the portal's key is another."""
    if source.access != GitAccess.TOKEN:
        return OPEN
    try:
        token = unseal(bytes(source.secret), purpose=_purpose(source.application.team_id)).decode()
    except SecretUnreadable as error:
        raise GitRefused(_("The stored token cannot be read any more. Enter it again.")) from error
    return Login(source.username, token)


def origin_of(url: str, ref: str, found: Fetched) -> dict[str, Any]:
    """Revision.origin of a commit."""
    commit = {"commit": found.commit, "author": found.author, "subject": found.subject}
    return {"git": {**commit, "url": url, "ref": ref}}


def _purpose(team_id: int) -> str:
    return f"git-source-{team_id}"


def _checked(follow: Follow, row: GitSource | None) -> Login:
    """The login to use. Raises Invalid with the field and what to do."""
    errors: dict[str, list[str]] = {}
    if follow.access == GitAccess.KEY or follow.url.strip().startswith(("ssh://", "git@")):
        message = _("Repositories are read over https: give the https:// address, and a token that may read it.")
        errors["access" if follow.access == GitAccess.KEY else "url"] = [message]
    elif follow.access not in GitAccess.values:
        errors["access"] = [_("Choose open or token.")]
    if follow.action not in GitAction.values:
        errors["action"] = [_("Choose revise or deploy.")]
    if follow.poll_seconds and not MIN_POLL <= follow.poll_seconds <= MAX_POLL:
        limits = {"least": MIN_POLL, "most": MAX_POLL}
        errors["poll_seconds"] = [_("Give 0 (webhook alone), or from %(least)s to %(most)s seconds.") % limits]
    if len(follow.token) > MAX_TOKEN or any(ord(one) < 33 or ord(one) > 126 for one in follow.token):
        errors["token"] = [_("This is no token: it has spaces or other signs that no token has.")]
    elif any(ord(one) < 32 for one in follow.username) or ":" in follow.username or len(follow.username) > 120:
        errors["username"] = [_("This is no name: it is too long, or has a colon.")]
    login = Login(follow.username, follow.token)
    if follow.access == GitAccess.TOKEN and not follow.token:
        if row is not None and row.secret and _same_server(row.url, follow.url):
            login = Login(follow.username, login_of(row).token)
        else:
            errors["token"] = [_("Enter the token: one that is stored goes to the address it was given for alone.")]
    if errors:
        raise Invalid(next(iter(errors.values()))[0], code="git-source-invalid", fields=errors)
    return login if follow.access == GitAccess.TOKEN else OPEN


def _same_server(old: str, new: str) -> bool:
    """Whether a stored token may go there: the same scheme, host and port."""
    return old.split("/")[:3] == new.strip().split("/")[:3]


def _store(row: GitSource, follow: Follow, login: Login, actor: Actor, commit: Fetched | None = None) -> None:
    """Within the caller's transaction. The next look is due at once."""
    row.url, row.ref, row.path = follow.url.strip(), follow.ref, follow.path
    row.access, row.username = follow.access, login.username
    row.secret = seal(login.token.encode(), purpose=_purpose(row.application.team_id)) if login.token else b""
    row.action, row.poll_seconds = follow.action, follow.poll_seconds
    row.set_by, row.problem, row.next_at = actor.user, "", timezone.now()
    row.commit = ""
    if commit is not None:
        row.commit, row.author, row.subject = commit.commit, commit.author, commit.subject
        row.checked_at = timezone.now()
    row.save()


def _allow(application: Application, actor: Actor, action: str) -> None:
    team = application.team
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action=action, target=application)


def _told(application: Application, actor: Actor, action: str, row: GitSource) -> None:
    detail = {"url": row.url, "ref": row.ref, "path": row.path, "action": row.action, "poll_seconds": row.poll_seconds}
    audit_record(actor=actor, action=action, team=application.team, target=application, detail=detail)
    live.publish([f"application:{application.pk}"])
