"""Teams, and the page of one team with its members."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.problems import Problem

from ..access import Actor, Permission
from ..form_problems import add_problem
from ..forms.teams import MemberForm, RoleForm, TeamForm
from ..models import Role, Team
from ..requests import actor_of
from ..selectors.teams import member_get, members_of, team_get, teams_visible
from ..selectors.tokens import tokens_visible
from ..services.invitations import member_invite
from ..services.sign_in import may_hand_over, sign_in_link_create
from ..services.teams import member_remove, member_role_change, team_create
from .once import keep_once, take_once

LINK = "sign-in-link"


@require_http_methods(["GET", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """The list; administrators of the portal make new ones here."""
    actor = actor_of(request)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            team = team_create(name=form.cleaned_data["name"], actor=actor)
        except Problem as problem:
            if not problem.fields:
                raise
            add_problem(form, problem)
        else:
            messages.success(request, _("The team “%(name)s” is made. Add its members here.") % {"name": team.name})
            return redirect(team.get_absolute_url())
    rows = [{"team": team, "role": actor.role_in(team.pk)} for team in teams_visible(actor)]
    context = {"rows": rows, "form": form, "may_create": actor.administers_portal}
    return render(request, "people/teams.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_safe
def team_page(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    return _page(request, actor, team_get(actor, slug))


@never_cache
@require_POST
def member_new(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    team = team_get(actor, slug)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            membership, secret = member_invite(team=team, **form.cleaned_data, actor=actor)
        except Problem as problem:
            if not problem.fields:
                raise
            add_problem(form, problem)
        else:
            user = membership.user
            if secret:
                _keep_link(request, user.label, secret)
            messages.success(request, _("%(user)s is in the team now.") % {"user": user.label})
            return redirect(team.get_absolute_url())
    else:
        actor.require(Permission.MANAGE_TEAM, team)
    return _page(request, actor, team, form=form, status=422)


@require_POST
def member_role(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    actor = actor_of(request)
    team = team_get(actor, slug)
    form = RoleForm(request.POST)
    role = form.cleaned_data["role"] if form.is_valid() else request.POST.get("role", "")
    user = member_get(actor, team, username).user
    membership = member_role_change(team=team, user=user, role=role, actor=actor)
    messages.success(
        request,
        _("%(user)s has the role %(role)s now.") % {"user": user.label, "role": Role(membership.role).label},
    )
    return redirect(team.get_absolute_url())


@require_POST
def member_out(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    actor = actor_of(request)
    team = team_get(actor, slug)
    user = member_get(actor, team, username).user
    member_remove(team=team, user=user, actor=actor)
    messages.success(request, _("%(user)s is not in the team any more.") % {"user": user.label})
    return redirect("people:teams" if user == actor.user else team.get_absolute_url())


@never_cache
@require_POST
def member_link(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """A new one-time link for a member, for an administrator of the portal or for a newcomer's team admin."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    user = member_get(actor, team, username).user
    _keep_link(request, user.label, sign_in_link_create(user=user, actor=actor))
    return redirect(team.get_absolute_url())


def _keep_link(request: HttpRequest, label: str, secret: str) -> None:
    keep_once(request, LINK, label, request.build_absolute_uri(reverse("people:sign-in-link", args=[secret])))


def _page(
    request: HttpRequest, actor: Actor, team: Team, *, form: MemberForm | None = None, status: int = 200
) -> HttpResponse:
    manages = actor.can(Permission.MANAGE_TEAM, team)
    rows = [
        {"membership": row, "may_link": manages and row.user != actor.user and may_hand_over(actor, row.user)}
        for row in members_of(actor, team).prefetch_related("user__memberships")
    ]
    context = {
        "team": team,
        "rows": rows,
        "manages": manages,
        "own_role": actor.role_in(team.pk),
        "roles": Role.choices,
        "form": form or MemberForm(),
        "tokens": tokens_visible(actor, team=team) if manages else [],
        "new_link": take_once(request, LINK),
    }
    return render(request, "people/team.html", context, status=status)
