"""Publishing an image of a host: who may, as whom, where to, and what the page and the API say."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from engine_agent.protocol.bodies import ImagePush
from engine_agent.protocol.messages import CommandFinished, CommandProgress, CommandSend, StepReport
from gallery.models import RegistryAccount
from gallery.selectors.registries import PURPOSE
from hosts.models import Command, Host, Image
from hosts.services.commands import command_create, commands_due
from hosts.services.policies import policy_change
from hosts.services.progress import command_finished, command_progress
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.people.secrets import seal
from tests.people import ApiClient

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
ApiOf = Callable[[User | None], ApiClient]
IMAGE_ID = "sha256:" + "b" * 64
DIGEST = "sha256:" + "d" * 64


@pytest.fixture
def image(linux_host: Host) -> Image:
    """web:1 on the host."""
    return Image.objects.create(
        host=linux_host, image_id=IMAGE_ID, tags=["web:1"], size=5, observed_at=timezone.now(), created=timezone.now()
    )


@pytest.fixture
def page(image: Image) -> str:
    return f"/hosts/{image.host_id}/images/{image.image_id}/publish/"


def account(team: Team, host: str, namespaces: list[str] | None = None) -> None:
    RegistryAccount.objects.create(
        team=team, host=host, username="robot", sealed=seal(b"s3cret", purpose=PURPOSE), namespaces=namespaces or []
    )


def sent(host: Host) -> ImagePush:
    """What the agent is sent."""
    [message] = commands_due(host_id=host.pk, everything=True)
    assert isinstance(message, CommandSend)
    assert isinstance(message.body, ImagePush)
    return message.body


def test_a_deployer_publishes_and_follows_it(image: Image, page: str, deployer: User, client_of: ClientOf) -> None:
    client, host = client_of(deployer), image.host
    assert "Publish" in client.get(f"/hosts/{host.pk}/images/").content.decode()
    assert "no account at a registry" in client.get(page).content.decode()
    answer = client.post(page, {"source": "web:1", "reference": "r.test:5000/team/web:1"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    command = Command.objects.get()
    assert command.summary == "Publish web:1 as r.test:5000/team/web:1"
    step = StepReport("push:aaa", "aaa", "running", parent="push", detail="Pushing", current=500, total=1000)
    command_progress(host_id=host.pk, progress=CommandProgress(str(command.pk), 1, (step,)), now=timezone.now())
    live = client.get(f"/hosts/{host.pk}/images/published/").content.decode()
    assert "aaa Pushing" in live
    result = {"reference": "r.test:5000/team/web:1", "digest": DIGEST, "size": 528}
    command_finished(
        host_id=host.pk, finished=CommandFinished(str(command.pk), "succeeded", result=result), now=timezone.now()
    )
    assert DIGEST in client.get(page).content.decode()
    entry = AuditEntry.objects.get(action="image.publish")
    assert entry.detail["reference"] == "r.test:5000/team/web:1"


def test_it_is_sent_as_the_teams_account_and_kept_without(image: Image, api_of: ApiOf, deployer: User) -> None:
    account(image.host.team, "r.test:5000")
    path = f"hosts/{image.host_id}/images/{IMAGE_ID}/push"
    assert api_of(deployer).post(path, {"reference": "r.test:5000/team/web:1"}).status_code == 202
    body = sent(image.host)
    assert body.auth is not None
    assert (body.source, body.auth.registry, body.auth.username, body.auth.password) == (
        IMAGE_ID, "r.test:5000", "robot", "s3cret",
    )  # fmt: skip
    assert b"s3cret" not in bytes(Command.objects.get().body)
    assert "s3cret" not in str(AuditEntry.objects.values_list("detail", flat=True))


@pytest.mark.parametrize(("reference", "signed"), [("acme/web:1", True), ("others/web:1", False)])
def test_at_docker_hub_the_namespace_decides(
    image: Image, api_of: ApiOf, deployer: User, reference: str, signed: bool
) -> None:
    account(image.host.team, "docker.io", ["acme"])
    api_of(deployer).post(f"hosts/{image.host_id}/images/{IMAGE_ID}/push", {"reference": reference})
    assert (sent(image.host).auth is not None) is signed


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "empty"),
        ("r.test/Web:1", "lower case"),
        ("https://r.test/web:1", "web address"),
        ("nginx:1", "official images"),
        (f"r.test/web@{DIGEST}", "name a tag"),
    ],
)
def test_what_is_no_place_is_said(
    image: Image, page: str, api_of: ApiOf, deployer: User, client_of: ClientOf, reference: str, words: str
) -> None:
    answer = api_of(deployer).post(f"hosts/{image.host_id}/images/{IMAGE_ID}/push", {"reference": reference})
    assert answer.status_code == 422
    assert words in json.loads(answer.content)["errors"]["reference"][0]
    form = client_of(deployer).post(page, {"reference": reference})
    assert form.status_code == 422
    assert not Command.objects.exists()


def test_a_tag_that_it_has_not(image: Image, api_of: ApiOf, deployer: User) -> None:
    body = {"reference": "r.test/web:1", "source": "other:1"}
    assert api_of(deployer).post(f"hosts/{image.host_id}/images/{IMAGE_ID}/push", body).status_code == 404


def test_a_policy_that_names_registries_holds(image: Image, api_of: ApiOf, deployer: User, team: Team) -> None:
    policy_change(team=team, options={"registries": ["r.test"]}, actor=portal_actor())
    path = f"hosts/{image.host_id}/images/{IMAGE_ID}/push"
    refused = api_of(deployer).post(path, {"reference": "elsewhere.test/web:1"})
    assert refused.status_code == 403
    assert "elsewhere.test" in json.loads(refused.content)["detail"]
    assert AuditEntry.objects.filter(action="image.publish", result="denied").exists()
    assert api_of(deployer).post(path, {"reference": "r.test/web:1"}).status_code == 202


def test_a_viewer_may_not_and_a_stranger_finds_nothing(
    image: Image, page: str, viewer: User, stranger: User, client_of: ClientOf
) -> None:
    assert client_of(viewer).post(page, {"reference": "r.test/web:1"}).status_code == 403
    assert "/publish/" not in client_of(viewer).get(f"/hosts/{image.host_id}/images/").content.decode()
    assert client_of(stranger).get(page).status_code == 404


def test_an_older_agent_is_not_asked(image: Image) -> None:
    command_create(host=image.host, body=ImagePush("web:1", "r.test/web:1"), summary="Publish", actor=portal_actor())
    assert commands_due(host_id=image.host_id, everything=True, features=("upkeep",)) == []
    assert "too old" in Command.objects.get().error
