"""The form for machines to make, and what is said beside it while one types."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from hosts.azure.wishes import image_of
from hosts.forms.azure import MachinesForm
from hosts.forms.errors import add_problem
from hosts.models import AzureSubscription
from hosts.selectors.azure import subscription_list
from hosts.selectors.azure_estimates import estimate_of
from hosts.services.azure_batches import batch_create
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import require_somewhere, teams_where


@require_http_methods(["GET", "HEAD", "POST"])
def machines_new(request: HttpRequest) -> HttpResponse:
    """Machines to make: the form, and the question to Azure what they would change."""
    actor = actor_of(request)
    form = _form(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        subscription, wish = form.cleaned_data["subscription"], form.wish()
        faults = estimate_of(subscription, wish).faults
        for name, messages in faults.items():
            form.add_error(name, messages)
        if not faults:
            try:
                batch = batch_create(
                    subscription=subscription, wish=wish, labels=form.cleaned_data["labels"], actor=actor
                )
            except Problem as problem:
                add_problem(form, problem)
            else:
                return HttpResponseRedirect(reverse("hosts:azure-batch", args=[batch.pk]))
    context = {"form": form, "connected": _mine(request).exists()}
    return render(request, "azure/new.html", context, status=422 if form.is_bound else 200)


@require_safe
def machines_estimate(request: HttpRequest) -> HttpResponse:
    """Prices, quota and what is wrong with what has been typed so far; half a form is as good as a whole one."""
    form = _form(request, request.GET)
    form.is_valid()
    subscription = form.cleaned_data.get("subscription")
    context: dict[str, Any] = {"estimate": None, "form": form, "shown_errors": []}
    if subscription is not None and form.cleaned_data.get("image"):
        context["estimate"] = estimate = estimate_of(subscription, form.wish())
        context["shown_errors"] = [
            (form.fields[name].label, message) for name, messages in estimate.faults.items() for message in messages
        ]
    given = set(request.GET)
    context["shown_errors"] += [
        (form.fields[name].label, message)
        for name, messages in form.errors.items()
        for message in messages
        if name in form.fields and request.GET.get(name) and name in given
    ]
    return render(request, "azure/_estimate.html", context)


def _mine(request: HttpRequest) -> "QuerySet[AzureSubscription]":
    actor = actor_of(request)
    return subscription_list(actor=actor).filter(team__in=teams_where(actor, Permission.MANAGE_HOSTS))


def _form(request: HttpRequest, data: Any) -> MachinesForm:
    require_somewhere(actor_of(request), Permission.MANAGE_HOSTS)
    image = request.GET.get("image", "") or request.POST.get("image", "")
    try:
        image_of(image)
    except ValueError:
        image = ""
    return MachinesForm(data, subscriptions=_mine(request), image=image)
