"""The account page: one's own password, API tokens, sessions."""

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from portal.problems import Problem, SignInNeeded

from ..access import Actor
from ..form_problems import add_problem
from ..forms.account import PasswordForm, TokenForm
from ..models import Membership, User
from ..requests import actor_of
from ..selectors.teams import teams_visible
from ..selectors.tokens import token_get, tokens_visible
from ..services.tokens import token_create, token_revoke
from ..services.users import password_set, sessions_end
from .once import keep_once, take_once

TOKEN = "token"  # noqa: S105 - the kind of what is shown once, no secret


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return _page(request, actor_of(request))


@never_cache
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    user = _owner(actor)
    form = PasswordForm(request.POST, user=user)
    if form.is_valid():
        try:
            password_set(
                user=user,
                password=form.cleaned_data["password"],
                current=form.cleaned_data.get("current"),
                actor=actor,
            )
        except Problem as problem:
            add_problem(form, problem)
        else:
            update_session_auth_hash(request, user)
            messages.success(
                request, _("Your password is set. Other browsers where you were signed in are signed out.")
            )
            return redirect("people:account")
    return _page(request, actor, password_form=form, status=422)


@never_cache
@require_POST
def token_new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = TokenForm(request.POST, teams=teams_visible(actor))
    if form.is_valid():
        try:
            token, secret = token_create(user=_owner(actor), **form.cleaned_data, actor=actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            keep_once(request, TOKEN, token.name, secret)
            return redirect("people:account")
    return _page(request, actor, token_form=form, status=422)


@require_POST
def token_end(request: HttpRequest, token_id: int) -> HttpResponse:
    actor = actor_of(request)
    token = token_get(actor, token_id)
    token_revoke(token=token, actor=actor)
    messages.success(
        request, _("The token “%(name)s” is revoked. Whatever used it is shut out.") % {"name": token.name}
    )
    if actor.user == token.user:
        return redirect("people:account")
    return redirect(token.team.get_absolute_url())


@require_POST
def sessions_off(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    sessions_end(user=_owner(actor), actor=actor)
    logout(request)
    messages.success(request, _("You are signed out everywhere. Sign in again to go on."))
    return redirect("people:sign-in")


def _owner(actor: Actor) -> User:
    if actor.user is None:
        raise SignInNeeded
    return actor.user


def _page(
    request: HttpRequest,
    actor: Actor,
    *,
    password_form: PasswordForm | None = None,
    token_form: TokenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = _owner(actor)
    context = {
        "memberships": Membership.objects.filter(user=user).select_related("team"),
        "password_form": password_form or PasswordForm(user=user),
        "token_form": token_form or TokenForm(teams=teams_visible(actor)),
        "tokens": tokens_visible(actor).filter(user=user),
        "new_token": take_once(request, TOKEN),
    }
    return render(request, "people/account.html", context, status=status)
