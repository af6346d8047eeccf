"""A rollout stored and carried out: which commands go to which host, and how the deployment ends."""

import json
from typing import Any

import pytest
from django.utils import timezone

from engine_agent.protocol.bodies import Conclude, Deploy, Prepare, RemoveProject
from hosts.models import Command, Container, Deployment, DeploymentTarget, Host, Revision
from hosts.models.deployments import DeploymentState
from hosts.services.commands import body_of
from hosts.services.deployments import deployment_cancel
from hosts.services.rollouts import rollout_pause, rollout_resume
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, NotAllowed
from tests.hosts.deploying import finish, finish_until, make, start
from tests.people import make_host

pytestmark = pytest.mark.django_db

MIXED = '{"services": {"web": {"image": "nginx:1"}, "iis": {"image": "iis:1"}}}'
RAN = {"ran": {"c" * 64: True}}


@pytest.fixture
def both(linux_host: Host, windows_host: Host) -> Deployment:
    """A deployment over two hosts, just begun."""
    return start(make(linux_host.team, compose=MIXED))


def slow(host: Host, **update: Any) -> Revision:
    """Three replicas, one at a time."""
    web = {"image": "nginx:1", "deploy": {"replicas": 3, "update_config": {"parallelism": 1, **update}}}
    return make(host.team, compose=json.dumps({"services": {"web": web}}))


def sent(deployment: Deployment, host: Host) -> list[Any]:
    """The bodies of every command a host got of it, in order."""
    rows = Command.objects.filter(host=host, project=deployment.application.name).order_by("created_at")
    return [body_of(command) for command in rows]


def target(deployment: Deployment, host: Host) -> DeploymentTarget:
    return DeploymentTarget.objects.get(deployment=deployment, host=host)


def test_over_two_hosts_images_come_first_then_all_is_replaced_then_kept(
    both: Deployment, linux_host: Host, windows_host: Host
) -> None:
    finish(both, host=linux_host)
    assert [type(body) for body in sent(both, linux_host)] == [Prepare], "the other host still pulls"
    finish(both, host=windows_host)
    finish(both, result=RAN)
    finish(both)
    assert both.state == DeploymentState.SUCCEEDED
    for host in (linux_host, windows_host):
        prepare, deploy, conclude = sent(both, host)
        assert isinstance(prepare, Prepare)
        assert isinstance(deploy, Deploy)
        assert isinstance(conclude, Conclude)
        assert deploy.hold
        assert conclude.keep
        assert conclude.ran == RAN["ran"]
        assert conclude.run == str(Command.objects.get(host=host, kind="deploy").pk)
    texts = list(both.events.values_list("text", flat=True))
    assert "linux-host: every image is there." in texts or any("every image is there" in text for text in texts)


def test_on_one_host_it_is_one_command(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    [body] = sent(deployment, linux_host)
    assert isinstance(body, Deploy)
    assert not body.hold
    finish(deployment)
    assert deployment.state == DeploymentState.SUCCEEDED


def test_when_one_host_fails_the_other_is_put_back(both: Deployment, linux_host: Host, windows_host: Host) -> None:
    finish_until(both, "apply")
    finish(both, host=linux_host, result=RAN)
    finish(both, "rolled_back", host=windows_host, error="iis is unhealthy.", log_tail="0x1", result=RAN)
    last = sent(both, linux_host)[-1]
    assert isinstance(last, Conclude)
    assert (last.keep, last.ran) == (False, RAN["ran"])
    assert both.state == DeploymentState.QUEUED
    finish(both, host=linux_host)
    assert both.state == DeploymentState.ROLLED_BACK
    assert both.error == f"{windows_host.name}: iis is unhealthy."
    assert both.log_tail == "0x1"
    assert target(both, linux_host).state == DeploymentState.ROLLED_BACK


def test_a_pull_that_fails_stops_the_other_before_anything_is_touched(
    both: Deployment, linux_host: Host, windows_host: Host
) -> None:
    finish(both, "failed", host=linux_host, error="There is no image nginx:1.")
    assert both.state == DeploymentState.FAILED, "the other pull was still queued, and is cancelled at once"
    assert [type(body) for body in sent(both, windows_host)] == [Prepare]
    assert "no image nginx:1" in both.error
    assert target(both, windows_host).state == DeploymentState.CANCELLED


def test_replicas_go_one_at_a_time(linux_host: Host) -> None:
    deployment = start(slow(linux_host, delay="5s", monitor="3s", order="start-first"))
    finish_until(deployment, "keep")
    parts = [body for body in sent(deployment, linux_host) if isinstance(body, Deploy)]
    assert [part.only for part in parts] == [("shop-web-1",), ("shop-web-2",), ("shop-web-3",)]
    assert [part.wait for part in parts] == [0.0, 5.0, 5.0]
    assert {part.settle_seconds for part in parts} == {3.0}
    assert {container.order for part in parts for container in part.containers} == {"start-first"}
    assert [bool(part.run) for part in parts] == [False, True, True]


def test_a_person_pauses_and_lets_it_go_on(linux_host: Host, deployer: User) -> None:
    deployment = start(slow(linux_host))
    finish(deployment)
    rollout_pause(deployment=deployment, actor=actor_for_user(deployer))
    finish(deployment)
    assert deployment.paused == "It was paused by a person."
    assert deployment.state == DeploymentState.QUEUED
    commands = Command.objects.count()
    rollout_resume(deployment=deployment, actor=actor_for_user(deployer))
    assert (deployment.paused, Command.objects.count()) == ("", commands + 1)
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"deployment.pause", "deployment.continue"} <= actions


def test_a_failure_may_only_pause(linux_host: Host, deployer: User) -> None:
    deployment = start(slow(linux_host, failure_action="pause"))
    finish_until(deployment, "apply")
    part = sent(deployment, linux_host)[-1]
    assert isinstance(part, Deploy)
    assert part.stay
    finish(deployment, "failed", error="web-1 is unhealthy.", result=RAN)
    assert "failure_action is pause" in deployment.paused
    assert target(deployment, linux_host).error == "web-1 is unhealthy."
    deployment_cancel(deployment=deployment, actor=actor_for_user(deployer))
    last = sent(deployment, linux_host)[-1]
    assert isinstance(last, Conclude)
    assert not last.keep
    finish(deployment)
    assert deployment.state == DeploymentState.CANCELLED


def test_what_cannot_be_steered_is_refused(linux_host: Host, deployer: User, viewer: User) -> None:
    deployment = start(make(linux_host.team))
    for act, code in ((rollout_pause, "nothing-to-pause"), (rollout_resume, "not-paused")):
        with pytest.raises(Conflict) as caught:
            act(deployment=deployment, actor=actor_for_user(deployer))
        assert caught.value.code == code
        with pytest.raises(NotAllowed):
            act(deployment=deployment, actor=actor_for_user(viewer))
    finish(deployment)
    with pytest.raises(Conflict, match="ended already"):
        rollout_pause(deployment=deployment, actor=actor_for_user(deployer))


def test_it_can_be_too_late_to_cancel(both: Deployment, deployer: User) -> None:
    finish_until(both, "keep")
    with pytest.raises(Conflict) as caught:
        deployment_cancel(deployment=both, actor=actor_for_user(deployer))
    assert caught.value.code == "deployment-ending"


def test_a_cancel_over_two_hosts_puts_both_back(
    both: Deployment, deployer: User, linux_host: Host, windows_host: Host
) -> None:
    finish_until(both, "apply")
    finish(both, host=linux_host, result=RAN)
    deployment_cancel(deployment=both, actor=actor_for_user(deployer))
    assert target(both, windows_host).state == DeploymentState.CANCELLED, "it was still queued there"
    finish(both, host=linux_host)
    assert both.state == DeploymentState.CANCELLED
    assert target(both, linux_host).state == DeploymentState.ROLLED_BACK


def test_a_host_that_is_left_is_emptied_last(linux_host: Host) -> None:
    left = make_host(linux_host.team, "left", os="linux", architecture="amd64")
    Container.objects.create(
        host=left,
        cid="d" * 64,
        name="shop-web-1",
        image="nginx:1",
        image_id="x",
        state="running",
        project="shop",
        service="web",
        observed_at=timezone.now(),
    )
    deployment = start(make(linux_host.team, targets={"hosts": [str(linux_host.pk)]}))
    finish_until(deployment, "keep")
    assert [type(body) for body in sent(deployment, left)] == [RemoveProject]
    finish(deployment)
    assert deployment.state == DeploymentState.SUCCEEDED


def test_an_order_is_not_stored_in_the_clear(linux_host: Host) -> None:
    service = {"image": "nginx:1", "environment": {"TOKEN": "open-sesame"}}
    deployment = start(make(linux_host.team, service), portal_actor())
    assert b"open-sesame" not in bytes(target(deployment, linux_host).order)


def test_a_deployment_begun_by_an_older_portal_still_ends(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    Deployment.objects.filter(pk=deployment.pk).update(rollout={})
    finish(deployment)
    assert deployment.state == DeploymentState.SUCCEEDED
