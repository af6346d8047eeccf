"""The public paths of applications, plans and deployments, as scripts use them."""

from typing import Any

import pytest
from django.utils import timezone

from hosts.models import Command, Host
from hosts.services.applications import application_create
from hosts.services.deployments import deployment_start
from portal.people.access import portal_actor
from portal.people.models import User
from tests.hosts.answers import Api, answer
from tests.hosts.resolving import resolve
from tests.people import ApiClient

COMPOSE = """
services:
  web:
    image: ${IMAGE:-nginx:1}
    ports: ["8080:80"]
"""


def create(client: ApiClient, **changes: Any) -> Any:
    body = {"name": "shop", "compose": COMPOSE, "targets": {"any": True}} | changes
    return answer(client.post("applications", body), 201)


def test_an_application_from_compose_text(deployer: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(deployer)
    made = create(client, team="Harbour", values={"IMAGE": "nginx:1"})
    assert (made["name"], made["team"], made["state"]) == ("shop", "harbour", "never-deployed")
    assert made["revision"]["number"] == 1
    assert made["revision"]["values"] == {"IMAGE": "nginx:1"}
    assert made["revision"]["compose"] == COMPOSE
    [listed] = answer(client.get("applications"))["items"]
    assert (listed["id"], listed["sentence"]) == (made["id"], "It has never been deployed.")


def test_an_application_from_one_service(deployer: User, linux_host: Host, api_of: Api) -> None:
    made = create(api_of(deployer), compose=None, service={"image": "nginx:1", "ports": ["80:80"]})
    assert "image: nginx:1" in made["revision"]["compose"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"compose": None}, "compose"),
        ({"service": {"image": "x"}}, "compose"),
        ({"compose": "services: ["}, "compose"),
        ({"compose": "services: {web: {image: nginx, colour: red}}"}, "compose"),
        ({"targets": {}}, "targets"),
        ({"targets": {"hosts": []}}, "targets"),
        ({"targets": {"any": True, "labels": {"a": "b"}}}, "targets"),
        ({"targets": {"labels": {"BAD KEY": "b"}}}, "labels"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    deployer: User, linux_host: Host, api_of: Api, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "shop", "compose": COMPOSE} | changes
    problem = answer(api_of(deployer).post("applications", body), 422)
    assert field in problem["errors"]


def test_compose_errors_have_line_and_column(deployer: User, linux_host: Host, api_of: Api) -> None:
    body = {"name": "shop", "compose": "services:\n  web:\n    image: nginx\n    colour: red\n"}
    problem = answer(api_of(deployer).post("applications", body), 422)
    assert "line 4" in problem["errors"]["compose"][0]


def test_a_name_is_taken_once_per_team(deployer: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(deployer)
    create(client)
    problem = answer(client.post("applications", {"name": "shop", "compose": COMPOSE}), 409)
    assert problem["code"] == "name-taken"


def test_a_change_is_a_new_revision(deployer: User, viewer: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(deployer)
    made = create(client)
    changed = answer(client.patch(f"applications/{made['id']}", {"values": {"IMAGE": "nginx:1", "DEBUG": True}}))
    assert changed["revision"]["number"] == 2
    assert changed["revision"]["compose"] == COMPOSE
    assert changed["revision"]["values"] == {"IMAGE": "nginx:1", "DEBUG": "true"}
    assert [revision["number"] for revision in changed["revisions"]] == [2, 1]
    seen = answer(api_of(viewer).get(f"applications/{made['id']}"))
    assert set(seen["revision"]["values"].values()) == {"••••••"}


def test_a_refused_plan_names_every_reason(deployer: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(deployer)
    made = create(client, compose="services: {web: {image: nginx, mem_limit: 99g}}")
    problem = answer(client.post(f"applications/{made['id']}/plan"), 422)
    assert {refusal["service"] for refusal in problem["refusals"]} == {"web"}
    assert problem["errors"]["web"]


def test_from_plan_to_deployment(deployer: User, linux_host: Host, api_of: Api) -> None:
    linux_host.images.create(image_id="sha256:1", tags=["own:1"], observed_at=timezone.now())
    client = api_of(deployer)
    made = create(client, compose=None, service={"image": "own:1"}, targets={"hosts": [str(linux_host.pk)]})
    path = f"applications/{made['id']}"
    plan = answer(client.post(f"{path}/plan"))
    assert plan["hosts"][0]["containers"][0]["action"] == "create"
    assert answer(client.post(f"{path}/deployments", {"plan_digest": "sha256:0"}), 409)["code"] == "plan-changed"
    body = {"revision": 1, "plan_digest": plan["digest"]}
    started = answer(client.post(f"{path}/deployments", body), 202)
    assert (started["state"], started["revision"]) == ("queued", 1)
    full = answer(client.get(f"deployments/{started['id']}"))
    assert full["hosts"][0]["host_name"] == "linux-host"
    assert full["hosts"][0]["command"] == str(Command.objects.get().pk)
    assert full["events"][0]["text"].endswith("deploys revision 1 of shop.")
    assert full["plan"]["digest"] == plan["digest"]
    assert answer(client.post(f"{path}/deployments"), 409)["code"] == "deployment-running"
    assert answer(client.get(path))["state"] == "deploying"
    assert answer(client.post(f"deployments/{started['id']}/cancel"), 202)["state"] == "cancelled"
    assert answer(client.post(f"{path}/deployments", {"revision": 7}), 404)["code"] == "revision-not-found"
    assert answer(client.post(f"{path}/rollback"), 404)["code"] == "nothing-to-roll-back-to"
    assert [one["state"] for one in answer(client.get(f"deployments?application={made['id']}"))["items"]] == [
        "cancelled"
    ]


def test_removing_an_application(deployer: User, linux_host: Host, api_of: Api) -> None:
    client = api_of(deployer)
    made = create(client)
    assert answer(client.delete(f"applications/{made['id']}"), 202) == {"commands": []}
    answer(client.get(f"applications/{made['id']}"), 404)


def test_a_queue_for_a_host_that_went_away_is_seen_and_cancelled(deployer: User, linux_host: Host, api_of: Api) -> None:
    revision = application_create(
        team=linux_host.team, name="shop", actor=portal_actor(), service={"image": "nginx:1"}
    )[1]
    deployment = deployment_start(revision=revision, actor=portal_actor(), resolve=resolve)
    Host.objects.update(link="")
    client = api_of(deployer)
    [command] = answer(client.get(f"commands?host={linux_host.pk}&open=true"))["items"]
    assert "linux-host is offline" in command["waiting"]
    full = answer(client.get(f"deployments/{deployment.pk}"))
    assert full["hosts"][0]["waiting"] == full["next"] == "linux-host is offline; it starts when the host is back."
    assert answer(client.post(f"commands/{command['id']}/cancel"), 202)["state"] == "cancelled"
    assert answer(client.post(f"commands/{command['id']}/cancel"), 409)["code"] == "command-ended"
    assert answer(client.get(f"deployments/{deployment.pk}"))["state"] == "cancelled"
