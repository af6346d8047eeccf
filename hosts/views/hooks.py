"""The webhook of an application: its address, its secret, and what it was called for."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.models import Application
from hosts.selectors.applications import application_get
from hosts.selectors.hooks import hook_delivery_list, hook_get, hook_of, hook_path
from hosts.services.hooks import hook_make, hook_remove, hook_secret_renew
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.views.once import keep_once, take_once

from .answers import done, live_query, rows_page
from .applications import application_topics

SHOWN = "application-hook"


def _application(request: HttpRequest, application_id: UUID) -> Application:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    return application


def _context(request: HttpRequest, application_id: UUID) -> dict[str, Any]:
    application = _application(request, application_id)
    row = hook_of(application=application)
    return {
        "application": application,
        "hook": row,
        "address": request.build_absolute_uri(hook_path(row)) if row else "",
        "page": rows_page(request, hook_delivery_list(hook=row), order=["-at", "-id"]) if row else None,
        "live_query": live_query(request),
    }


@never_cache
@require_safe
def hook_page(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Where registries and git servers call, and the log of it. A new secret is shown on this page, once."""
    context = _context(request, application_id)
    kept = take_once(request, SHOWN)
    if kept and context["hook"]:
        context["secret"] = kept["secret"]
        context["secret_address"] = request.build_absolute_uri(hook_path(context["hook"], kept["secret"]))
    return render(request, "applications/hook.html", context)


@live_fragment(application_topics)
@require_safe
def hook_calls(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The log alone, for live updates."""
    return render(request, "applications/_hook_calls.html", _context(request, application_id))


@never_cache
@require_POST
def hook_act(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """What `act` says: make, secret or remove."""
    actor, application = actor_of(request), _application(request, application_id)
    where = reverse("hosts:application-hook", args=[application.pk])
    act = request.POST.get("act", "")
    if act == "make":
        _row, secret = hook_make(application=application, actor=actor)
        keep_once(request, SHOWN, application.name, secret)
        return done(request, where, _("The webhook is made. Copy its address now."))
    row = hook_get(application=application)
    if act == "secret":
        keep_once(request, SHOWN, application.name, hook_secret_renew(hook=row, actor=actor))
        return done(request, where, _("There is a new secret. Copy the address now."))
    hook_remove(hook=row, actor=actor)
    return done(request, where, _("The webhook is removed."))
