"""Hosts: name, labels, revocation, removal."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from hosts import dispatch, live
from hosts.labels import labels_clean, name_clean
from hosts.models import Application, Container, DeploymentTarget, Host
from hosts.models.deployments import OPEN_DEPLOYMENTS
from hosts.services.commands import commands_abandon
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict


def host_rename(*, host: Host, name: str, actor: Actor) -> Host:
    """Raises Invalid for a bad name, Conflict when the team has a host of that name."""
    _require(actor, host, "host.rename")
    name = name_clean(name)
    if name == host.name:
        return host
    before = host.name
    try:
        with transaction.atomic():
            Host.objects.filter(pk=host.pk).update(name=name)
            host.name = name
            audit_record(actor=actor, action="host.rename", team=host.team, target=host, detail={"before": before})
            live.publish(["hosts", f"host:{host.pk}"])
    except IntegrityError as error:
        host.name = before
        message = f"The team already has a host called {name}. Choose another name."
        raise Conflict(message, code="name-taken", fields={"name": [message]}) from error
    return host


def host_label(*, host: Host, labels: Mapping[str, str], actor: Actor) -> Host:
    """Replace the labels. Raises Invalid."""
    _require(actor, host, "host.label")
    cleaned = labels_clean(labels)
    with transaction.atomic():
        Host.objects.filter(pk=host.pk).update(labels=cleaned)
        host.labels = cleaned
        audit_record(actor=actor, action="host.label", team=host.team, target=host, detail={"labels": cleaned})
        live.publish(["hosts", f"host:{host.pk}"])
    return host


def host_revoke(*, host: Host, actor: Actor) -> Host:
    """Shut the host out: its connection is closed within two seconds and its key is never welcome again."""
    _require(actor, host, "host.revoke")
    with transaction.atomic():
        if Host.objects.filter(pk=host.pk, revoked_at=None).update(revoked_at=timezone.now(), link=""):
            audit_record(actor=actor, action="host.revoke", team=host.team, target=host)
            dispatch.shut_out(host.pk)
            live.publish(commands_abandon(host=host, error=f"{host.name} was revoked."))
            live.publish(["hosts", "home", f"host:{host.pk}"])
    host.refresh_from_db()
    return host


def host_remove(*, host: Host, actor: Actor) -> None:
    """Revoke and forget the host with everything mirrored from it. What runs there keeps running.

    Raises Conflict while an application is deployed there.
    """
    _require(actor, host, "host.remove")
    with transaction.atomic():
        Host.objects.select_for_update().get(pk=host.pk)
        if host.revoked_at is None:
            _refuse_in_use(host)
        audit_record(actor=actor, action="host.remove", team=host.team, target=host, detail={"name": host.name})
        dispatch.shut_out(host.pk)
        live.publish(commands_abandon(host=host, error=f"{host.name} was removed."))
        live.publish(["hosts", "home", f"host:{host.pk}"])
        host.delete()


def _refuse_in_use(host: Host) -> None:
    if DeploymentTarget.objects.filter(host=host, state__in=OPEN_DEPLOYMENTS).exists():
        raise Conflict("A deployment is running there. Wait for its end or cancel it first.", code="host-in-use")
    projects = Container.objects.filter(host=host).exclude(project="").values_list("project", flat=True).distinct()
    names = list(Application.objects.filter(team=host.team, name__in=projects).values_list("name", flat=True)[:5])
    if names:
        raise Conflict(
            f"Applications run there: {', '.join(names)}. Remove them first. If the host is gone for good, "
            "revoke it: a revoked host can always be removed.",
            code="host-in-use",
        )


def _require(actor: Actor, host: Host, action: str) -> None:
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=host.team, action=action, target=host)
