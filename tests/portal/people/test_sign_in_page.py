"""The sign-in page: who gets in, where they land, and what it does not give away."""

from collections.abc import Callable
from time import perf_counter

import pytest
from django.test import Client

from portal.people.attempts import PER_USER_AND_ADDRESS
from portal.people.hashers import ModestArgon2
from portal.people.models import AuditEntry, User
from tests.people import PASSWORD


def sign_in(client: Client, username: str = "viewer", password: str = PASSWORD, **more: str) -> tuple[int, str]:
    answer = client.post("/sign-in/", {"username": username, "password": password, **more})
    return answer.status_code, answer.headers.get("Location", "")


def test_the_right_password_lets_in(viewer: User) -> None:
    client = Client()
    assert client.get("/sign-in/").status_code == 200
    assert sign_in(client) == (302, "/")
    assert client.get("/account/").status_code == 200
    row = AuditEntry.objects.get(action="user.sign-in")
    assert (row.actor, row.result, row.address) == (viewer, "done", "127.0.0.1")


def test_a_session_from_before_is_not_carried_on(viewer: User) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("username", "password"), [("viewer", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("linked", "")]
)
def test_every_failure_reads_the_same(viewer: User, admin: User, deployer: User, username: str, password: str) -> None:
    User.objects.filter(pk=admin.pk).update(username="off", is_active=False)
    User.objects.filter(pk=deployer.pk).update(username="linked", password="!unusable")
    page = Client().post("/sign-in/", {"username": username, "password": password or "x"})
    assert page.status_code == 422
    assert "The name or the password is wrong" in page.content.decode()
    assert AuditEntry.objects.get().result == "failed"


def test_a_wrong_name_takes_as_long_as_a_wrong_password(viewer: User, settings: object) -> None:
    settings.PASSWORD_HASHERS = ["portal.people.hashers.ModestArgon2"]  # type: ignore[attr-defined]
    hasher = ModestArgon2()
    User.objects.update(password=hasher.encode(PASSWORD, hasher.salt()))

    def seconds(username: str) -> float:
        start = perf_counter()
        sign_in(Client(), username, "wrong")
        return perf_counter() - start

    seconds("viewer")
    known, unknown = min(seconds("viewer") for _ in range(2)), min(seconds(f"nobody-{n}") for n in range(2))
    assert unknown > known / 3


def test_after_some_failures_even_the_right_password_waits(viewer: User) -> None:
    client = Client()
    for _ in range(PER_USER_AND_ADDRESS):
        assert sign_in(client, password="wrong")[0] == 422
    page = client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    assert page.status_code == 429
    assert "Wait 5 minutes" in page.content.decode()


@pytest.mark.parametrize("wanted", ["/hosts/?state=online", "/team/harbour/"])
def test_one_lands_where_one_wanted_to_go(viewer: User, wanted: str) -> None:
    client = Client()
    page = client.get("/sign-in/", {"next": wanted})
    assert f'name="next" value="{wanted}"' in page.content.decode()
    assert sign_in(client, next=wanted) == (302, wanted)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\x08//evil.example",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(viewer: User, elsewhere: str) -> None:
    client = Client()
    assert "evil" not in client.get("/sign-in/", {"next": elsewhere}).content.decode()
    assert sign_in(client, next=elsewhere) == (302, "/")


def test_who_is_in_is_not_asked_again(viewer: User, client_of: Callable[[User | None], Client]) -> None:
    answer = client_of(viewer).get("/sign-in/", {"next": "/activity/"})
    assert (answer.status_code, answer["Location"]) == (302, "/activity/")


def test_empty_fields_are_named(db: None) -> None:
    page = Client().post("/sign-in/", {})
    assert page.status_code == 422
    assert page.content.decode().count("This field is required.") == 2


def test_the_form_needs_its_token_and_says_so(viewer: User) -> None:
    page = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    assert page.status_code == 403
    assert "reload the page and send it again" in page.content.decode()


def test_a_page_asked_for_without_sign_in_leads_there_and_back(viewer: User) -> None:
    client = Client()
    answer = client.get("/activity/?result=denied")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Factivity%2F%3Fresult%3Ddenied")


def test_signing_out_ends_the_session(viewer: User, client_of: Callable[[User | None], Client]) -> None:
    client = client_of(viewer)
    answer = client.post("/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert client.get("/account/").status_code == 302
    assert AuditEntry.objects.get().action == "user.sign-out"


def test_a_link_in_another_page_signs_nobody_out(viewer: User, client_of: Callable[[User | None], Client]) -> None:
    client = client_of(viewer)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/account/").status_code == 200
