"""The page of a team's accounts at registries."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms.registries import AccountChangeForm, AccountForm
from gallery.models import AccountState, RegistryAccount
from gallery.pulls import pulls_left
from gallery.selectors.registries import account_get, accounts_visible
from gallery.services.registries import account_add, account_change, account_remove, account_try
from gallery.sources import default_registry_host, default_registry_is_hub, hub_budget
from portal.people.access import Actor, Permission
from portal.people.form_problems import add_problem
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import Problem

STATES = {
    AccountState.UNTRIED: ("idle", "circle-help"),
    AccountState.ACCEPTED: ("ok", "circle-check"),
    AccountState.REFUSED: ("bad", "circle-x"),
    AccountState.AWAY: ("warn", "cloud-off"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registries_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A team's accounts, and a form for one more."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        actor.require(Permission.MANAGE_TEAM, team)
        if form.is_valid():
            try:
                account = account_add(team=team, given=form.given(), actor=actor)
            except Problem as problem:
                if not problem.fields:
                    raise
                add_problem(form, problem)
            else:
                _try(request, account, actor)
                return redirect("gallery:registries", team.slug)
    context = _context(actor, team) | {"form": form}
    return render(request, "gallery/registries.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registry_change(request: HttpRequest, slug: str, account_id: UUID) -> HttpResponse:
    """Another user name, secret or authority of one account."""
    actor = actor_of(request)
    account = _account(actor, slug, account_id)
    actor.require(Permission.MANAGE_TEAM, account.team)
    shown = {"username": account.username, "certificates": account.certificates}
    form = AccountChangeForm(request.POST if request.method == "POST" else None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            account_change(account=account, given=form.given(host=account.host), actor=actor)
        except Problem as problem:
            if not problem.fields:
                raise
            add_problem(form, problem)
        else:
            _try(request, account, actor)
            return redirect("gallery:registries", slug)
    context = {"team": account.team, "account": account, "form": form}
    return render(request, "gallery/registry_change.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def registry_try(request: HttpRequest, slug: str, account_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    _try(request, _account(actor, slug, account_id), actor)
    return redirect("gallery:registries", slug)


@require_POST
def registry_remove(request: HttpRequest, slug: str, account_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    account = _account(actor, slug, account_id)
    account_remove(account=account, actor=actor)
    messages.success(request, _("The account %(account)s is forgotten.") % {"account": account})
    return redirect("gallery:registries", slug)


def _account(actor: Actor, slug: str, account_id: UUID) -> RegistryAccount:
    team = team_get(actor, slug)
    account = account_get(actor, account_id)
    return account if account.team_id == team.pk else accounts_visible(actor, team).get(pk=account_id)


def _try(request: HttpRequest, account: RegistryAccount, actor: Actor) -> None:
    result = account_try(account=account, actor=actor)
    words = {"account": account, "detail": result.detail}
    if result.state == AccountState.ACCEPTED:
        messages.success(request, _("%(account)s is accepted.") % words)
    elif result.state == AccountState.REFUSED:
        messages.error(request, _("%(account)s is refused. %(detail)s") % words)
    else:
        messages.warning(request, _("%(account)s is kept, and could not be tried. %(detail)s") % words)


def _context(actor: Actor, team: Team) -> dict[str, Any]:
    rows = [_row(account) for account in accounts_visible(actor, team)]
    hub = default_registry_is_hub()
    return {
        "team": team,
        "rows": rows,
        "manages": actor.can(Permission.MANAGE_TEAM, team),
        "pulls": pulls_left(default_registry_host()) if hub else None,
        "bucket": hub_budget().bucket,
    }


def _row(account: RegistryAccount) -> dict[str, Any]:
    tone, icon = STATES[AccountState(account.state)]
    host = default_registry_host() if account.is_hub and default_registry_is_hub() else account.host
    key = f"{account.pk.hex[:16]}.{account.version}"
    return {"account": account, "tone": tone, "icon": icon, "pulls": pulls_left(host, key)}
