"""The list of teams and the page of one: what each role sees there, and what its forms do."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.people.models import Membership, Role, Team, User
from tests.people import make_token

ClientOf = Callable[[User | None], Client]


def text_of(client: Client, path: str = "/team/harbour/") -> str:
    return client.get(path).content.decode()


def test_a_viewer_sees_the_members_and_no_forms_but_their_own_way_out(
    viewer: User, admin: User, client_of: ClientOf
) -> None:
    page = text_of(client_of(viewer))
    assert "Your role here is Viewer." in page
    assert "Leave Harbour?" in page
    for words in ("Add a member", "Remove admin?", "API tokens", "/role/"):
        assert words not in page


def test_an_admin_sees_the_forms_and_every_token_of_the_team(
    viewer: User, admin: User, team: Team, client_of: ClientOf
) -> None:
    make_token(viewer, team, Role.VIEWER)
    page = text_of(client_of(admin))
    for words in ("Add a member", "Remove viewer?", "Role of viewer", "Revoke test?"):
        assert words in page


def test_adding_a_newcomer_gives_a_link_to_hand_over(admin: User, client_of: ClientOf) -> None:
    client = client_of(admin)
    form = {"username": "mara", "name": "Mara Holm", "role": "deployer"}
    page = client.post("/team/harbour/members/", form, follow=True).content.decode()
    assert "Mara Holm is in the team now." in page
    link = re.search(r"<pre>http://testserver(/sign-in/link/[\w-]+/)</pre>", page)
    assert link
    assert link[1] not in text_of(client)
    newcomer = Client()
    assert newcomer.post(link[1])["Location"] == "/"
    assert "You sign in as mara." in text_of(newcomer, "/account/")
    assert Membership.objects.get(user__username="mara").role == Role.DEPLOYER


def test_adding_somebody_known_gives_none(admin: User, stranger: User, client_of: ClientOf) -> None:
    answer = client_of(admin).post("/team/harbour/members/", {"username": "stranger", "role": "viewer"}, follow=True)
    assert "/sign-in/link/" not in answer.content.decode()
    assert Membership.objects.filter(user=stranger).count() == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"username": "", "role": "viewer"}, "This field is required."),
        ({"username": "two words", "role": "viewer"}, "Enter a valid username."),
        ({"username": "viewer", "role": "viewer"}, "is a member of this team already"),
        ({"username": "VIEWER", "role": "viewer"}, "There is already a user with this name."),
        ({"username": "mara", "role": "king"}, "Select a valid choice."),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(
    admin: User, viewer: User, client_of: ClientOf, form: dict[str, str], words: str
) -> None:
    answer = client_of(admin).post("/team/harbour/members/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    if form["username"]:
        assert f'value="{form["username"]}"' in page


def test_a_viewer_who_posts_anyway_is_refused_even_with_a_malformed_form(viewer: User, client_of: ClientOf) -> None:
    for form in ({"username": "mara", "role": "viewer"}, {}):
        answer = client_of(viewer).post("/team/harbour/members/", form)
        assert answer.status_code == 403
        assert "This needs the role Admin; you are Viewer." in answer.content.decode()


def test_a_role_is_changed_from_the_list(admin: User, viewer: User, client_of: ClientOf) -> None:
    answer = client_of(admin).post("/team/harbour/members/viewer/role/", {"role": "deployer"}, follow=True)
    assert "viewer has the role Deployer now." in answer.content.decode()
    assert Membership.objects.get(user=viewer).role == Role.DEPLOYER


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(
    admin: User, viewer: User, client_of: ClientOf
) -> None:
    answer = client_of(admin).post("/team/harbour/members/viewer/role/", {"role": "king"})
    assert answer.status_code == 422
    assert "Choose one of: viewer, deployer, admin." in answer.content.decode()


def test_the_last_admin_is_told_why_not(admin: User, client_of: ClientOf) -> None:
    answer = client_of(admin).post(
        "/team/harbour/members/admin/remove/", headers={"Referer": "http://testserver/team/harbour/"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Make somebody else admin first." in page
    assert 'href="/team/harbour/"' in page


def test_who_leaves_lands_on_the_list_of_teams(viewer: User, admin: User, client_of: ClientOf) -> None:
    answer = client_of(viewer).post("/team/harbour/members/viewer/remove/")
    assert (answer.status_code, answer["Location"]) == (302, "/teams/")


def test_names_with_signs_work_in_addresses(admin: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(admin)
    client.post("/team/harbour/members/", {"username": "m.holm+x@example.org", "role": "viewer"})
    action = re.search(r'action="(/team/harbour/members/[^"]*holm[^"]*/role/)"', text_of(client))
    assert action
    assert client.post(action[1], {"role": "deployer"}).status_code == 302


def test_names_are_shown_and_never_run(admin: User, team: Team, client_of: ClientOf) -> None:
    User.objects.filter(pk=admin.pk).update(first_name="<script>alert(1)</script>")
    page = text_of(client_of(admin))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_the_list_shows_ones_own_teams(viewer: User, other_team: Team, client_of: ClientOf) -> None:
    page = text_of(client_of(viewer), "/teams/")
    assert "Harbour" in page
    assert "Lighthouse" not in page
    assert "New team" not in page


def test_an_administrator_makes_a_team_there(superuser: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(superuser)
    assert "New team" in text_of(client, "/teams/")
    answer = client.post("/teams/", {"name": "Night shift"})
    assert answer["Location"] == "/team/night-shift/"
    taken = client.post("/teams/", {"name": "Harbour"})
    assert taken.status_code == 422
    assert "There is already a team with this name." in taken.content.decode()
    assert client.post("/teams/", {"name": ""}).status_code == 422


def test_no_more_reads_for_more_members(
    admin: User, team: Team, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(admin)
    for number in range(12):
        user = User.objects.create(username=f"user-{number}")
        Membership.objects.create(user=user, team=team, role=Role.VIEWER)
    User.objects.filter(username__startswith="user-").update(password="!none")
    with django_assert_max_num_queries(12):
        client.get("/team/harbour/")
