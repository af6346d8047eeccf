"""What runs of an application against what was deployed, read from the mirror."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from hosts.drift import DriftItem, drift_of
from hosts.models import Application, Container, Deployment, Host
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.models.mirror import ContainerState
from hosts.observed import ONLINE
from hosts.selectors.status import container_done
from hosts.services.observing import observe

SETTLE = timedelta(seconds=30)


@dataclass(frozen=True)
class Drift:
    """revision: the number that was deployed, at `since`. away: hosts of it that cannot be looked at now.

    changed_at: the last time something moved, as far as known.
    """

    revision: int
    revision_id: UUID
    since: datetime | None
    items: tuple[DriftItem, ...] = ()
    away: tuple[str, ...] = ()
    changed_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """The same as long as the same things differ in the same way; "none" when nothing does."""
        if not self.items:
            return "none"
        text = "\n".join(sorted(f"{one.kind} {one.host_id} {one.container}" for one in self.items))
        return hashlib.sha256(text.encode()).hexdigest()

    def settled(self, now: datetime) -> bool:
        """Whether nothing has moved for a while, so that a restart under way is not taken for drift."""
        return self.changed_at is None or now - self.changed_at >= SETTLE


def application_drift(*, application: Application) -> Drift | None:
    """None where there is nothing to compare: never deployed, being deployed or removed, or left to a cluster."""
    if application.removing_at is not None:
        return None
    rows = Deployment.objects.filter(application=application)
    if rows.filter(state__in=OPEN_DEPLOYMENTS).exists():
        return None
    good = rows.filter(state=DeploymentState.SUCCEEDED).select_related("revision").order_by("-created_at").first()
    if good is None or "cluster" in good.revision.targets:
        return None
    planned = [host["host_id"] for host in good.plan.get("hosts", ())]
    containers = Container.objects.filter(project=application.name, host__team_id=application.team_id)
    theirs = Q(pk__in=planned) | Q(pk__in=containers.order_by().values("host_id"))
    hosts = list(Host.objects.filter(theirs, team_id=application.team_id, revoked_at=None).order_by("name"))
    observed = observe(hosts=hosts, project=application.name, references=())
    moved = [good.finished_at, *containers.values_list("finished", flat=True)]
    return Drift(
        revision=good.revision.number,
        revision_id=good.revision_id,
        since=good.finished_at,
        items=tuple(drift_of(good.plan, observed, ended=_ended(application, good))),
        away=tuple(host.name for host in observed if host.state != ONLINE or host.engine_error),
        changed_at=max((moment for moment in moved if moment), default=None),
    )


def _ended(application: Application, deployment: Deployment) -> set[tuple[str, str]]:
    """Containers whose work was done when the deployment succeeded: they had ended well by then."""
    rows = Container.objects.filter(
        project=application.name, host__team_id=application.team_id, state=ContainerState.EXITED
    )
    return {(str(one.host_id), one.name) for one in rows if container_done(container=one, deployment=deployment)}
