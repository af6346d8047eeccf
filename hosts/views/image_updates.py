"""The page on which an application is kept current: what is new, the policy of each service, the time windows."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Application
from hosts.models.update_policies import UpdateMode
from hosts.selectors.application_images import revision_in_use
from hosts.selectors.applications import application_get
from hosts.selectors.image_changes import act_state, application_changes
from hosts.selectors.update_policies import service_policies, windows_of, windows_own
from hosts.selectors.updates import act_list
from hosts.services.image_updates import application_update
from hosts.services.update_policies import application_windows_set, update_policy_clear, update_policy_set
from hosts.update_windows import DAYS, Window, is_open, next_opening
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Invalid

from .answers import done
from .applications import application_topics

LAST_ACTS = 20
DAY_WORDS = (lazy("Mon"), lazy("Tue"), lazy("Wed"), lazy("Thu"), lazy("Fri"), lazy("Sat"), lazy("Sun"))
BLANK = {"weekdays": [], "opens": "02:00", "closes": "04:00", "zone": "UTC"}


def _context(request: HttpRequest, application_id: UUID) -> dict[str, Any]:
    actor, now = actor_of(request), timezone.now()
    application = application_get(actor=actor, application_id=application_id)
    policies = service_policies(application=application, revision=revision_in_use(application=application))
    windows = windows_of(application=application)
    return {
        "application": application,
        "may_deploy": actor.can(Permission.DEPLOY, application.team_id),
        "changes": application_changes(application=application, now=now),
        "policies": policies,
        "modes": UpdateMode.choices,
        "windows": [(number, _days_words(one), one) for number, one in enumerate(windows)],
        "own_windows": bool(windows_own(application=application)),
        "open": is_open(windows, now),
        "opening": next_opening(windows, now),
        "needs_window": not windows and any(one.mode == UpdateMode.WINDOW for one in policies),
        "acts": [(row, *act_state(row)) for row in act_list(application=application)[:LAST_ACTS]],
        "weekdays": list(zip(DAYS, DAY_WORDS, strict=True)),
        "form": BLANK,
    }


@require_safe
def application_current(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The page."""
    return render(request, "applications/updates.html", _context(request, application_id))


@live_fragment(application_topics)
@require_safe
def application_current_content(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """What is new and what was done, for live updates; the forms stay as they are being filled in."""
    return render(request, "applications/_changes.html", _context(request, application_id))


@require_POST
def application_current_act(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """What `act` says: update (the image in `reference`, or all), policies, window-add, window-remove."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    act, where = request.POST.get("act", ""), reverse("hosts:application-updates", args=[application.pk])
    if act == "policies":
        _policies(request, application)
        return done(request, where, _("The update policies are saved."))
    if act == "window-add":
        return _window_add(request, application, where)
    if act == "window-remove":
        number = request.POST.get("number", "")
        kept = [_stored(one) for at, one in enumerate(windows_own(application=application)) if str(at) != number]
        application_windows_set(application=application, windows=kept, actor=actor)
        return done(request, where, _("The time window is removed."))
    reference = request.POST.get("reference", "")
    deployment = application_update(
        application=application, actor=actor, now=timezone.now(), references=[reference] if reference else None
    )
    return HttpResponseRedirect(reverse("hosts:deployment", args=[deployment.pk]))


def _policies(request: HttpRequest, application: Application) -> None:
    """Those that were changed; "" has the compose text or the usual count again."""
    actor = actor_of(request)
    for one in service_policies(application=application, revision=revision_in_use(application=application)):
        wanted = request.POST.get(f"mode-{one.service}")
        if wanted is None or wanted == (one.mode.value if one.origin == "set" else ""):
            continue
        if wanted:
            update_policy_set(application=application, service=one.service, mode=wanted, actor=actor)
        else:
            update_policy_clear(application=application, service=one.service, actor=actor)


def _window_add(request: HttpRequest, application: Application, where: str) -> HttpResponse:
    given = {
        "weekdays": request.POST.getlist("weekdays"),
        **{name: request.POST.get(name, "")[:64] for name in ("opens", "closes", "zone")},
    }
    kept = [_stored(one) for one in windows_own(application=application)]
    try:
        application_windows_set(application=application, windows=[*kept, given], actor=actor_of(request))
    except Invalid as problem:
        messages.error(request, problem.detail)
        context = {**_context(request, application.pk), "form": given, "errors": problem.fields}
        return render(request, "applications/updates.html", context, status=422)
    return done(request, where, _("The time window is added."))


def _days_words(window: Window) -> str:
    return ", ".join(str(DAY_WORDS[day]) for day in window.weekdays) if len(window.weekdays) < 7 else _("every day")


def _stored(window: Window) -> dict[str, Any]:
    return {
        "weekdays": list(window.days),
        "opens": f"{window.opens:%H:%M}",
        "closes": f"{window.closes:%H:%M}",
        "zone": window.zone,
    }
