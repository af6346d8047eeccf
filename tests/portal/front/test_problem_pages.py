"""A problem as a page, as a toast, as problem details; and the error pages of Django in our own words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from portal.api.root import api
from portal.front.errors import came_from, problem_text
from portal.people.models import AuditEntry, User
from portal.people.requests import actor_of
from portal.problems import Invalid, NotAllowed, NotFound, Problem, Refused, SignInNeeded, TooMany, Unavailable

ClientOf = Callable[[User | None], Client]

PROBLEMS: dict[str, Problem | Exception] = {
    "invalid": Invalid("Look again.", fields={"name": ["Too short."]}),
    "refused": Refused("Port 80 is taken on pier-1. Choose another.", title="This port is taken"),
    "not-allowed": NotAllowed("This needs the role Admin."),
    "not-found": NotFound("It is gone."),
    "too-many": TooMany("Wait.", retry_after=30),
    "unavailable": Unavailable("Docker Hub did not answer."),
    "sign-in": SignInNeeded("Sign in."),
    "broken": RuntimeError("secret detail"),
}


def fails(request: HttpRequest, name: str) -> HttpResponse:
    raise PROBLEMS[name]


def needs_actor(request: HttpRequest) -> HttpResponse:
    actor_of(request)
    return HttpResponse("in")


urlpatterns = [
    path("fails/<str:name>/", fails),
    path("needs/", needs_actor),
    path("api/v1/fails/<str:name>/", fails),
    path("api/v1/", api.urls),
    *(path("", include(room)) for room in ("portal.front.urls", "portal.people.urls")),
]

handler400 = "portal.front.errors.bad_request"
handler403 = "portal.front.errors.permission_denied"
handler404 = "portal.front.errors.page_not_found"
handler500 = "portal.front.errors.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client(viewer: User, client_of: ClientOf) -> Client:
    signed_in = client_of(viewer)
    signed_in.raise_request_exception = False
    return signed_in


STATUSES = [
    ("invalid", 422),
    ("refused", 422),
    ("not-allowed", 403),
    ("not-found", 404),
    ("too-many", 429),
    ("unavailable", 503),
]


@pytest.mark.parametrize(("name", "status"), STATUSES)
def test_a_page_tells_what_happened_and_leads_on(client: Client, name: str, status: int) -> None:
    answer = client.get(f"/fails/{name}/")
    page = answer.content.decode()
    problem = PROBLEMS[name]
    assert isinstance(problem, Problem)
    assert answer.status_code == status
    for words in (problem.title, problem.detail, *[text for texts in problem.fields.values() for text in texts]):
        assert words in page
    assert 'class="shell"' in page
    assert 'href="/"' in page


def test_who_is_not_signed_in_gets_the_page_without_the_shell(db: None) -> None:
    page = Client().get("/fails/not-found/").content.decode()
    assert "It is gone." in page
    assert 'class="shell"' not in page


def test_a_limit_says_when_to_come_back(client: Client) -> None:
    assert client.get("/fails/too-many/")["Retry-After"] == "30"


@pytest.mark.parametrize(("name", "status"), STATUSES)
def test_htmx_gets_a_toast_and_swaps_nothing(client: Client, name: str, status: int) -> None:
    answer = client.get(f"/fails/{name}/", headers={"HX-Request": "true"})
    assert answer.status_code == status
    assert answer["HX-Reswap"] == "none"
    toast = json.loads(answer["HX-Trigger"])["toast"]
    problem = PROBLEMS[name]
    assert toast["tone"] == "bad"
    assert str(problem) in toast["text"]
    assert "<html" not in answer.content.decode()


def test_a_toast_is_short_and_travels_in_a_header(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROBLEMS, "long", Refused("ö" * 5_000))
    answer = client.get("/fails/long/", headers={"HX-Request": "true"})
    assert answer["HX-Trigger"].isascii()
    assert len(json.loads(answer["HX-Trigger"])["toast"]["text"]) == 600


@pytest.mark.parametrize(("name", "status"), [*STATUSES, ("sign-in", 401)])
def test_the_api_gets_problem_details_outside_of_ninja_too(client: Client, name: str, status: int) -> None:
    answer = client.get(f"/api/v1/fails/{name}/", headers={"HX-Request": "true"})
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:pierhead:problem:{answer.json()['code']}"


def test_a_page_that_needs_signing_in_leads_there_and_back(db: None) -> None:
    answer = Client().get("/needs/?tab=images")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fneeds%2F%3Ftab%3Dimages")
    assert Client().post("/needs/")["Location"] == "/sign-in/?next=%2F"


def test_htmx_leaves_the_page_for_signing_in_and_comes_back_to_the_page(db: None) -> None:
    answer = Client().get(
        "/needs/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/hosts/?state=online"}
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fhosts%2F%3Fstate%3Donline"


def test_a_refused_write_is_audited_and_a_refused_read_is_not(client: Client, viewer: User) -> None:
    client.get("/fails/not-allowed/")
    assert not AuditEntry.objects.exists()
    client.post("/fails/not-allowed/")
    row = AuditEntry.objects.get()
    assert (row.result, row.actor, row.detail) == ("denied", viewer, {"reason": "This needs the role Admin."})


def test_a_refusal_of_somebody_unknown_is_only_answered(db: None) -> None:
    assert Client().post("/fails/not-allowed/").status_code == 403
    assert not AuditEntry.objects.exists()


@pytest.fixture(autouse=True)
def _fresh_problem() -> None:
    """A raised problem is marked as audited: each test needs its own."""
    PROBLEMS["not-allowed"] = NotAllowed("This needs the role Admin.")


def test_a_failure_tells_a_reference_and_no_detail(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/fails/broken/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something failed in the portal" in page
    assert "secret detail" not in page
    reference = page.split("log as ")[1][:8]
    assert reference in caplog.text


def test_a_failure_of_the_api_is_problem_details(client: Client) -> None:
    answer = client.get("/api/v1/fails/broken/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret detail" not in answer.content.decode()


def test_a_failure_while_failing_is_still_answered(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> str:
        raise RuntimeError("templates are gone")

    monkeypatch.setattr("portal.front.errors.render_to_string", broken)
    answer = client.get("/fails/broken/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain")
    assert "Something failed in the portal" in answer.content.decode()


def test_an_unknown_address_is_a_page_of_ours(client: Client) -> None:
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=2)
def test_a_request_that_is_too_odd_is_a_page_of_ours(client: Client) -> None:
    answer = client.post("/account/password/", {str(number): "x" for number in range(5)})
    assert answer.status_code == 400
    assert "The request cannot be understood" in answer.content.decode()


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/hosts/?state=online#x", "/hosts/?state=online"),
        ("http://testserver//evil.example/", ""),
        ("http://evil.example/hosts/", ""),
        ("http://testserver/here/", ""),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_the_way_back_is_a_page_of_this_site(rf: Any, referer: str, back: str) -> None:
    request = rf.get("/here/", headers={"Referer": referer, "Host": "testserver"})
    assert came_from(request) == back


def test_the_words_of_a_problem_are_not_said_twice() -> None:
    problem = Invalid("Too short.", title="No", fields={"name": ["Too short."], "role": ["Unknown."]})
    assert problem_text(problem) == "No. Too short. Unknown."
    assert problem_text(NotFound()) == "There is no such thing here."
