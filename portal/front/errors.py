"""Error pages: what happened, what it means, what to do."""

import json
import logging
import secrets
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from portal.api.answers import of_status, problem_response
from portal.problems import Problem

log = logging.getLogger(__name__)

API = "/api/"
TOAST_LETTERS = 600  # a header has its limits, and so has a reader


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as the caller can use it: problem details for the API, a toast for htmx, else a page."""
    if request.path.startswith(API):
        return problem_response(problem)
    if request.headers.get("HX-Request") == "true":
        return _toast(request, problem)
    response = HttpResponse(
        render_to_string("front/problem.html", {"problem": problem, "back": came_from(request)}, request=request),
        status=problem.status,
    )
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    return response


def _toast(request: HttpRequest, problem: Problem) -> HttpResponse:
    """For htmx: the page shows the words as a toast and stays as it is, whatever the request's own target was."""
    html = render_to_string("ui/_problem.html", {"problem": problem}, request=request)
    response = HttpResponse(html, status=problem.status)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"toast": {"tone": "bad", "text": problem_text(problem)[:TOAST_LETTERS]}})
    return response


def problem_text(problem: Problem) -> str:
    """A problem in one paragraph: its title, and what the detail and the fields say."""
    texts = [text for texts in problem.fields.values() for text in texts]
    told = " ".join(dict.fromkeys(str(text) for text in [problem.detail, *texts] if text))
    return f"{problem.title}. {told}".strip()


def came_from(request: HttpRequest) -> str:
    """The page of this site that led here, "" when there is none: a refused form leads back to its page."""
    referer = urlsplit(request.headers.get("Referer", ""))
    back = referer._replace(scheme="", netloc="", fragment="").geturl()
    ours = referer.netloc == request.META.get("HTTP_HOST") and back.startswith("/") and not back.startswith("//")
    return back if ours and back != request.get_full_path() else ""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_page(request, _problem(400, _("The browser sent something that cannot be read. Go back and retry.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_page(request, _problem(403, _("Ask an admin of your team.")))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = _("The address is wrong, the thing is gone, or it belongs to a team you are not in.")
    return problem_page(request, _problem(404, detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: it must not fail itself, so a template that fails is replaced by plain text."""
    reference = secrets.token_hex(4)
    log.error("Failure %s at %s %s", reference, request.method, request.path)
    detail = _("It is in the portal's log as %(reference)s. Going back and trying again may help.")
    problem = _problem(500, detail % {"reference": reference})
    try:
        return problem_page(request, problem)
    except Exception:
        log.exception("The error page itself failed")
        return HttpResponse(f"{problem.title}. {problem.detail}", status=500, content_type="text/plain")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's protection did not match: mostly a page that was open for long, or blocked cookies."""
    log.info("CSRF check failed at %s: %s", request.path, reason)
    problem = Problem(
        _("This form was opened too long ago, or cookies are blocked. Go back, reload the page and send it again."),
        code="form-expired",
        title=_("The form was not accepted"),
    )
    problem.status = 403
    return problem_page(request, problem)


def _problem(status: int, detail: str) -> Problem:
    problem = of_status(status, detail)
    titles = {
        400: _("The request cannot be understood"),
        403: _("Your role does not allow this"),
        404: _("There is no such page"),
        500: _("Something failed in the portal"),
    }
    problem.title = titles[status]
    return problem
