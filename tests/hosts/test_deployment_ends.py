"""Deployments that are cancelled, missed or rolled back, and applications that go."""

import pytest
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import RemoveProject
from hosts.models import Application, Command, Host
from hosts.models.deployments import DeploymentState
from hosts.services import progress
from hosts.services.applications import application_remove, application_revise
from hosts.services.commands import body_of, commands_due, commands_expire
from hosts.services.deployments import application_rollback, deployment_cancel
from hosts.services.hosts import host_remove, host_revoke
from portal.people.access import portal_actor
from portal.problems import Conflict, NotFound
from tests.hosts.deploying import finish, make, start, state_of
from tests.hosts.resolving import resolve


def test_cancelling_before_it_is_sent_ends_it_at_once(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    deployment_cancel(deployment=deployment, actor=portal_actor())
    assert deployment.state == DeploymentState.CANCELLED
    with pytest.raises(Conflict):
        deployment_cancel(deployment=deployment, actor=portal_actor())


def test_cancelling_what_was_sent_asks_the_agent(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    [send] = commands_due(host_id=linux_host.pk, everything=False)
    deployment_cancel(deployment=deployment, actor=portal_actor())
    assert deployment.state == DeploymentState.QUEUED
    assert commands_due(host_id=linux_host.pk, everything=False) == [wire.CommandCancel(send.id)]
    finish(deployment, "cancelled")
    assert deployment.state == DeploymentState.CANCELLED


def test_what_a_host_missed_expires_and_says_so(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    Command.objects.update(expires_at=timezone.now())
    assert commands_expire() == 1
    assert commands_expire() == 0
    assert state_of(deployment) == DeploymentState.FAILED
    assert "was not connected" in deployment.error
    assert commands_due(host_id=linux_host.pk, everything=True) == []


def test_what_was_sent_waits_for_the_agents_own_word(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    commands_due(host_id=linux_host.pk, everything=False)
    Command.objects.update(expires_at=timezone.now())
    assert commands_expire() == 0
    [again] = commands_due(host_id=linux_host.pk, everything=True)
    assert isinstance(again, wire.CommandSend)
    assert again.ttl == 0
    finish(deployment)
    assert deployment.state == DeploymentState.SUCCEEDED


def test_revoking_a_host_ends_what_was_open_there(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    host_revoke(host=linux_host, actor=portal_actor())
    assert state_of(deployment) == DeploymentState.FAILED
    assert "was revoked" in deployment.error


def test_a_host_in_use_is_not_removed(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    with pytest.raises(Conflict) as caught:
        host_remove(host=linux_host, actor=portal_actor())
    assert caught.value.code == "host-in-use"
    host_revoke(host=linux_host, actor=portal_actor())
    host_remove(host=linux_host, actor=portal_actor())
    assert not Host.objects.exists()
    assert state_of(deployment) == DeploymentState.FAILED


def test_rollback_goes_to_the_last_revision_that_succeeded(linux_host: Host) -> None:
    first = make(linux_host.team)
    finish(start(first))
    application = first.application
    second = application_revise(application=application, actor=portal_actor(), service={"image": "nginx:1"})
    finish(start(second), "failed", error="no")
    back = application_rollback(application=application, actor=portal_actor(), resolve=resolve)
    assert back.revision == first


def test_rollback_without_a_good_revision_is_not_found(linux_host: Host) -> None:
    revision = make(linux_host.team)
    finish(start(revision))
    with pytest.raises(NotFound):
        application_rollback(application=revision.application, actor=portal_actor(), resolve=resolve)


def test_an_application_goes_when_every_host_has_confirmed(linux_host: Host) -> None:
    revision = make(linux_host.team)
    finish(start(revision))
    [command] = application_remove(application=revision.application, actor=portal_actor(), volumes=True)
    assert body_of(command) == RemoveProject("shop", volumes=True)
    assert Application.objects.get().removing_at is not None
    with pytest.raises(Conflict):
        application_remove(application=revision.application, actor=portal_actor())
    ended = wire.CommandFinished(str(command.pk), "succeeded")
    progress.command_finished(host_id=linux_host.pk, finished=ended, now=timezone.now())
    assert not Application.objects.exists()


def test_a_removal_that_failed_leaves_the_application(linux_host: Host) -> None:
    revision = make(linux_host.team)
    finish(start(revision))
    [command] = application_remove(application=revision.application, actor=portal_actor())
    ended = wire.CommandFinished(str(command.pk), "failed", error="volume in use")
    progress.command_finished(host_id=linux_host.pk, finished=ended, now=timezone.now())
    assert Application.objects.get().removing_at is None


def test_an_application_that_never_ran_goes_at_once(linux_host: Host) -> None:
    revision = make(linux_host.team)
    assert application_remove(application=revision.application, actor=portal_actor()) == []
    assert not Application.objects.exists()


def test_an_application_is_not_removed_under_a_deployment(linux_host: Host) -> None:
    revision = make(linux_host.team)
    start(revision)
    with pytest.raises(Conflict):
        application_remove(application=revision.application, actor=portal_actor())
