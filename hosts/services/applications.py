"""Applications and their revisions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from engine_agent.protocol.bodies import RemoveProject
from engine_agent.protocol.swarm import StackRemove
from gallery.compose.sources import MAIN, Outside, project_path
from gallery.compose.write import service_to_compose
from hosts import live
from hosts.labels import labels_clean, project_clean
from hosts.models import (
    Application,
    Cluster,
    Command,
    Container,
    Deployment,
    DeploymentTarget,
    GitSource,
    Host,
    Revision,
)
from hosts.models.deployments import OPEN_DEPLOYMENTS
from hosts.services.clusters import manager_host
from hosts.services.commands import command_create
from hosts.services.plans import project_of
from hosts.services.revisions import revision_number
from hosts.services.secrets import secrets_write, stand_ins
from hosts.wanted import PACK, SPREAD
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

MAX_COMPOSE = 512 * 1024
MAX_VALUES = 500
MAX_FILES = 100
MAX_TOTAL = 2 << 20


def application_create(
    *,
    team: Team,
    name: str,
    actor: Actor,
    compose: str | None = None,
    service: Mapping[str, Any] | None = None,
    values: Mapping[str, str] | None = None,
    targets: Mapping[str, Any] | None = None,
    template: str = "",
    files: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> tuple[Application, Revision]:
    """A new application with its first revision, from compose text or from one service's compose attributes.

    name: the compose project name (lower-case letters, digits, - and _). targets: {"hosts": [id, ...]},
    {"labels": {name: value}} or {"any": True} (the default). files: further files of the project, path -> text.
    secrets: values to seal, by name. origin: Revision.origin. Nothing is deployed.
    Raises Invalid (compose errors with line and column), Conflict when the team has an application of that name.
    """
    permission_require(actor=actor, permission=Permission.DEPLOY, team=team, action="application.create")
    name = project_clean(name)
    text = _compose_text(compose, service)
    values, targets = _values_clean(values or {}), targets_clean({"any": True} if targets is None else targets)
    kept = files_clean(files or {})
    if not secrets:  # what is refused needs no row first
        project_of(compose=text, values=values, name=name, files=kept)
    try:
        with transaction.atomic():
            application = Application.objects.create(team=team, name=name, created_by=actor.user)
            if secrets:
                secrets_write(application=application, secrets=secrets, actor=actor)
                project_of(compose=text, values=values, name=name, files=kept, secrets=stand_ins(application))
            revision = Revision.objects.create(
                application=application,
                number=1,
                compose=text,
                files=kept,
                values=values,
                targets=targets,
                template=template,
                origin=dict(origin or {}),
                created_by=actor.user,
            )
            audit_record(actor=actor, action="application.create", team=team, target=application)
            live.publish(["applications", "home"])
    except IntegrityError as error:
        raise _taken(name) from error
    return application, revision


def _taken(name: str) -> Conflict:
    message = f"The team already has an application called {name}. Choose another name, or change that one."
    return Conflict(message, code="name-taken", fields={"name": [message]})


def application_revise(
    *,
    application: Application,
    actor: Actor,
    compose: str | None = None,
    service: Mapping[str, Any] | None = None,
    values: Mapping[str, str] | None = None,
    targets: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Revision:
    """A new revision: what is None stays as in the newest one. Raises Invalid, Conflict while it is being removed.

    origin: Revision.origin, of a commit; without it the texts of an application that follows git stay (git-source).
    """
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.revise", target=application
    )
    with transaction.atomic():
        locked = Application.objects.select_for_update().get(pk=application.pk)
        _refuse_removing(locked)
        newest = locked.revisions.order_by("-number").first()
        given = compose is not None or service is not None
        text = newest.compose if newest and not given else _compose_text(compose, service)
        values = (dict(newest.values) if newest else {}) if values is None else _values_clean(values)
        targets = (dict(newest.targets) if newest else {"any": True}) if targets is None else targets_clean(targets)
        kept = (dict(newest.files) if newest else {}) if files is None else files_clean(files)
        if newest and not origin and (text, kept) != (newest.compose, newest.files):
            _refuse_following(locked)
        project_of(compose=text, values=values, name=locked.name, files=kept, secrets=stand_ins(locked))
        revision = Revision.objects.create(
            application=application,
            number=revision_number(application=locked),
            compose=text,
            files=kept,
            values=values,
            targets=targets,
            template=newest.template if newest else "",
            scale=newest.scale if newest and not given else {},
            origin=dict(origin or (newest.origin if newest and text == newest.compose else {})),
            created_by=actor.user,
        )
        detail = {"revision": revision.number}
        audit_record(actor=actor, action="application.revise", team=team, target=application, detail=detail)
        live.publish(["applications", f"application:{application.pk}"])
    return revision


def application_remove(*, application: Application, actor: Actor, volumes: bool = False) -> Sequence[Command]:
    """Remove its containers and networks (and volumes if asked) from every host; the row goes when all have confirmed.

    With no host to ask it goes at once and the answer is empty. Raises Conflict while a deployment is running.
    """
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.remove", target=application
    )
    with transaction.atomic():
        locked = Application.objects.select_for_update().get(pk=application.pk)
        _refuse_removing(locked)
        if Deployment.objects.filter(application=locked, state__in=OPEN_DEPLOYMENTS).exists():
            raise Conflict(
                "A deployment of it is running. Wait for its end or cancel it first.", code="deployment-running"
            )
        cluster = _cluster_of(locked)
        in_cluster = cluster is not None
        hosts = [manager_host(cluster)] if cluster is not None else _hosts_with(locked)
        audit_record(
            actor=actor, action="application.remove", team=team, target=application, detail={"volumes": volumes}
        )
        live.publish(["applications", "home", f"application:{application.pk}"])
        if not hosts:
            locked.delete()
            return []
        Application.objects.filter(pk=locked.pk).update(removing_at=timezone.now())
        return [
            command_create(
                host=host,
                body=StackRemove(locked.name) if in_cluster else RemoveProject(project=locked.name, volumes=volumes),
                summary=f"Remove {locked.name}",
                actor=actor,
                project=locked.name,
            )
            for host in hosts
        ]


def targets_clean(targets: Mapping[str, Any]) -> dict[str, Any]:
    """Exactly one of hosts, labels, any; beside it `strategy` (pack or spread). Raises Invalid under "targets"."""
    message = 'Say where: {"hosts": [id, ...]}, {"labels": {name: value}}, {"any": true} or {"cluster": id}.'
    if "strategy" in targets:
        if targets["strategy"] not in (PACK, SPREAD):
            message = f"The strategy is “{PACK}” or “{SPREAD}”."
            raise Invalid(message, code="targets-invalid", fields={"targets": [message]})
        rest = targets_clean({name: value for name, value in targets.items() if name != "strategy"})
        return {**rest, "strategy": targets["strategy"]}
    if set(targets) == {"hosts"} and isinstance(targets["hosts"], (list, tuple)) and 0 < len(targets["hosts"]) <= 500:
        return {"hosts": [str(one) for one in targets["hosts"]]}
    if set(targets) == {"labels"} and isinstance(targets["labels"], Mapping) and targets["labels"]:
        return {"labels": labels_clean(targets["labels"])}
    if set(targets) == {"cluster"} and isinstance(targets["cluster"], (str, UUID)):
        return {"cluster": str(targets["cluster"])[:64]}
    if set(targets) == {"any"} and targets["any"] is True:
        return {"any": True}
    raise Invalid(message, code="targets-invalid", fields={"targets": [message]})


def _compose_text(compose: str | None, service: Mapping[str, Any] | None) -> str:
    if (compose is None) == (service is None):
        message = "Send either compose text or one service."
        raise Invalid(message, fields={"compose": [message]})
    text = compose if compose is not None else service_to_compose(service or {})
    if len(text.encode()) > MAX_COMPOSE:
        message = f"The compose text is larger than {MAX_COMPOSE // 1024} KiB."
        raise Invalid(message, fields={"compose": [message]})
    return text


def _values_clean(values: Mapping[str, str]) -> dict[str, str]:
    if len(values) > MAX_VALUES:
        message = f"There are more than {MAX_VALUES} values."
        raise Invalid(message, fields={"values": [message]})
    return {str(name): str(value) for name, value in values.items()}


def files_clean(files: Mapping[str, str]) -> dict[str, str]:
    """Paths inside of the project, with their texts. Raises Invalid under "files"."""
    found: dict[str, str] = {}
    for path, text in files.items():
        try:
            name = project_path("", str(path))
        except Outside as error:
            raise Invalid(str(error), fields={"files": [str(error)]}) from error
        if not name or len(name) > 255 or name == MAIN:
            message = f"“{str(path)[:100]}” cannot be the name of a further file."
            raise Invalid(message, fields={"files": [message]})
        found[name] = str(text).replace("\r\n", "\n")
    if len(found) > MAX_FILES or sum(len(text.encode()) for text in found.values()) > MAX_TOTAL:
        message = f"There are more than {MAX_FILES} further files, or more than {MAX_TOTAL >> 20} MiB in them."
        raise Invalid(message, fields={"files": [message]})
    return found


def _refuse_removing(application: Application) -> None:
    if application.removing_at is not None:
        raise Conflict(f"{application.name} is being removed.", code="application-removing")


def _refuse_following(application: Application) -> None:
    source = GitSource.objects.filter(application=application).first()
    if source is not None:
        told = "Change it there, or stop following the repository."
        message = f"The text of {application.name} comes from {source.url}. {told}"
        raise Conflict(message, code="git-source", fields={"compose": [message]})


def _cluster_of(application: Application) -> Cluster | None:
    """The cluster it was last deployed to, unless that is gone."""
    last = application.deployments.order_by("-created_at").select_related("revision").first()
    named = str(last.revision.targets.get("cluster", "")) if last else ""
    return Cluster.objects.filter(pk=named, team_id=application.team_id).first() if named else None


def _hosts_with(application: Application) -> list[Host]:
    """Hosts that hold something of it, as mirrored, or were last asked to run it."""
    mirrored = Container.objects.filter(project=application.name, host__team_id=application.team_id).values("host_id")
    asked = DeploymentTarget.objects.filter(deployment__application=application).values("host_id")
    hosts = Host.objects.filter(team_id=application.team_id, revoked_at=None)
    return list((hosts.filter(pk__in=mirrored) | hosts.filter(pk__in=asked)).distinct())
