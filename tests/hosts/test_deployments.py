"""From a revision to its end: what the portal does with what agents tell of a deployment."""

import pytest
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import Deploy
from hosts.models import Command, Host
from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState, StepState
from hosts.selectors.deployments import deployment_view
from hosts.services import progress
from hosts.services.commands import body_of
from portal.people.access import actor_for_user
from portal.people.models import AuditEntry, User
from tests.hosts.deploying import finish, finish_until, make, start, state_of
from tests.hosts.shapes import DIGEST


def test_a_deployment_is_one_command_per_host(linux_host: Host, deployer: User) -> None:
    deployment = start(make(linux_host.team), actor_for_user(deployer))
    assert state_of(deployment) == DeploymentState.QUEUED
    target = deployment.deployment_targets.get()
    assert target.command is not None
    assert (target.host, target.command.state, target.command.kind) == (linux_host, CommandState.QUEUED, "deploy")
    assert target.command.summary == "Deploy shop, revision 1"
    body = body_of(target.command)
    assert isinstance(body, Deploy)
    assert body.project == "shop"
    [image] = body.images
    assert (image.reference, image.pull, image.digest) == ("nginx:1", "missing", DIGEST)
    [container] = body.containers
    assert (container.name, container.image) == ("shop-app-1", "nginx:1")
    assert container.config_hash == deployment.plan["hosts"][0]["containers"][0]["config_hash"]
    assert [network.name for network in body.networks] == ["shop_default"]
    assert AuditEntry.objects.get(action="deployment.start").detail["hosts"] == ["linux-host"]


def test_accepted_running_succeeded(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    command = Command.objects.get()
    progress.command_accepted(host_id=linux_host.pk, command_id=str(command.pk), now=timezone.now())
    assert state_of(deployment) == DeploymentState.RUNNING
    assert deployment.started_at is not None
    finish(deployment)
    assert deployment.state == DeploymentState.SUCCEEDED
    assert deployment.finished_at is not None
    command.refresh_from_db()
    assert command.state == CommandState.SUCCEEDED


def test_it_succeeds_only_when_every_host_has(linux_host: Host, windows_host: Host) -> None:
    compose = '{"services": {"web": {"image": "nginx:1"}, "iis": {"image": "iis:1"}}}'
    deployment = start(make(linux_host.team, compose=compose))
    assert deployment.deployment_targets.count() == 2
    finish_until(deployment, "keep")
    finish(deployment, host=linux_host)
    assert deployment.state == DeploymentState.QUEUED
    finish(deployment, host=windows_host)
    assert deployment.state == DeploymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("outcome", "state", "command_state"),
    [
        ("succeeded", DeploymentState.SUCCEEDED, CommandState.SUCCEEDED),
        ("failed", DeploymentState.FAILED, CommandState.FAILED),
        ("rolled_back", DeploymentState.ROLLED_BACK, CommandState.FAILED),
        ("cancelled", DeploymentState.CANCELLED, CommandState.CANCELLED),
        ("expired", DeploymentState.FAILED, CommandState.EXPIRED),
    ],
)
def test_how_it_ends(linux_host: Host, outcome: str, state: str, command_state: str) -> None:
    deployment = start(make(linux_host.team))
    finish(deployment, outcome, error="It did not listen.", log_tail="last line", code="unhealthy")
    assert deployment.state == state
    command = Command.objects.get()
    assert command.state == command_state
    assert command.result["code"] == "unhealthy"
    if outcome != "succeeded":
        assert deployment.error == "linux-host: It did not listen."
        assert deployment.log_tail == "last line"


def test_a_late_or_second_end_changes_nothing(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    finish(deployment, "failed", error="first")
    finish(deployment, "succeeded")
    assert deployment.state == DeploymentState.FAILED
    assert deployment.error == "linux-host: first"


def test_another_host_cannot_end_it(linux_host: Host, windows_host: Host) -> None:
    deployment = start(make(linux_host.team))
    message = wire.CommandFinished(str(Command.objects.get().pk), "succeeded")
    topics = progress.command_finished(host_id=windows_host.pk, finished=message, now=timezone.now())
    assert topics == ()
    assert state_of(deployment) == DeploymentState.QUEUED


@pytest.mark.parametrize("command_id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_reports_of_unknown_commands_are_dropped(linux_host: Host, command_id: str) -> None:
    now = timezone.now()
    assert progress.command_accepted(host_id=linux_host.pk, command_id=command_id, now=now) == ()
    report = wire.CommandProgress(command_id, 1)
    assert progress.command_progress(host_id=linux_host.pk, progress=report, now=now) == ()
    finished = wire.CommandFinished(command_id, "succeeded")
    assert progress.command_finished(host_id=linux_host.pk, finished=finished, now=now) == ()


def report(
    linux_host: Host, sequence: int, *steps: wire.StepReport, lines: tuple[tuple[str, str], ...] = ()
) -> tuple[str, ...]:
    message = wire.CommandProgress(str(Command.objects.get().pk), sequence, steps, lines)
    return progress.command_progress(host_id=linux_host.pk, progress=message, now=timezone.now())


def test_steps_are_updated_in_place_and_lines_appended(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    topics = report(
        linux_host,
        1,
        wire.StepReport("pull:app", "Pull nginx:1", "running"),
        wire.StepReport("pull:app:4f4f", "4f4f", "running", parent="pull:app", current=10, total=100),
        lines=(("info", "pulling"),),
    )
    assert f"deployment:{deployment.pk}" in topics
    report(
        linux_host,
        2,
        wire.StepReport("pull:app:4f4f", "4f4f", "running", parent="pull:app", current=50, total=100),
        wire.StepReport("start:app-1", "Start shop-app-1", "waiting"),
        lines=(("nonsense", "still pulling"),),
    )
    view = deployment_view(deployment=deployment)
    [pull, begin] = view.targets[0].steps
    assert (pull.step.title, pull.percent) == ("Pull nginx:1", 50)
    assert (pull.children[0].percent, begin.step.state) == (50, StepState.WAITING)
    texts = [(event.level, event.text) for event in view.events]
    assert ("info", "pulling") in texts
    assert ("info", "still pulling") in texts


def test_a_report_that_comes_twice_or_late_has_no_effect(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    newest = wire.StepReport("a", "A", "done")
    assert report(linux_host, 5, newest, lines=(("info", "five"),))
    assert report(linux_host, 5, newest, lines=(("info", "five"),)) == ()
    assert report(linux_host, 4, wire.StepReport("a", "A", "running")) == ()
    view = deployment_view(deployment=deployment)
    assert view.targets[0].steps[0].step.state == StepState.DONE
    assert [event.text for event in view.events].count("five") == 1


def test_no_step_goes_on_running_after_the_end(linux_host: Host) -> None:
    deployment = start(make(linux_host.team))
    report(linux_host, 1, wire.StepReport("a", "A", "running"), wire.StepReport("b", "B", "waiting"))
    finish(deployment, "failed", error="no")
    steps = [node.step.state for node in deployment_view(deployment=deployment).targets[0].steps]
    assert steps == [StepState.FAILED, StepState.SKIPPED]


def test_steps_have_a_limit(linux_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MAX_STEPS", 3)
    deployment = start(make(linux_host.team))
    report(linux_host, 1, *(wire.StepReport(f"s{number}", "S", "running") for number in range(10)))
    assert len(deployment_view(deployment=deployment).targets[0].steps) == 3
