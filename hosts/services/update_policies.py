"""Update policies and time windows: set by who may deploy the application; a team's windows by its admins."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hosts import live
from hosts.models import Application, UpdatePolicy, UpdateWindow
from hosts.models.update_policies import UpdateMode
from hosts.selectors.application_images import revision_in_use, service_images
from hosts.update_windows import MOST, Window, WindowRefused, window_read
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Invalid, NotFound


def update_policy_set(*, application: Application, service: str, mode: str, actor: Actor) -> UpdatePolicy:
    """What follows from an update of the service's image; carried out with the actor's rights from now on.

    Raises NotFound (service-not-found), Invalid.
    """
    _allow(actor, application, "update-policy.set")
    images = service_images(revision=revision_in_use(application=application))
    if service not in images:
        raise NotFound(f"{application.name} has no service {service[:60]}.", code="service-not-found")
    message = ""
    if mode not in UpdateMode.values:
        message = _("Choose one of: %(modes)s.") % {"modes": ", ".join(UpdateMode.values)}
    elif mode != UpdateMode.NOTIFY and "@" in images[service]:
        message = _("The image is pinned by digest in the compose text, so nothing replaces it. Name a tag there.")
    if message:
        raise Invalid(message, code="update-mode", fields={"mode": [message]})
    with transaction.atomic():
        row, _made = UpdatePolicy.objects.update_or_create(
            application=application, service=service, defaults={"mode": mode, "set_by": actor.user}
        )
        detail = {"service": service, "mode": mode}
        audit_record(actor=actor, action="update-policy.set", team=application.team, target=application, detail=detail)
        live.publish([f"application:{application.pk}"])
    return row


def update_policy_clear(*, application: Application, service: str, actor: Actor) -> None:
    """What the compose text says counts again, else what is usual. Nothing happens where none was set."""
    _allow(actor, application, "update-policy.clear")
    with transaction.atomic():
        if not UpdatePolicy.objects.filter(application=application, service=service).delete()[0]:
            return
        detail = {"service": service}
        audit_record(
            actor=actor, action="update-policy.clear", team=application.team, target=application, detail=detail
        )
        live.publish([f"application:{application.pk}"])


def application_windows_set(
    *, application: Application, windows: Sequence[Mapping[str, Any]], actor: Actor
) -> tuple[Window, ...]:
    """The application's own windows instead of those it had; none: its team's count. Raises Invalid."""
    _allow(actor, application, "update-window.set")
    return _replace(application.team, application, windows, actor)


def team_windows_set(*, team: Team, windows: Sequence[Mapping[str, Any]], actor: Actor) -> tuple[Window, ...]:
    """The windows of all applications of the team that have none of their own. Raises Invalid."""
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="update-window.set")
    return _replace(team, None, windows, actor)


def _replace(
    team: Team, application: Application | None, given: Sequence[Mapping[str, Any]], actor: Actor
) -> tuple[Window, ...]:
    windows = tuple(dict.fromkeys(_read(one) for one in given))
    if len(windows) > MOST:
        message = _("At most %(most)s time windows.") % {"most": MOST}
        raise Invalid(message, code="window-invalid", fields={"windows": [message]})
    with transaction.atomic():
        UpdateWindow.objects.filter(team=team, application=application).delete()
        for one in windows:
            UpdateWindow.objects.create(
                team=team,
                application=application,
                weekdays=list(one.weekdays),
                opens=one.opens,
                closes=one.closes,
                zone=one.zone,
            )
        detail = {
            "windows": [f"{' '.join(one.days)} {one.opens:%H:%M}-{one.closes:%H:%M} {one.zone}" for one in windows]
        }
        audit_record(actor=actor, action="update-window.set", team=team, target=application or team, detail=detail)
        live.publish([f"application:{application.pk}" if application else "applications"])
    return windows


def _read(given: Mapping[str, Any]) -> Window:
    try:
        return window_read(given)
    except WindowRefused as error:
        raise Invalid(str(error), code="window-invalid", fields={error.field: [str(error)]}) from error


def _allow(actor: Actor, application: Application, action: str) -> None:
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=application.team, action=action, target=application
    )
