"""The Azure pages: subscriptions, machines that become hosts, and what Azure is doing about them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.azure.roles import role_definition
from hosts.azure.wishes import image_title
from hosts.forms.azure import SubscriptionForm
from hosts.forms.errors import add_problem
from hosts.live import live_fragment
from hosts.models import AzureBatch
from hosts.models.azure import BatchState
from hosts.selectors.azure import batch_get, batch_list, may_manage, subscription_get, subscription_list
from hosts.selectors.azure_costs import total_of
from hosts.selectors.azure_machines import machine_views, orphan_list
from hosts.selectors.solutions import solution_rows
from hosts.services.azure_batches import batch_delete, batch_start
from hosts.services.azure_subscriptions import subscription_check, subscription_connect, subscription_forget
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, live_query, require_somewhere, rows_page, teams_where
from .azure_machines import machine_line
from .solutions import solution_line

BADGES = {
    BatchState.PLANNING: ("info", "loader"),
    BatchState.PLANNED: ("info", "clipboard-check"),
    BatchState.DEPLOYING: ("info", "loader"),
    BatchState.ENROLLING: ("info", "loader"),
    BatchState.READY: ("ok", "circle-check"),
    BatchState.FAILED: ("bad", "circle-alert"),
    BatchState.DELETING: ("warn", "loader"),
    BatchState.DELETED: ("idle", "trash-2"),
}
SHOWN_SOLUTIONS = 50
MOST_SUBSCRIPTIONS = 100
PLACEHOLDER = "00000000-0000-0000-0000-000000000000"


def _overview(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    page = rows_page(request, batch_list(actor=actor).filter(solution=None), order=["-created_at", "-id"])
    return {
        "subscriptions": list(subscription_list(actor=actor)[:MOST_SUBSCRIPTIONS]),
        "orphans": list(orphan_list(actor=actor)[:MOST_SUBSCRIPTIONS]),
        "solutions": [solution_line(row) for row in solution_rows(actor=actor)[:SHOWN_SOLUTIONS]],
        "batches": [_line(batch) for batch in page.items],
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "may_manage": bool(teams_where(actor, Permission.MANAGE_HOSTS)),
        "live_query": live_query(request),
    }


def _line(batch: AzureBatch) -> dict[str, Any]:
    kind, icon = BADGES[BatchState(batch.state)]
    return {"batch": batch, "system": image_title(batch.image), "badge": kind, "icon": icon}


@require_safe
def azure_page(request: HttpRequest) -> HttpResponse:
    """Subscriptions and the machines made in them."""
    return render(request, "azure/azure.html", _overview(request))


@live_fragment(lambda request, **kwargs: ["azure"])
@require_safe
def azure_rows(request: HttpRequest) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "azure/_overview.html", _overview(request))


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_add(request: HttpRequest) -> HttpResponse:
    """Connect a subscription; what is wrong is said beside its field, and the secret has to be typed again."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    teams = teams_where(actor, Permission.MANAGE_HOSTS)
    form = SubscriptionForm(request.POST if request.method == "POST" else None, teams=teams)
    if request.method == "POST" and form.is_valid():
        try:
            row = subscription_connect(team=form.cleaned_data["team"], actor=actor, account=form.account())
        except Problem as problem:
            add_problem(form, problem)
        else:
            return done(request, reverse("hosts:azure"), _("%(name)s is connected.") % {"name": row})
    wanted = str(form["subscription_id"].value() or "") or PLACEHOLDER
    context = {"form": form, "role": role_definition(wanted)}
    return render(request, "azure/connect.html", context, status=422 if form.is_bound else 200)


@require_POST
def subscription_test(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Sign in again and say what comes of it."""
    actor = actor_of(request)
    row = subscription_check(subscription=subscription_get(actor=actor, subscription_id=subscription_id), actor=actor)
    text = row.problem or _("The portal can sign in to %(name)s.") % {"name": row}
    return done(request, reverse("hosts:azure"), text)


@require_POST
def subscription_remove(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Forget a subscription."""
    actor = actor_of(request)
    subscription_forget(subscription=subscription_get(actor=actor, subscription_id=subscription_id), actor=actor)
    return done(request, reverse("hosts:azure"), _("The subscription and its secret are forgotten."))


def _batch_context(actor: Actor, batch_id: UUID) -> dict[str, Any]:
    batch = batch_get(actor=actor, batch_id=batch_id)
    views = machine_views(list(batch.machines.select_related("batch")))
    changed = [one for one in batch.changes if one["kind"] not in {"NoChange", "Ignore"}]
    return {
        **_line(batch),
        "changes": changed,
        "machines": [machine_line(view) for view in views],
        "total": total_of(view.cost for view in views if view.cost),
        "may_retry": bool(batch.imported) and batch.state == BatchState.FAILED,
        "hosts": list(batch.hosts.order_by("name")),
        "may_manage": may_manage(actor, batch.team_id),
        "may_start": batch.state == BatchState.PLANNED,
        "may_delete": batch.state not in {BatchState.DELETING, BatchState.DELETED},
    }


@require_safe
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """One batch: what would change, what Azure is doing, its machines and hosts."""
    return render(request, "azure/batch.html", _batch_context(actor_of(request), batch_id))


@live_fragment(lambda request, **kwargs: [f"azure-batch:{kwargs['batch_id']}", "hosts"])
@require_safe
def batch_rows(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "azure/_batch.html", _batch_context(actor_of(request), batch_id))


@require_POST
def batch_go(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Deploy what the what-if showed."""
    actor = actor_of(request)
    batch = batch_start(batch=batch_get(actor=actor, batch_id=batch_id), actor=actor)
    return done(request, reverse("hosts:azure-batch", args=[batch.pk]), _("Azure is asked to make the machines."))


@require_POST
def batch_remove(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Delete everything of a batch."""
    actor = actor_of(request)
    batch = batch_delete(batch=batch_get(actor=actor, batch_id=batch_id), actor=actor)
    text = _("Everything of %(name)s is being deleted.") % {"name": batch.name}
    return done(request, reverse("hosts:azure-batch", args=[batch.pk]), text)
