"""Reading Docker certificates."""

from uuid import UUID

from django.db.models import Q, QuerySet

from hosts.models import DockerCertificate, Host
from portal.people.access import Actor, Permission
from portal.problems import NotFound


def docker_certificate_list(
    *, actor: Actor, host: Host | None = None, own: bool = False
) -> "QuerySet[DockerCertificate]":
    """The actor's own, and those of hosts they manage unless `own`; newest first. They can still be used, or could."""
    rows = DockerCertificate.objects.select_related("user", "host__team").order_by("-created_at", "-id")
    mine = Q(user=actor.user) if actor.user is not None else Q(pk=None)
    teams = actor.team_ids()
    if teams is not None:
        mine &= Q(host__team_id__in=teams)
    if not own:
        managed = actor.team_ids(Permission.MANAGE_HOSTS)
        mine = Q() if managed is None else mine | Q(host__team_id__in=managed)
    rows = rows.filter(mine)
    return rows if host is None else rows.filter(host=host)


def docker_certificate_get(*, actor: Actor, certificate_id: UUID | str) -> DockerCertificate:
    """Raises NotFound."""
    row = docker_certificate_list(actor=actor).filter(pk=certificate_id).first()
    if row is None:
        raise NotFound("There is no such certificate, or it is somebody else's.")
    return row
