"""The webhooks of a team: the list, one with its log, and what can be done with it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hosts.forms.errors import add_problem
from hosts.forms.webhooks import WebhookForm
from hosts.models import Webhook
from hosts.models.webhooks import DeliveryState, WebhookEvent
from hosts.selectors.webhooks import delivery_get, delivery_list, webhook_get, webhook_list
from hosts.services.webhooks import (
    delivery_again,
    webhook_change,
    webhook_create,
    webhook_remove,
    webhook_secret_renew,
    webhook_test,
)
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.people.views.once import keep_once, take_once
from portal.problems import Problem

from .answers import done, rows_page

SHOWN = "new-webhook"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_table(request: HttpRequest, slug: str) -> HttpResponse:
    """Those of a team, and a new one."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.MANAGE_TEAM, team)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            row, secret = webhook_create(team=team, **form.cleaned_data, actor=actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            keep_once(request, SHOWN, str(row.pk), secret)
            return done(request, _page_of(row), _("The webhook is made. Copy its secret now."))
    lines = [
        {"webhook": row, "last": delivery_list(webhook=row).exclude(state=DeliveryState.WAITING).first()}
        for row in webhook_list(actor=actor, team=team)
    ]
    context = {"team": team, "lines": lines, "form": form, "manages": True}
    return render(request, "webhooks/list.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_detail(request: HttpRequest, slug: str, webhook_id: UUID) -> HttpResponse:
    """One, with what was sent; a POST changes it."""
    row = _webhook(request, slug, webhook_id)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm.of(row)
    if form.is_bound and form.is_valid():
        try:
            webhook_change(webhook=row, **form.cleaned_data, actor=actor_of(request))
        except Problem as problem:
            add_problem(form, problem)
        else:
            return done(request, _page_of(row), _("The webhook is saved."))
    context: dict[str, Any] = {
        "team": row.team,
        "webhook": row,
        "form": form,
        "page": rows_page(request, delivery_list(webhook=row), order=["-created_at", "-id"]),
        "words": {**dict(WebhookEvent.choices), "test": _("A test")},
        "secret": take_once(request, SHOWN),
        "manages": True,
    }
    return render(request, "webhooks/detail.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_POST
def webhook_act(request: HttpRequest, slug: str, webhook_id: UUID) -> HttpResponse:
    """What `act` says: pause, continue, test, secret, remove; or `again`, a delivery to be sent once more."""
    actor, row = actor_of(request), _webhook(request, slug, webhook_id)
    act = request.POST.get("act", "")
    if act == "remove":
        webhook_remove(webhook=row, actor=actor)
        return done(request, reverse("hosts:webhooks", args=[row.team.slug]), _("The webhook is removed."))
    if act == "test":
        sent = webhook_test(webhook=row, actor=actor)
        if sent.state != DeliveryState.DELIVERED:
            messages.error(request, _("The test did not arrive. %(error)s") % {"error": sent.error})
            return HttpResponseRedirect(_page_of(row))
        return done(request, _page_of(row), _("It answered %(code)s.") % {"code": sent.response_code})
    if act == "secret":
        keep_once(request, SHOWN, str(row.pk), webhook_secret_renew(webhook=row, actor=actor))
        return done(request, _page_of(row), _("There is a new secret. Copy it now."))
    if act in {"pause", "continue"}:
        webhook_change(webhook=row, paused=act == "pause", actor=actor)
        return done(request, _page_of(row), _("It is paused.") if act == "pause" else _("It goes on."))
    named = request.POST.get("again", "")
    delivery_again(delivery=delivery_get(webhook=row, delivery_id=_uuid(named)), actor=actor)
    return done(request, _page_of(row), _("It is sent again."))


def _uuid(text: str) -> UUID:
    """The id in `text`; one that nothing has when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _webhook(request: HttpRequest, slug: str, webhook_id: UUID) -> Webhook:
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.MANAGE_TEAM, team)
    return webhook_get(actor=actor, webhook_id=webhook_id)


def _page_of(row: Webhook) -> str:
    return reverse("hosts:webhook", args=[row.team.slug, row.pk])
