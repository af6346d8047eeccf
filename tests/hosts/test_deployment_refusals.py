"""What cannot or may not be deployed is refused before anything is written."""

from typing import Any

import pytest
from django.utils import timezone

from engine_agent.protocol.bodies import Deploy
from hosts.models import Command, Deployment, Host
from hosts.plan_types import PlanRefused
from hosts.services.commands import body_of
from hosts.services.plans import plan_make
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, NotAllowed, NotFound
from tests.hosts.deploying import finish, make, start
from tests.hosts.resolving import resolve
from tests.people import make_host


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ({"image": "nothing/here:1"}, "image-not-found"),
        ({"image": "nginx:99"}, "tag-not-found"),
        ({"image": "iis:1"}, "platform-mismatch"),
        ({"image": "away/app:1"}, "registry-unavailable"),
        ({"image": "nginx:1", "mem_limit": "99g"}, "memory-short"),
    ],
)
def test_what_cannot_run_is_refused_and_nothing_is_written(
    linux_host: Host, service: dict[str, Any], code: str
) -> None:
    revision = make(linux_host.team, service)
    with pytest.raises(PlanRefused) as caught:
        start(revision)
    assert caught.value.refusals[0].code == code
    assert not Command.objects.exists()
    assert not Deployment.objects.exists()


def test_a_port_that_is_taken_is_refused(linux_host: Host) -> None:
    linux_host.containers.create(
        cid="x" * 64,
        name="blog",
        image="x",
        image_id="x",
        state="running",
        ports=[{"address": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}],
        observed_at=timezone.now(),
    )
    with pytest.raises(PlanRefused) as caught:
        start(make(linux_host.team))
    assert "taken by the container blog" in caught.value.detail


def test_an_image_that_only_the_host_has_is_used(linux_host: Host) -> None:
    linux_host.images.create(image_id="sha256:1", tags=["own:1"], observed_at=timezone.now())
    deployment = start(make(linux_host.team, {"image": "own:1"}))
    body = body_of(Command.objects.get())
    assert isinstance(body, Deploy)
    assert body.images[0].pull == "never"
    assert "is used as it is" in deployment.plan["hosts"][0]["images"][0]["note"]


def test_hosts_of_another_team_are_no_targets(linux_host: Host, other_team: Team) -> None:
    theirs = make_host(other_team, "theirs", os="linux", architecture="amd64")
    with pytest.raises(PlanRefused) as caught:
        start(make(linux_host.team, targets={"hosts": [str(theirs.pk)]}))
    assert caught.value.refusals[0].code == "host-unknown"


@pytest.mark.parametrize(
    ("targets", "host"),
    [({"any": True}, "linux-host"), ({"labels": {"zone": "south"}}, "second"), ({"labels": {"zone": "east"}}, None)],
)
def test_targets(linux_host: Host, targets: dict[str, Any], host: str | None) -> None:
    make_host(linux_host.team, "second", os="linux", architecture="amd64", labels={"zone": "south"})
    revision = make(linux_host.team, targets=targets)
    if host is None:
        with pytest.raises(PlanRefused):
            start(revision)
    else:
        assert start(revision).deployment_targets.get().host.name == host


def test_a_plan_that_no_longer_holds_is_a_conflict(linux_host: Host) -> None:
    revision = make(linux_host.team)
    digest = plan_make(revision=revision, actor=portal_actor(), resolve=resolve).digest
    assert plan_make(revision=revision, actor=portal_actor(), resolve=resolve).digest == digest
    with pytest.raises(Conflict) as caught:
        start(revision, plan_digest="sha256:other")
    assert caught.value.code == "plan-changed"
    assert start(revision, plan_digest=digest)


def test_one_deployment_at_a_time(linux_host: Host) -> None:
    revision = make(linux_host.team)
    first = start(revision)
    with pytest.raises(Conflict) as caught:
        start(revision)
    assert caught.value.code == "deployment-running"
    finish(first)
    assert start(revision)


def test_who_may_deploy(linux_host: Host, viewer: User, stranger: User, deployer: User) -> None:
    revision = make(linux_host.team)
    with pytest.raises(NotAllowed):
        start(revision, actor_for_user(viewer))
    with pytest.raises(NotFound):
        start(revision, actor_for_user(stranger))
    assert AuditEntry.objects.filter(action="deployment.start", result="denied").count() == 2
    assert start(revision, actor_for_user(deployer))
