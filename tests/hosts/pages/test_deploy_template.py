"""Deploying a template of the gallery: it asks its parameters, and keeps them for the next change."""

import pytest
from django.test import Client

from hosts.models import Host, Revision
from portal.people.models import Team


def test_a_template_asks_its_parameters(ready: Host, as_deployer: Client) -> None:
    text = as_deployer.get("/deploy/?template=hello").content.decode()
    assert "Port on the host" in text
    assert 'name="param_GREETING" value="It runs."' in text


def test_a_template_is_deployed_with_its_values(ready: Host, as_deployer: Client, team: Team) -> None:
    body = {
        "mode": "template",
        "team": team.pk,
        "name": "hello",
        "target": "any",
        "param_PORT": "18099",
        "param_GREETING": "Ahoy",
    }
    response = as_deployer.post("/deploy/?template=hello", body)
    assert response.status_code == 302, response.content.decode()
    revision = Revision.objects.get()
    assert revision.template == "hello"
    assert revision.values == {"PORT": "18099", "GREETING": "Ahoy"}
    again = as_deployer.get(f"/deploy/?application={revision.application_id}").content.decode()
    assert 'name="param_GREETING" value="Ahoy"' in again


@pytest.mark.parametrize("port", ["", "99999", "http"])
def test_a_parameter_that_makes_no_sense_is_named(port: str, ready: Host, as_deployer: Client, team: Team) -> None:
    body = {"mode": "template", "team": team.pk, "name": "hello", "target": "any", "param_PORT": port}
    response = as_deployer.post("/deploy/?template=hello", body)
    assert response.status_code == 422
    assert "param_PORT" in response.context["form"].errors


def test_an_unknown_template_is_not_found(as_deployer: Client) -> None:
    assert as_deployer.get("/deploy/?template=nonsense").status_code == 404
