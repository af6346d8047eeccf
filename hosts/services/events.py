"""What webhooks are told of hosts, updates and drift, when a job sees a change. Ends of deployments: `endings`."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hosts.models import Application, Host, ImageUpdate, Webhook
from hosts.models.hosts import HostState
from hosts.models.updates import WORTH_SHOWING
from hosts.models.webhooks import WebhookEvent
from hosts.selectors.drift import Drift, application_drift
from hosts.services.webhook_deliveries import event_tell, mark_change, subjects_forget

_HOSTS = {HostState.ONLINE: WebhookEvent.HOST_ONLINE, HostState.OFFLINE: WebhookEvent.HOST_OFFLINE}


def changes_tell(*, now: datetime | None = None) -> int:
    """Look at hosts, updates and drift of the teams that have webhooks; how many changes there were to tell of."""
    teams = set(Webhook.objects.filter(paused=False).values_list("team_id", flat=True))
    if not teams:
        return 0
    return _hosts(teams) + _updates(teams) + _drifts(teams, now or timezone.now())


def _hosts(teams: set[int]) -> int:
    """Online and offline; a host that is stale is neither, and a first look tells nothing."""
    told = 0
    hosts = list(Host.objects.filter(team_id__in=teams, revoked_at=None, waiting_since=None))
    for host in hosts:
        event = _HOSTS.get(host.state)
        if event is None:
            continue
        with transaction.atomic():
            before = mark_change(subject=f"host:{host.pk}", value=host.state.value)
            if before:
                data = {"host": {"id": str(host.pk), "name": host.name}, "last_seen_at": _iso(host.last_seen_at)}
                event_tell(team_id=host.team_id, event=event, text=f"{host.name} is {host.state.value}.", data=data)
                told += 1
    return told


def _updates(teams: set[int]) -> int:
    told = 0
    rows = ImageUpdate.objects.filter(host__team_id__in=teams, state__in=WORTH_SHOWING).exclude(digest="")
    for team_id, reference, digest in sorted(set(rows.values_list("host__team_id", "reference", "digest"))):
        with transaction.atomic():
            if mark_change(subject=f"update:{team_id}:{reference}", value=digest) is None:
                continue
            hosts = rows.filter(host__team_id=team_id, reference=reference, digest=digest)
            names = sorted(set(hosts.values_list("host__name", flat=True)))
            data = {"reference": reference, "digest": digest, "hosts": names[:100]}
            text = f"There is a newer {reference}."
            event_tell(team_id=team_id, event=WebhookEvent.UPDATE_AVAILABLE, text=text, data=data)
            told += 1
    return told


def _drifts(teams: set[int], now: datetime) -> int:
    told = 0
    applications = Application.objects.filter(team_id__in=teams, removing_at=None).select_related("team")
    subjects = []
    for application in applications:
        subject = f"drift:{application.pk}"
        subjects.append(subject)
        found = application_drift(application=application)
        if found is None or not found.settled(now):
            continue
        with transaction.atomic():
            before = mark_change(subject=subject, value=found.fingerprint)
            if before is not None and found.items:
                _drift_tell(application, found)
                told += 1
    subjects_forget(prefix="drift:", known=subjects)
    return told


def _drift_tell(application: Application, drift: Drift) -> None:
    data = {
        "application": {"id": str(application.pk), "name": application.name},
        "revision": drift.revision,
        "items": [
            {"service": one.service, "host": one.host, "container": one.container, "kind": one.kind}
            for one in drift.items[:100]
        ],
    }
    text = f"{application.name} is not as it was deployed: {drift.items[0].detail}"
    event_tell(team_id=application.team_id, event=WebhookEvent.DRIFT, text=text, data=data)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
