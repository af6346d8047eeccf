"""The page of a team's policy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hosts.forms.errors import add_problem
from hosts.forms.policies import PolicyForm
from hosts.selectors.policies import team_policy
from hosts.services.policies import policy_change
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import Problem

from .answers import done


@require_http_methods(["GET", "HEAD", "POST"])
def policy_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody in the team reads it; admins change it."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    policy = team_policy(team=team, actor=actor)
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm.of(policy)
    if request.method == "POST":
        actor.require(Permission.MANAGE_TEAM, team)
        if form.is_valid():
            try:
                policy_change(
                    team=team,
                    actor=actor,
                    options=form.options,
                    shared_hosts=form.cleaned_data["shared_hosts"],
                    record_terminals=form.cleaned_data["record_terminals"],
                )
            except Problem as problem:
                add_problem(form, problem)
            else:
                message = _("The policy of %(team)s is saved. It holds from the next request on.") % {"team": team.name}
                return done(request, reverse("hosts:team-policy", args=[team.slug]), message)
    context = {
        "team": team,
        "policy": policy,
        "form": form,
        "manages": actor.can(Permission.MANAGE_TEAM, team),
    }
    return render(request, "hosts/policy.html", context, status=422 if form.is_bound else 200)
