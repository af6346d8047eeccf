"""The page of updates: which images that run have something newer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.live import live_fragment
from hosts.selectors.updates import update_list
from hosts.services.updates import updates_again
from portal.people.access import Permission
from portal.people.requests import actor_of


@live_fragment(lambda request, **kwargs: ["home", "applications"])
@require_safe
def updates_fragment(request: HttpRequest) -> HttpResponse:
    return render(request, "hosts/_updates.html", _context(request))


@require_safe
def updates_page(request: HttpRequest) -> HttpResponse:
    """What is new; `every=1` also shows what is not, and why."""
    return render(request, "hosts/updates.html", _context(request))


@require_POST
def updates_ask(request: HttpRequest) -> HttpResponse:
    """Have the actor's own images looked at again soon."""
    actor = actor_of(request)
    count = updates_again(actor=actor)
    messages.success(
        request, _("%(count)s tags are asked about again, within the registries' limits.") % {"count": count}
    )
    return redirect("hosts:updates")


def _context(request: HttpRequest) -> dict[str, object]:
    actor = actor_of(request)
    every = request.GET.get("every") == "1"
    deploys = actor.team_ids(Permission.DEPLOY)
    return {
        "updates": update_list(actor=actor, every=every),
        "every": every,
        "may_deploy": deploys is None or bool(deploys),
    }
