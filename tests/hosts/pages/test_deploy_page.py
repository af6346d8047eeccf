"""The deploy page: prefilled questions, the plan beside them, refusals, and nothing typed is ever lost."""

from typing import Any

import pytest
from django.test import Client

from hosts.models import Application, Deployment, Host, Image, Revision
from portal.people.models import Team, User

from .conftest import WEB


def filled(team: Team, **fields: Any) -> dict[str, Any]:
    """What the form sends for WEB with one published port."""
    usual: dict[str, Any] = {
        "mode": "image",
        "team": team.pk,
        "name": "web",
        "image": WEB,
        "target": "any",
        "restart": "unless-stopped",
        "port_host": ["18080"],
        "port_container": ["8080"],
        "port_protocol": ["tcp"],
        "env_name": ["GREETING"],
        "env_value": ["hello $USER"],
        "volume_source": ["data"],
        "volume_target": ["/data"],
        "volume_mode": ["ro"],
        "memory": "64M",
    }
    return usual | fields


def test_the_form_starts_with_the_image_of_the_address(ready: Host, as_deployer: Client) -> None:
    text = as_deployer.get(f"/deploy/?image={WEB}").content.decode()
    assert f'value="{WEB}"' in text
    assert 'name="name" value="web"' in text
    assert "linux-host" in text


def test_the_sample_image_brings_its_own_port(ready: Host, as_deployer: Client) -> None:
    response = as_deployer.get("/deploy/?image=pierhead/hello:1")
    assert [row.container for row in response.context["rows"].ports] == ["8080"]


def test_a_registry_that_does_not_answer_is_said_and_stops_nothing(ready: Host, as_deployer: Client) -> None:
    response = as_deployer.get(f"/deploy/?image={WEB}")
    assert response.status_code == 200
    assert 'id="image-problem"' in response.content.decode()


def test_a_host_of_the_address_is_ticked(ready: Host, as_deployer: Client) -> None:
    text = as_deployer.get(f"/deploy/?image={WEB}&host={ready.pk}").content.decode()
    assert f'name="hosts" value="{ready.pk}" checked' in text
    assert 'name="target" value="hosts" checked' in text


def test_without_a_host_the_page_says_what_to_do(as_deployer: Client, team: Team) -> None:
    assert "There is no host yet." in as_deployer.get(f"/deploy/?image={WEB}").content.decode()


def test_the_plan_is_shown_as_one_types(ready: Host, as_deployer: Client, team: Team) -> None:
    text = as_deployer.post("/deploy/plan/", filled(team)).content.decode()
    assert "web-app-1" in text
    assert "network web_default" in text
    assert "volume web_data" in text
    assert "18080→8080" in text
    assert 'name="plan_digest"' in text
    assert not Application.objects.exists()


def test_the_plan_says_what_is_missing_first(ready: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post("/deploy/plan/", filled(team, name="", port_container=["x"]))
    assert response.status_code == 200
    text = response.content.decode()
    assert "There is no plan yet" in text
    assert "marked rows" in text


def test_a_taken_port_is_refused_in_the_plan(full_host: Host, as_deployer: Client, team: Team) -> None:
    text = as_deployer.post("/deploy/plan/", filled(team)).content.decode()
    assert "Cannot be deployed as it is" in text
    assert "18080" in text
    assert "shop-app-1" in text


def test_an_unknown_image_is_refused_with_the_reason(ready: Host, as_deployer: Client, team: Team) -> None:
    Image.objects.all().delete()
    text = as_deployer.post("/deploy/plan/", filled(team)).content.decode()
    assert "Cannot be deployed as it is" in text or "does not answer" in text


def test_show_plan_works_without_a_script(ready: Host, as_deployer: Client, team: Team) -> None:
    text = as_deployer.post("/deploy/", {**filled(team), "show": "plan"}).content.decode()
    assert "web-app-1" in text
    assert 'value="hello $USER"' in text
    assert not Application.objects.exists()


def test_deploy_makes_application_revision_and_deployment(ready: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post("/deploy/", filled(team))
    deployment = Deployment.objects.get()
    assert response["Location"] == f"/deployments/{deployment.pk}/"
    revision = deployment.revision
    assert revision.application.name == "web"
    assert revision.targets == {"any": True}
    assert "hello $$USER" in revision.compose
    assert "mem_limit: 64m" in revision.compose
    assert "read_only: true" in revision.compose
    assert deployment.deployment_targets.get().command is not None


def test_htmx_is_sent_to_the_deployment(ready: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post("/deploy/", filled(team), headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"] == f"/deployments/{Deployment.objects.get().pk}/"


def test_a_refusal_leaves_nothing_behind(full_host: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post("/deploy/", filled(team, name="fresh"))
    assert response.status_code == 422
    text = response.content.decode()
    assert "18080" in text
    assert 'value="hello $USER"' in text
    assert not Application.objects.filter(name="fresh").exists()
    assert not Deployment.objects.exists()


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"port_host": ["99999"]}, "99999"),
    ({"port_container": ["eighty"]}, "eighty"),
    ({"env_name": ["A B"]}, "A B"),
    ({"volume_target": ["relative"]}, "relative"),
    ({"memory": "lots"}, "lots"),
    ({"cpus": "-1"}, "-1"),
    ({"name": "Bad Name"}, "Bad Name"),
    ({"command": "echo 'open"}, "echo &#x27;open"),
    ({"image": "UPPER/CASE"}, "UPPER/CASE"),
]


@pytest.mark.parametrize(("fields", "typed"), MALFORMED)
def test_malformed_input_is_named_and_kept(
    fields: dict[str, Any], typed: str, ready: Host, as_deployer: Client, team: Team
) -> None:
    response = as_deployer.post("/deploy/", filled(team, **fields))
    assert response.status_code == 422
    text = response.content.decode()
    assert f'value="{typed}"' in text
    assert 'value="hello $USER"' in text
    assert "errors" in text
    assert not Application.objects.exists()


def test_a_row_is_added_and_removed_without_a_script(ready: Host, as_deployer: Client, team: Team) -> None:
    added = as_deployer.post("/deploy/", {**filled(team, name=""), "add": "port"})
    assert added.status_code == 200
    assert [row.host for row in added.context["rows"].ports] == ["18080", ""]
    assert "needs another look" not in added.content.decode()
    removed = as_deployer.post("/deploy/", {**filled(team), "remove_env": "0"})
    assert removed.context["rows"].environment == []
    assert [row.host for row in removed.context["rows"].ports] == ["18080"]


def test_a_name_that_is_taken_is_said_beside_the_field(
    shop: Application, ready: Host, as_deployer: Client, team: Team
) -> None:
    response = as_deployer.post("/deploy/", filled(team, name="shop"))
    assert response.status_code == 409
    assert "shop" in str(response.context["form"].errors)
    assert Application.objects.count() == 1


def test_hosts_of_others_cannot_be_chosen(ready: Host, as_stranger: Client, other_team: Team) -> None:
    response = as_stranger.post("/deploy/", filled(other_team, target="hosts", hosts=[str(ready.pk)]))
    assert response.status_code == 422
    assert "hosts" in response.context["form"].errors


def test_a_viewer_may_not_deploy(ready: Host, as_viewer: Client, team: Team) -> None:
    assert as_viewer.get(f"/deploy/?image={WEB}").status_code == 403
    assert as_viewer.post("/deploy/", filled(team)).status_code == 403
    assert as_viewer.post("/deploy/plan/", filled(team)).status_code == 403


def test_another_teams_application_is_not_there(shop: Application, as_stranger: Client) -> None:
    assert as_stranger.get(f"/deploy/?application={shop.pk}").status_code == 404
    assert as_stranger.get("/deploy/?application=nonsense").status_code == 404


def test_fields_become_compose_text(ready: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post("/deploy/", {**filled(team), "to": "compose"})
    text = response.content.decode()
    assert '<input type="hidden" name="mode" value="compose">' in text
    assert f"image: {WEB}" in text
    assert "hello $$USER" in text
    assert 'value="web"' in text


COMPOSE = {"mode": "compose", "name": "web", "target": "any", "values": "TAG=1"}


def test_compose_text_is_deployed(ready: Host, as_deployer: Client, team: Team) -> None:
    text = "services:\n  web:\n    image: pierhead/web:${TAG}\n"
    response = as_deployer.post("/deploy/", {**COMPOSE, "team": team.pk, "compose": text})
    assert response.status_code == 302
    revision = Revision.objects.get()
    assert revision.compose == text
    assert revision.values == {"TAG": "1"}


def test_compose_errors_have_line_and_column(ready: Host, as_deployer: Client, team: Team) -> None:
    text = "services:\n  web:\n    image: x:1\n    bogus: true\n"
    response = as_deployer.post("/deploy/", {**COMPOSE, "team": team.pk, "compose": text})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Line 4, column" in page
    assert "services.web.bogus" in page
    assert "bogus: true" in page


def test_an_application_opens_in_the_form_it_can_be_said_in(shop: Application, as_deployer: Client) -> None:
    response = as_deployer.get(f"/deploy/?application={shop.pk}")
    assert response.context["mode"] == "image"
    assert [(row.host, row.container) for row in response.context["rows"].ports] == [("18080", "8080")]
    Revision.objects.update(compose="services:\n  a:\n    image: x:1\n  b:\n    image: y:1\n")
    assert as_deployer.get(f"/deploy/?application={shop.pk}").context["mode"] == "compose"


def test_a_change_makes_the_next_revision(shop: Application, ready: Host, as_deployer: Client, team: Team) -> None:
    response = as_deployer.post(f"/deploy/?application={shop.pk}", filled(team, name="ignored", port_host=["18081"]))
    assert response.status_code == 302, response.context["form"].errors
    newest = shop.revisions.order_by("-number").first()
    assert newest is not None
    assert newest.number == 2
    assert "18081" in newest.compose
    assert Application.objects.get().name == "shop"


def test_a_plan_that_replaces_something_is_shown_again_when_it_changed(
    shop: Application, full_host: Host, as_deployer: Client, team: Team
) -> None:
    body = {**filled(team, port_host=["18081"]), "plan_digest": "sha256:another"}
    response = as_deployer.post(f"/deploy/?application={shop.pk}", body)
    assert response.status_code == 409
    text = response.content.decode()
    assert "The plan has changed since you saw it." in text
    assert shop.revisions.count() == 1


def test_a_superuser_chooses_among_all_teams(client: Client, superuser: User, ready: Host, other_team: Team) -> None:
    client.force_login(superuser)
    text = client.get(f"/deploy/?image={WEB}").content.decode()
    assert "Harbour" in text
    assert "Lighthouse" in text


def test_deploying_needs_the_token_of_the_form(ready: Host, deployer: User, team: Team) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(deployer)
    assert client.post("/deploy/", filled(team)).status_code == 403
    assert not Application.objects.exists()
