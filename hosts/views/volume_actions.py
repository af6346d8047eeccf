"""What is asked for on the pages of volumes: backup, copy, restore, delete, cancel."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hosts.models import Host
from hosts.selectors.hosts import host_get
from hosts.selectors.volumes import backup_get, hosts_to_write, run_get, volume_get
from hosts.services.volume_backups import backup_delete
from hosts.services.volume_runs import Place, backup_start, copy_start, restore_start, run_cancel
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Invalid, Problem

from .answers import done


def _place(request: HttpRequest, actor: Actor) -> Place:
    """Where to, as the form says. Raises Invalid, NotFound."""
    try:
        host: Host = host_get(actor=actor, host_id=UUID(request.POST.get("to_host", "")))
    except ValueError:
        raise Invalid(_("Choose a host."), fields={"to_host": [_("Choose a host.")]}) from None
    return Place(host, request.POST.get("name", "").strip())


@require_POST
def volume_backup(request: HttpRequest, host_id: UUID, name: str) -> HttpResponse:
    """Keep what is in it."""
    actor = actor_of(request)
    volume = volume_get(actor=actor, host_id=host_id, name=name)
    compress = request.POST.get("compress") == "1"
    backup_start(volume=volume, halt=request.POST.get("halt", ""), compress=compress, actor=actor)
    return done(request, reverse("hosts:volume", args=[host_id, name]), _("The backup begins."))


@require_POST
def volume_copy(request: HttpRequest, host_id: UUID, name: str) -> HttpResponse:
    """Copy it to another host, or another name."""
    actor = actor_of(request)
    volume = volume_get(actor=actor, host_id=host_id, name=name)
    actor.require(Permission.OPERATE, volume.host.team_id)
    overwrite = request.POST.get("overwrite") == "1"
    halt = request.POST.get("halt", "")
    copy_start(volume=volume, to=_place(request, actor), overwrite=overwrite, halt=halt, actor=actor)
    return done(request, reverse("hosts:volume", args=[host_id, name]), _("The copy begins."))


@require_http_methods(["GET", "HEAD", "POST"])
def backup_restore(request: HttpRequest, backup_id: UUID) -> HttpResponse:
    """Fill a volume with a backup: where to, and then doing it."""
    actor = actor_of(request)
    backup = backup_get(actor=actor, backup_id=backup_id)
    actor.require(Permission.OPERATE, backup.team_id)
    context = {
        "backup": backup,
        "targets": hosts_to_write(actor=actor, team=backup.team),
        "chosen": {"name": backup.volume, "to_host": request.GET.get("host", "")},
        "may_manage": actor.can(Permission.MANAGE_HOSTS, backup.team_id),
    }
    if request.method != "POST":
        return render(request, "volumes/restore.html", context)
    overwrite = request.POST.get("overwrite") == "1"
    halt = request.POST.get("halt", "")
    try:
        to = _place(request, actor)
        restore_start(backup=backup, to=to, overwrite=overwrite, halt=halt, actor=actor)
    except Problem as problem:
        context |= {"problem": problem, "chosen": request.POST}
        return render(request, "volumes/restore.html", context, status=problem.status)
    return done(request, reverse("hosts:backups"), _("The restore of %(name)s begins.") % {"name": to.name})


@require_POST
def backup_remove(request: HttpRequest, backup_id: UUID) -> HttpResponse:
    """Delete a kept file."""
    actor = actor_of(request)
    backup_delete(backup=backup_get(actor=actor, backup_id=backup_id), actor=actor)
    return done(request, reverse("hosts:backups"), _("The backup is deleted."))


@require_POST
def run_stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """End what is under way."""
    actor = actor_of(request)
    run = run_cancel(run=run_get(actor=actor, run_id=run_id), actor=actor)
    return done(request, reverse("hosts:volume", args=[run.host_id, run.volume]), _("It is being ended."))
