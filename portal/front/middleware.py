"""Headers of every page, and problems turned into pages."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.api.answers import CONTENT_TYPE, of_status, problem_response
from portal.api.body import TooLarge
from portal.people.models import User
from portal.people.requests import actor_of
from portal.people.services.audit import audit_denied
from portal.problems import NotAllowed, Problem, SignInNeeded

from .errors import API, problem_page

GetResponse = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


def content_security_policy(host: str) -> str:
    """Nothing but our own files runs or is shown. 'self' does not cover websockets in every browser: they are named."""
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ]
    )


class ContentSecurityPolicyMiddleware:
    """Puts the security headers on every answer that does not bring its own; nothing is kept by a shared cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(request.get_host()))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault(
            "Cache-Control", "no-store" if request.path.startswith(API) else "private, no-cache"
        )
        return response


class ProblemMiddleware:
    """A Problem that a view raises becomes the answer it describes; everything under /api/ is problem details."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return self.get_response(request)
        if (problem := bad_length(request)) is not None:
            return problem_response(problem)
        response = self.get_response(request)
        if response.status_code >= 400 and not response.get("Content-Type", "").startswith(CONTENT_TYPE):
            bare = problem_response(of_status(response.status_code))
            if "Allow" in response:
                bare["Allow"] = response["Allow"]
            return bare
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Problem):
            return None
        if isinstance(exception, SignInNeeded) and not request.path.startswith(API):
            return to_sign_in(request)
        if isinstance(exception, NotAllowed):
            record_denied(request, exception)
        return problem_page(request, exception)


def record_denied(request: HttpRequest, problem: NotAllowed) -> None:
    """A refused write of somebody who is signed in leaves an audit row, if the service has not written one."""
    user = getattr(request, "user", None)
    if isinstance(user, User) and request.method not in {"GET", "HEAD"}:
        match = request.resolver_match
        audit_denied(actor=actor_of(request), action=f"page.{match.view_name if match else ''}", problem=problem)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the person to the sign-in page and back here after it. htmx is told to leave the whole page."""
    if request.headers.get("HX-Request") == "true":
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = current._replace(scheme="", netloc="", fragment="").geturl() or "/"
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
        return response
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': back})}")


def bad_length(request: HttpRequest) -> Problem | None:
    """What is wrong with the announced length of the body, told before the body is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    if not announced.isascii() or not announced.isdigit():
        return of_status(400, "Content-Length is not a number of bytes.")
    if len(announced) > 18 or int(announced) > most:
        return TooLarge(f"Send at most {most} bytes.")
    return None
