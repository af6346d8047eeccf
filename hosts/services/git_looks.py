"""Looks at a git repository that an application follows: a new commit becomes a revision, and a deployment if wanted.

What goes wrong is a sentence on the source, tried again later and later; what runs is never touched by it. Two looks
at once do no harm: a commit is taken only where the source stands as the look found it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.images import resolve_image
from hosts import live
from hosts.hook_calls import ANY, PUSH, Wish
from hosts.models import Application, GitSource, HookDelivery, Revision
from hosts.models.git_sources import GitAction
from hosts.models.hooks import HookState
from hosts.services.applications import application_revise
from hosts.services.deployments import deployment_refuse_open, deployment_start
from hosts.services.git_sources import login_of, origin_of
from hosts.services.hook_deliveries import Carried, carries
from hosts.services.imports import git_fetch, git_head
from hosts.services.resolving import Resolve
from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.services.audit import FAILED, audit_record
from portal.problems import Conflict, NotAllowed, Problem

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
CLAIM = timedelta(minutes=3)
BUSY = timedelta(seconds=30)
FIRST_AGAIN = timedelta(minutes=1)
LAST_AGAIN = timedelta(hours=1)
MOST = 200


def sources_due(*, now: datetime) -> list[int]:
    """Sources to look at now, claimed: nobody else is given them for a while."""
    found = []
    for pk, at in GitSource.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", "next_at")[:MOST]:
        if GitSource.objects.filter(pk=pk, next_at=at).update(next_at=now + CLAIM):
            found.append(pk)
    return found


def source_look(*, source_id: int, now: datetime | None = None, resolve: Resolve = resolve_image) -> str:
    """Look at a source now; the sentence that tells what came of it, "" when there was nothing new or it is gone."""
    now = now or timezone.now()
    source = GitSource.objects.select_related("application__team", "set_by").filter(pk=source_id).first()
    if source is None or source.application.removing_at is not None:
        return ""
    told, problem, wait = "", "", None
    try:
        actor = _actor(source)
        revision = _taken(source, actor)
        told = _("Revision %(number)s is made.") % {"number": revision.number} if revision else ""
        if source.action == GitAction.DEPLOY and (revision := _undeployed(source)):
            deployment_refuse_open(source.application)
            deployment_start(revision=revision, actor=actor, resolve=resolve)
            told = _("Revision %(number)s is being deployed.") % {"number": revision.number}
    except Conflict as busy:
        told, wait = busy.detail, BUSY
    except Problem as failed:
        problem = f"{told} {failed.detail}".strip()[:600]
    _end(source, now, problem, wait)
    return problem or told


@carries(PUSH)
def source_pushed(application: Application, wish: Wish, delivery: HookDelivery) -> Carried | None:
    """Look at once. What the call says of commits is not read."""
    source = GitSource.objects.filter(application=application).first()
    if source is None:
        return None
    if wish.kind != ANY and not _follows(source, wish.ref):
        return Carried(HookState.IGNORED, _("It follows %(ref)s.") % {"ref": source.ref})
    told = source_look(source_id=source.pk)
    source = GitSource.objects.filter(pk=source.pk).first()
    if source is not None and source.problem:
        return Carried(HookState.FAILED, source.problem)
    return Carried(HookState.DONE, told or _("The repository has no new commit."))


def _follows(source: GitSource, ref: str) -> bool:
    return not ref or not source.ref or ref in {f"refs/heads/{source.ref}", f"refs/tags/{source.ref}"}


def _actor(source: GitSource) -> Actor:
    """With the rights of who set it. Raises NotAllowed."""
    if source.set_by is None or not source.set_by.is_active:
        raise NotAllowed(_("Who set up the repository is not there any more. Somebody who deploys: save it again."))
    return replace(actor_for_user(source.set_by), label=_label(source))


def _taken(source: GitSource, actor: Actor) -> Revision | None:
    """The revision of a new commit; None when there is none. Commits that change nothing here are noted alone."""
    login, application = login_of(source), source.application
    if git_head(url=source.url, ref=source.ref, login=login) == source.commit:
        return None
    found = git_fetch(url=source.url, ref=source.ref, path=source.path, login=login)
    with transaction.atomic():
        rows = GitSource.objects.select_for_update().filter(pk=source.pk, commit=source.commit, url=source.url)
        if not rows:
            return None  # another look was quicker, or it was changed meanwhile
        source.commit, source.author, source.subject = found.commit, found.author, found.subject
        source.save(update_fields=["commit", "author", "subject"])
        newest = application.revisions.order_by("-number").first()
        if newest and (newest.compose, newest.files) == (found.compose, dict(found.files)):
            return None
        origin = origin_of(source.url, source.ref, found)
        return application_revise(
            application=application, actor=actor, compose=found.compose, files=found.files, origin=origin
        )


def _undeployed(source: GitSource) -> Revision | None:
    """The newest revision, where a commit made it, nobody changed it since, and it was never deployed."""
    newest = source.application.revisions.order_by("-number").first()
    commit = newest.origin.get("git", {}).get("commit") if newest else ""
    if newest is None or not commit or newest.deployments.exists():
        return None
    return newest if source.application.revisions.filter(origin__git__commit=commit).count() == 1 else None


def _end(source: GitSource, now: datetime, problem: str, wait: timedelta | None) -> None:
    """Keep when it was, what went wrong, and when the next look is due."""
    again = timedelta(seconds=source.poll_seconds)
    if problem:
        last = now - source.checked_at if source.problem and source.checked_at else timedelta()
        again = min(max(last * 2, FIRST_AGAIN), LAST_AGAIN)
    next_at = now + wait if wait else now + again if again else NEVER
    rows = GitSource.objects.filter(pk=source.pk, url=source.url)
    with transaction.atomic():
        rows.update(checked_at=now, problem=problem, next_at=next_at)
        if problem and problem != source.problem:
            audit_record(
                actor=portal_actor(_label(source)),
                action="git-source.look",
                team=source.application.team,
                target=source.application,
                detail={"reason": problem},
                result=FAILED,
            )
        live.publish([f"application:{source.application_id}"])


def _label(source: GitSource) -> str:
    return f"Git source of {source.set_by.label}" if source.set_by else "Git source"
