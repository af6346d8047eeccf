"""Pulls with the team's accounts: the secret goes over the wire to the host, and is stored and shown nowhere else."""

from dataclasses import dataclass, field

import pytest
from pytest_django.fixtures import Settings

from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import BuildContext, Deploy, ImageSpec, Prepare, RemoveProject
from engine_agent.protocol.messages import CommandSend
from engine_agent.protocol.swarm import StackDeploy, SwarmObject
from gallery.images import ResolvedImage
from gallery.models import RegistryAccount
from gallery.selectors.registries import PURPOSE, accesses_for_images
from gallery.sources import Access
from hosts.models import Command, Host
from hosts.services.commands import command_create, commands_due
from hosts.services.plans import project_of
from hosts.services.pull_access import with_pull_access
from hosts.services.resolving import images_resolve
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Team
from portal.people.secrets import seal
from tests.hosts.shapes import DIGEST, manifests

pytestmark = pytest.mark.django_db
SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def hub_is_the_default(settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry-1.docker.io"


@pytest.fixture
def accounts(team: Team) -> Team:
    """One at a registry, one at Docker Hub."""
    for host, namespaces in (("r.test:5000", []), ("docker.io", ["acme"])):
        RegistryAccount.objects.create(
            team=team,
            host=host,
            username="robot",
            sealed=seal(SECRET.encode(), purpose=PURPOSE),
            namespaces=namespaces,
        )
    return team


def deploy(*images: ImageSpec) -> Deploy:
    return Deploy(project="shop", images=images, networks=(), volumes=(), containers=())


def test_the_account_of_the_registry_is_given(accounts: Team) -> None:
    body = with_pull_access(
        deploy(ImageSpec("r.test:5000/team/app:1"), ImageSpec("other.test/app:1"), ImageSpec("nginx:1")),
        team=accounts.pk,
    )
    assert isinstance(body, Deploy)
    assert [image.auth for image in body.images] == [
        RegistryAuth("r.test:5000", "robot", SECRET),
        None,
        RegistryAuth("https://index.docker.io/v1/", "robot", SECRET),
    ]


def test_where_it_is_pulled_from_decides(accounts: Team) -> None:
    body = with_pull_access(deploy(ImageSpec("nginx:1", source="r.test:5000/library/nginx:1")), team=accounts.pk)
    assert isinstance(body, Deploy)
    assert body.images[0].auth == RegistryAuth("r.test:5000", "robot", SECRET)


def test_the_nodes_of_a_cluster_pull_with_the_teams_accounts(accounts: Team) -> None:
    images = (f"r.test:5000/team/app:1@{DIGEST}", "other.test/app:1", "NOT A REFERENCE")
    services = tuple(
        SwarmObject(f"shop_{number}", {"TaskTemplate": {"ContainerSpec": {"Image": image}}})
        for number, image in enumerate(images)
    )
    body = with_pull_access(StackDeploy("shop", services=services), team=accounts.pk)
    assert isinstance(body, StackDeploy)
    assert [one.auth for one in body.services] == [RegistryAuth("r.test:5000", "robot", SECRET), None, None]


@pytest.mark.parametrize(
    "image",
    [
        ImageSpec("r.test:5000/app:1", pull="never"),
        ImageSpec("r.test:5000/app:1", build=BuildContext("/c", "ab", 1)),
        ImageSpec("NOT A REFERENCE"),
    ],
)
def test_what_is_not_pulled_gets_none(accounts: Team, image: ImageSpec) -> None:
    assert with_pull_access(deploy(image), team=accounts.pk) == deploy(image)


def test_preparing_pulls_too_and_other_commands_do_not(accounts: Team) -> None:
    body = with_pull_access(Prepare("shop", (ImageSpec("r.test:5000/app:1"),)), team=accounts.pk)
    assert isinstance(body, Prepare)
    assert body.images[0].auth is not None
    assert with_pull_access(RemoveProject("shop"), team=accounts.pk) == RemoveProject("shop")


def test_another_team_gets_nothing(accounts: Team, other_team: Team) -> None:
    body = deploy(ImageSpec("r.test:5000/app:1"))
    assert with_pull_access(body, team=other_team.pk) is body


def test_the_secret_is_in_no_table(accounts: Team, linux_host: Host) -> None:
    body = deploy(ImageSpec("r.test:5000/app:1"))
    command_create(host=linux_host, body=body, summary="Deploy shop", actor=portal_actor())
    sent = commands_due(host_id=linux_host.pk, everything=True)
    assert isinstance(sent[0], CommandSend)
    assert SECRET in repr(sent[0].body)
    assert all(SECRET.encode() not in bytes(row.body) for row in Command.objects.all())
    assert all(SECRET not in str(row.detail) for row in AuditEntry.objects.all())


@dataclass
class Asked:
    """A registry that notes as whom it was asked."""

    seen: dict[str, str] = field(default_factory=dict)

    def __call__(self, reference: str, access: Access | None = None) -> ResolvedImage:
        self.seen[reference] = access.username if access else ""
        return ResolvedImage(reference, DIGEST, manifests("linux/amd64"))


def test_a_plan_asks_with_the_same_account(accounts: Team) -> None:
    text = "services:\n  a: {image: 'r.test:5000/app:1'}\n  b: {image: 'other.test/app:1'}\n"
    asked = Asked()
    images_resolve(project=project_of(compose=text, values={}, name="shop"), resolve=asked, team=accounts.pk)
    assert asked.seen == {"r.test:5000/app:1": "robot", "other.test/app:1": ""}


def test_docker_hubs_account_is_used_for_every_pull(accounts: Team) -> None:
    found = accesses_for_images(accounts.pk, ["nginx:1", "acme/app:1", "ghcr.io/acme/app:1"])
    assert set(found) == {"nginx:1", "acme/app:1"}
