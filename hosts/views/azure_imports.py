"""The page that makes hosts of machines that are in Azure already, and that of left-over resource groups."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hosts.forms.azure_imports import ImportForm
from hosts.forms.errors import add_problem
from hosts.selectors.azure import batch_get, subscription_get
from hosts.selectors.azure_machines import candidates, orphan_get
from hosts.services.azure_imports import import_create, import_retry
from hosts.services.azure_orphans import orphan_delete
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done


@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Machines of a subscription that are no hosts yet."""
    actor = actor_of(request)
    subscription = subscription_get(actor=actor, subscription_id=subscription_id)
    actor.require(Permission.MANAGE_HOSTS, subscription.team_id)
    context: dict[str, Any] = {"subscription": subscription, "problem": None, "machines": []}
    try:
        context["machines"] = candidates(subscription)
    except Problem as problem:
        context["problem"] = problem
    form = ImportForm(request.POST if request.method == "POST" else None, machines=context["machines"])
    if request.method == "POST" and form.is_valid():
        try:
            batch = import_create(
                subscription=subscription,
                group=form.group,
                names=[one.partition("/")[2] for one in form.cleaned_data["names"]],
                way=form.cleaned_data["way"],
                labels=form.cleaned_data["labels"],
                actor=actor,
            )
        except Problem as problem:
            add_problem(form, problem)
        else:
            return HttpResponseRedirect(reverse("hosts:azure-batch", args=[batch.pk]))
    return render(request, "azure/import.html", {**context, "form": form}, status=422 if form.is_bound else 200)


@require_POST
def import_again(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Try again where the set-up failed."""
    actor = actor_of(request)
    batch = import_retry(batch=batch_get(actor=actor, batch_id=batch_id), actor=actor)
    return done(request, reverse("hosts:azure-batch", args=[batch.pk]), _("The agent is being installed again."))


@require_POST
def orphan_remove(request: HttpRequest, orphan_id: int) -> HttpResponse:
    """Delete a left-over group in Azure."""
    actor = actor_of(request)
    orphan = orphan_get(actor=actor, orphan_id=orphan_id)
    orphan_delete(orphan=orphan, actor=actor)
    text = _("Azure was asked to delete %(group)s with everything in it.") % {"group": orphan.group}
    return done(request, reverse("hosts:azure"), text)
