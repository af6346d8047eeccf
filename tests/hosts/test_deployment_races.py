"""Two who act at the same moment agree on what happened."""

from typing import Any

import pytest

from engine_agent.protocol import messages as wire
from hosts.models import Command, Deployment, Host
from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState
from hosts.services.commands import command_cancel, commands_due
from portal.people.access import portal_actor
from portal.problems import Conflict
from tests.hosts.deploying import finish, finish_until, make, race, start, state_of


@pytest.mark.django_db(transaction=True)
def test_two_last_words_at_once_settle_it_once(linux_host: Host, windows_host: Host) -> None:
    compose = '{"services": {"web": {"image": "nginx:1"}, "iis": {"image": "iis:1"}}}'
    deployment = start(make(linux_host.team, compose=compose))
    finish_until(deployment, "keep")
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
