"""From a revision to running containers, or to a true failure: what the portal does on the way."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import Deploy, RemoveProject
from hosts.models import Application, Command, Deployment, DeploymentTarget, Host, Revision
from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState, StepState
from hosts.plan_types import PlanRefused
from hosts.selectors.deployments import deployment_view
from hosts.services import progress
from hosts.services.applications import application_create, application_remove, application_revise
from hosts.services.commands import body_of, command_cancel, commands_due, commands_expire
from hosts.services.deployments import application_rollback, deployment_cancel, deployment_start
from hosts.services.hosts import host_remove, host_revoke
from hosts.services.plans import plan_make
from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, NotAllowed, NotFound
from tests.hosts.resolving import resolve
from tests.hosts.shapes import DIGEST
from tests.people import make_host

WEB: dict[str, Any] = {"image": "nginx:1", "ports": ["8080:80"]}


def make(team: Team, service: dict[str, Any] | None = None, **more: Any) -> Revision:
    wishes: dict[str, Any] = {"name": "shop", "actor": portal_actor()} | more
    if "compose" not in more:
        wishes["service"] = service or WEB
    return application_create(team=team, **wishes)[1]


def start(revision: Revision, actor: Actor | None = None, **more: Any) -> Deployment:
    return deployment_start(revision=revision, actor=actor or portal_actor(), resolve=resolve, **more)


def finish(deployment: Deployment, outcome: str = "succeeded", host: Host | None = None, **more: Any) -> None:
    """The agents' last word."""
    targets = DeploymentTarget.objects.filter(deployment=deployment)
    for target in targets.filter(host=host) if host else targets:
        assert target.command_id
        message = wire.CommandFinished(str(target.command_id), outcome, **more)
        progress.command_finished(host_id=target.host_id, finished=message, now=timezone.now())
    deployment.refresh_from_db()


def state_of(deployment: Deployment) -> str:
    deployment.refresh_from_db()
    return deployment.state


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


# -- progress


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


# -- refusals


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


# -- cancelling, expiry, hosts that go


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


# -- rolling back, removing


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


# -- races


@pytest.mark.django_db(transaction=True)
def test_two_last_words_at_once_settle_it_once(linux_host: Host, windows_host: Host) -> None:
    compose = '{"services": {"web": {"image": "nginx:1"}, "iis": {"image": "iis:1"}}}'
    deployment = start(make(linux_host.team, compose=compose))
    race([lambda: finish(deployment, host=linux_host), lambda: finish(deployment, host=windows_host)])
    assert state_of(deployment) == DeploymentState.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_cancel_and_a_send_at_once_agree(linux_host: Host) -> None:
    for number in range(5):
        deployment = start(make(linux_host.team, name=f"shop-{number}", service={"image": "nginx:1"}))
        command = Command.objects.get(deployment_target__deployment=deployment)
        sent: list[Any] = []
        race(
            [
                lambda sent=sent: sent.extend(commands_due(host_id=linux_host.pk, everything=False)),  # type: ignore[misc]
                lambda command=command: command_cancel(command=command, actor=portal_actor()),  # type: ignore[misc]
            ]
        )
        command.refresh_from_db()
        was_sent = any(isinstance(message, wire.CommandSend) for message in sent)
        assert (command.state == CommandState.CANCELLED) is not was_sent
        assert was_sent is (command.cancel_requested_at is not None)
        finish(deployment, "cancelled")


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_start_it_at_once(linux_host: Host) -> None:
    revision = make(linux_host.team)
    codes: list[str] = []

    def attempt() -> None:
        try:
            start(revision)
        except Conflict as problem:
            codes.append(problem.code)

    race([attempt, attempt, attempt])
    assert codes == ["deployment-running"] * 2
    assert Deployment.objects.count() == 1


def race(acts: list[Callable[[], object]]) -> None:
    """All at the same moment, each in a thread with its own connection."""
    ready = threading.Barrier(len(acts))
    errors: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        try:
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
