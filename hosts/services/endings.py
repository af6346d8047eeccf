"""The end of a deployment, told to webhooks."""

from hosts.models import Deployment
from hosts.models.deployments import DeploymentState
from hosts.models.webhooks import WebhookEvent
from hosts.services.webhook_deliveries import event_tell

_ENDS = {
    DeploymentState.SUCCEEDED: (WebhookEvent.DEPLOYMENT_SUCCEEDED, "has succeeded"),
    DeploymentState.FAILED: (WebhookEvent.DEPLOYMENT_FAILED, "has failed"),
    DeploymentState.ROLLED_BACK: (WebhookEvent.DEPLOYMENT_ROLLED_BACK, "was rolled back"),
}


def deployment_ended(*, deployment: Deployment, error: str) -> None:
    """In the transaction that ended it."""
    told = _ENDS.get(DeploymentState(deployment.state))
    if told is None:
        return
    event, words = told
    application = deployment.application
    text = f"The deployment of revision {deployment.revision.number} of {application.name} {words}."
    data = {
        "application": {"id": str(application.pk), "name": application.name},
        "deployment": str(deployment.pk),
        "revision": deployment.revision.number,
        "error": error[:2000],
    }
    event_tell(team_id=application.team_id, event=event, text=f"{text} {error[:500]}".strip(), data=data)
