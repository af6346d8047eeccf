"""What the deploy form starts with, and that going from form to text and back loses nothing."""

from typing import Any

import pytest

from gallery.compose.parse import parse_project
from gallery.compose.write import service_to_compose
from gallery.registry.types import ImageConfig, Platform
from hosts.forms.deploy import TargetForm
from hosts.forms.prefill import from_compose, from_image, initial_targets, project_name
from hosts.models import Cluster, Host
from portal.people.models import Team

CONFIG = ImageConfig(
    platform=Platform("linux", "amd64"),
    ports=("80/tcp", "53/udp"),
    environment={"PATH": "/bin", "PGDATA": "/var/lib/postgresql/data"},
    volumes=("/var/lib/postgresql/data", "/data", "/x"),
)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("nginx:1.27", "nginx"),
        ("registry.example:5000/team/Web.App:2", "web-app"),
        ("team/app@sha256:" + "a" * 64, "app"),
        ("_odd_", "odd"),
    ],
)
def test_an_application_is_named_after_its_image(reference: str, name: str) -> None:
    assert project_name(reference) == name


def test_the_images_own_ports_variables_and_volumes_are_proposed() -> None:
    prefill = from_image("postgres:17", CONFIG)
    assert prefill.initial["image"] == "postgres:17"
    assert [(row.host, row.container, row.protocol) for row in prefill.rows.ports] == [
        ("", "80", "tcp"),
        ("", "53", "udp"),
    ]
    assert [row.name for row in prefill.rows.environment] == ["PGDATA"]
    assert [(row.source, row.target) for row in prefill.rows.volumes] == [
        ("data", "/var/lib/postgresql/data"),
        ("data-2", "/data"),
        ("data-x", "/x"),
    ]
    assert prefill.rows.is_valid()


def test_without_a_configuration_only_the_name_is_known() -> None:
    prefill = from_image("ghost:1", None)
    assert prefill.initial["name"] == "ghost"
    assert not prefill.rows.ports


ROUND = {
    "image": "nginx:1.27",
    "restart": "unless-stopped",
    "command": ["sh", "-c", "echo $HOME; sleep 1"],
    "cpus": 0.5,
    "mem_limit": "256m",
    "environment": {"PRICE": "$5", "EMPTY": ""},
    "ports": [{"target": 80, "published": "8080", "protocol": "tcp"}, {"target": 53, "protocol": "udp"}],
    "volumes": [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/etc/ssl", "target": "/ssl", "read_only": True},
    ],
}


def test_what_the_form_says_comes_back_into_the_form() -> None:
    text = service_to_compose(ROUND, literal=True)
    prefill = from_compose(text, {}, "web")
    assert prefill is not None
    assert prefill.initial["image"] == "nginx:1.27"
    assert prefill.initial["memory"] == "256M"
    assert prefill.initial["cpus"] == 0.5
    assert [row.value for row in prefill.rows.environment] == ["$5", ""]
    assert parse_project(text, {}, "web").services[0].command == ("sh", "-c", "echo $HOME; sleep 1")


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  a:\n    image: x:1\n  b:\n    image: y:1\n",
        "services:\n  a:\n    image: x:1\n    privileged: true\n",
        "services:\n  a:\n    image: x:1\n    user: '1000'\n",
        "services:\n  a:\n    image: x:1\n    deploy:\n      replicas: 2\n",
        "services:\n  a:\n    image: x:${TAG:-1}\n",
        "services:\n  a:\n    image: x:1\n    volumes: [data:/d]\nvolumes:\n  data:\n    driver: other\n",
        "services:\n  a:\n    image: x:1\n    healthcheck:\n      test: [CMD, true]\n",
        "not: compose\n",
    ],
)
def test_what_the_form_cannot_say_stays_text(text: str) -> None:
    assert from_compose(text, {}, "web") is None


def test_values_keep_it_text() -> None:
    assert from_compose("services:\n  a:\n    image: x:1\n", {"A": "1"}, "web") is None


@pytest.mark.parametrize(
    ("targets", "initial"),
    [
        ({"any": True}, {"target": "any"}),
        ({}, {"target": "any"}),
        ({"hosts": ["1", "2"]}, {"target": "hosts", "hosts": ["1", "2"]}),
        ({"labels": {"zone": "eu", "gpu": ""}}, {"target": "labels", "host_labels": "zone=eu, gpu"}),
    ],
)
def test_targets_come_back_into_the_form(targets: dict[str, object], initial: dict[str, object]) -> None:
    assert initial_targets(targets) == initial


def test_a_single_image_starts_on_the_engines_default_network() -> None:
    assert from_image("nginx:1.27", None).initial["network"] == "shared"


@pytest.mark.parametrize(("attributes", "network"), [({"network_mode": "default"}, "shared"), ({}, "own")])
def test_the_network_survives_from_text_to_form(attributes: dict[str, str], network: str) -> None:
    prefill = from_compose(service_to_compose({**ROUND, **attributes}, literal=True), {}, "web")
    assert prefill is not None
    assert prefill.initial["network"] == network


def test_a_network_the_form_cannot_say_stays_text() -> None:
    assert from_compose(service_to_compose({"image": "nginx", "network_mode": "none"}), {}, "web") is None


@pytest.mark.parametrize(
    "targets",
    [
        {"any": True},
        {"any": True, "strategy": "spread"},
        {"labels": {"zone": "north"}, "strategy": "spread"},
    ],
)
def test_targets_come_back_as_they_were_chosen(team: Team, linux_host: Host, targets: dict[str, Any]) -> None:
    assert _chosen(team, targets) == targets


def test_a_cluster_can_be_chosen_where_there_is_one(team: Team, linux_host: Host) -> None:
    assert not TargetForm(teams=Team.objects.all(), hosts=Host.objects.all()).has_clusters
    cluster = Cluster.objects.create(team=team, name="crew")
    targets = {"cluster": str(cluster.pk)}
    assert _chosen(team, targets) == targets
    form = TargetForm({"target": "cluster"}, teams=Team.objects.all(), hosts=Host.objects.all())
    assert "Choose a cluster." in form.errors["cluster"]


def _chosen(team: Team, targets: dict[str, Any]) -> dict[str, Any]:
    """From targets to the form and back."""
    data = {"team": team.pk, "name": "shop", **initial_targets(targets)}
    form = TargetForm(data, teams=Team.objects.all(), hosts=Host.objects.all())
    assert form.is_valid(), form.errors
    return form.targets()
