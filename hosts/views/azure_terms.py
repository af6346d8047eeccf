"""The page of a Marketplace plan's terms: what a subscription has agreed to, and agreeing."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hosts.models import AzureSubscription
from hosts.selectors.azure import subscription_get, subscription_list
from hosts.services.azure_terms import terms_accept, terms_look
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, require_somewhere, teams_where

NAMES = ("publisher", "offer", "plan")


@require_http_methods(["GET", "HEAD", "POST"])
def terms_page(request: HttpRequest) -> HttpResponse:
    """Of one plan and one subscription; Azure is asked now."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    given = request.POST if request.method == "POST" else request.GET
    publisher, offer, plan = (given.get(name, "").strip() for name in NAMES)
    subscriptions = list(subscription_list(actor=actor).filter(team__in=teams_where(actor, Permission.MANAGE_HOSTS)))
    chosen = _chosen(actor, given.get("subscription", ""), subscriptions)
    if request.method == "POST" and chosen is not None:
        terms_accept(subscription=chosen, publisher=publisher, offer=offer, plan=plan, actor=actor)
        query = urlencode({"publisher": publisher, "offer": offer, "plan": plan, "subscription": str(chosen.pk)})
        text = _("%(subscription)s has accepted the terms of %(plan)s.")
        return done(request, f"{request.path}?{query}", text % {"subscription": chosen, "plan": plan})
    named = {"publisher": publisher, "offer": offer, "plan": plan}
    context: dict[str, Any] = {"named": named, "subscriptions": subscriptions, "chosen": chosen}
    status = 422 if request.method == "POST" else 200
    if chosen is not None:
        try:
            context["agreement"] = terms_look(
                subscription=chosen, publisher=publisher, offer=offer, plan=plan, actor=actor
            )
        except Problem as problem:
            context["problem"], status = problem, problem.status
    return render(request, "azure/terms.html", context, status=status)


def _chosen(actor: Actor, text: str, subscriptions: list[AzureSubscription]) -> AzureSubscription | None:
    """The subscription that is asked about; the only one without asking. Raises NotFound."""
    if not text:
        return subscriptions[0] if len(subscriptions) == 1 else None
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return subscription_get(actor=actor, subscription_id=wanted)
