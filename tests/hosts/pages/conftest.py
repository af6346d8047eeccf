"""What the page tests look at: a host with what it holds, an application that runs on it, and a deployment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import (
    Application,
    Container,
    Deployment,
    DeploymentEvent,
    DeploymentStep,
    DeploymentTarget,
    Host,
    Image,
    Network,
    Revision,
    Volume,
)
from portal.people.models import Team, User

WEB = "pierhead/web:1"
COMPOSE = f"""\
services:
  app:
    image: {WEB}
    restart: unless-stopped
    ports:
      - target: 8080
        published: "18080"
        protocol: tcp
"""
CID = "a1" * 32


def make_container(host: Host, name: str, **fields: Any) -> Container:
    """A running container; `fields` replace the usual ones."""
    now = timezone.now()
    usual: dict[str, Any] = {
        "cid": f"{abs(hash(name)):064x}"[-64:],
        "image": WEB,
        "image_id": "sha256:" + "b2" * 32,
        "command": "/caddy run",
        "state": "running",
        "created": now - timedelta(hours=3),
        "started": now - timedelta(hours=2),
        "observed_at": now,
    }
    return Container.objects.create(host=host, name=name, **(usual | fields))


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def image(linux_host: Host, now: datetime) -> Image:
    """WEB, on the Linux host and in no registry that answers."""
    return Image.objects.create(
        host=linux_host,
        image_id="sha256:" + "b2" * 32,
        tags=[WEB],
        digests=[],
        size=41_000_000,
        created=now - timedelta(days=9),
        observed_at=now,
    )


@pytest.fixture
def web(linux_host: Host) -> Container:
    """A container of the application `shop`, published on port 18080."""
    return make_container(
        linux_host,
        "shop-app-1",
        cid=CID,
        project="shop",
        service="app",
        ports=[
            {"address": "0.0.0.0", "published": 18080, "target": 8080, "protocol": "tcp"},
            {"address": "::", "published": 18080, "target": 8080, "protocol": "tcp"},
        ],
        mounts=[{"type": "volume", "target": "/data", "source": "", "name": "shop_data", "read_only": False}],
        networks=["shop_default"],
        labels={
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "app",
            "com.docker.compose.container-number": "1",
            "owner": "shop team",
        },
    )


@pytest.fixture
def full_host(linux_host: Host, web: Container, image: Image, now: datetime) -> Host:
    """The Linux host with a container, an image, a network and a volume."""
    Network.objects.create(
        host=linux_host,
        network_id="c3" * 32,
        name="shop_default",
        driver="bridge",
        scope="local",
        subnets=["172.18.0.0/16"],
        observed_at=now,
    )
    Volume.objects.create(host=linux_host, name="shop_data", driver="local", options={}, created=now, observed_at=now)
    return linux_host


@pytest.fixture
def shop(team: Team, deployer: User, full_host: Host) -> Application:
    """The application `shop` with one revision."""
    application = Application.objects.create(team=team, name="shop", created_by=deployer)
    Revision.objects.create(
        application=application, number=1, compose=COMPOSE, targets={"any": True}, created_by=deployer
    )
    return application


def make_deployment(application: Application, host: Host, state: str, **fields: Any) -> Deployment:
    """A deployment of the application's newest revision with one target and three steps."""
    now = timezone.now()
    revision = application.revisions.order_by("-number")[0]
    ended = None if state in {"queued", "running"} else now
    deployment = Deployment.objects.create(
        application=application, revision=revision, state=state, started_at=now, finished_at=ended, **fields
    )
    target = DeploymentTarget.objects.create(deployment=deployment, host=host, state=state)
    pull = {"target": target, "key": "pull:app", "title": f"Pull {WEB}", "position": 1}
    DeploymentStep.objects.create(**pull, state="running" if ended is None else "done", started_at=now)
    for number, (current, total, layer) in enumerate([(30, 100, "4f4fb700ef54"), (100, 100, "9b1c2ad3e5f6")]):
        DeploymentStep.objects.create(
            target=target,
            key=f"pull:app:{layer}",
            parent="pull:app",
            title=layer,
            position=2 + number,
            state="done" if ended or current == total else "running",
            current=current,
            total=total,
        )
    DeploymentStep.objects.create(target=target, key="start:app-1", title="Start shop-app-1", position=9)
    DeploymentEvent.objects.create(deployment=deployment, host=host, at=now, text="The command was accepted.")
    return deployment


@pytest.fixture
def ready(full_host: Host) -> Host:
    """The Linux host with the image WEB on it, which no registry has, and nothing that runs."""
    Container.objects.all().delete()
    return full_host


@pytest.fixture
def running_deployment(shop: Application, full_host: Host) -> Deployment:
    return make_deployment(shop, full_host, "running")


@pytest.fixture
def as_admin(client_of: Callable[[User | None], Client], admin: User) -> Client:
    return client_of(admin)


@pytest.fixture
def as_deployer(client_of: Callable[[User | None], Client], deployer: User) -> Client:
    return client_of(deployer)


@pytest.fixture
def as_viewer(client_of: Callable[[User | None], Client], viewer: User) -> Client:
    return client_of(viewer)


@pytest.fixture
def as_stranger(client_of: Callable[[User | None], Client], stranger: User) -> Client:
    return client_of(stranger)
