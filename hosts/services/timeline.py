"""The log and the steps of a deployment, as the portal itself writes them."""

from datetime import datetime

from hosts.models import Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from hosts.models.deployments import StepState


def event_add(*, target: DeploymentTarget, level: str, text: str, now: datetime) -> None:
    """A line of the portal's own in the log of the target's deployment."""
    DeploymentEvent.objects.create(
        deployment_id=target.deployment_id, host_id=target.host_id, at=now, level=level, text=text.strip()
    )


def deployment_event_add(*, deployment: Deployment, text: str, now: datetime, level: str = "info") -> None:
    """A line that concerns no single host."""
    DeploymentEvent.objects.create(deployment=deployment, at=now, level=level, text=text.strip())


def deployment_topics(deployment: Deployment) -> list[str]:
    """Every page that shows this deployment's state."""
    application = f"application:{deployment.application_id}"
    return [f"deployment:{deployment.pk}", application, "applications", "home"]


def steps_end(*, target: DeploymentTarget, good: bool, now: datetime) -> None:
    """No step may go on running when the command that reported it has ended."""
    steps = DeploymentStep.objects.filter(target=target)
    running, waiting = steps.filter(state=StepState.RUNNING), steps.filter(state=StepState.WAITING)
    running.update(state=StepState.DONE if good else StepState.FAILED, finished_at=now)
    waiting.update(state=StepState.DONE if good else StepState.SKIPPED, finished_at=now)
