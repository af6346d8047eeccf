"""Signing in and out."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.problems import Invalid, TooMany

from ..access import actor_for_user
from ..form_problems import add_problem
from ..forms.sign_in import SignInForm
from ..models import User
from ..requests import peer_address
from ..services.audit import audit_record
from ..services.sign_in import link_spent, sign_in_check, sign_in_link_open, sign_in_link_spend

BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """By name and password. Signing in makes a new session: one that somebody else planted is worth nothing."""
    back = next_address(request)
    if request.user.is_authenticated:
        return redirect(back)
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                user = sign_in_check(**form.cleaned_data, address=peer_address(request))
            except (Invalid, TooMany) as problem:
                status = problem.status
                add_problem(form, problem)
            else:
                login(request, user, backend=BACKEND)
                return redirect(back)
    return render(request, "people/sign_in.html", {"form": form, "next": back}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link. Looking does not spend it, so that previews of chat programs do not; the button does."""
    if request.method == "POST":
        user = sign_in_link_spend(secret=secret, address=peer_address(request))
        login(request, user, backend=BACKEND)
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not sign_in_link_open(secret):
        raise link_spent()
    response = render(request, "people/sign_in_link.html")
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        actor = actor_for_user(request.user, address=peer_address(request))
        audit_record(actor=actor, action="user.sign-out", target=request.user)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def next_address(request: HttpRequest) -> str:
    """Where to go after signing in: an address of this site, else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return settings.LOGIN_REDIRECT_URL
