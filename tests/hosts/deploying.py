"""Short ways to make, start and finish deployments without an agent."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from engine_agent.protocol import messages as wire
from hosts.models import Deployment, DeploymentTarget, Host, Revision
from hosts.services import progress
from hosts.services.applications import application_create
from hosts.services.deployments import deployment_start
from portal.people.access import Actor, portal_actor
from portal.people.models import Team
from tests.hosts.resolving import resolve

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
    targets = DeploymentTarget.objects.filter(deployment=deployment, command__isnull=False)
    for target in targets.filter(host=host) if host else targets:
        message = wire.CommandFinished(str(target.command_id), outcome, **more)
        progress.command_finished(host_id=target.host_id, finished=message, now=timezone.now())
    deployment.refresh_from_db()


def finish_until(deployment: Deployment, phase: str) -> None:
    """The agents' words up to that phase of a rollout, all good."""
    while deployment.rollout["phase"] != phase:
        before = (deployment.rollout["phase"], deployment.rollout["batch"])
        finish(deployment)
        assert (deployment.rollout["phase"], deployment.rollout["batch"]) != before, "it does not move"


def state_of(deployment: Deployment) -> str:
    deployment.refresh_from_db()
    return deployment.state


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
