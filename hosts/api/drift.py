"""/applications/{id}/drift: what runs against what was deployed, and putting it right."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hosts.api.application_rows import deployment_out
from hosts.api.application_schemas import DeploymentOut
from hosts.api.applications import APPLICATION
from hosts.selectors.applications import application_get
from hosts.selectors.drift import application_drift
from hosts.services.repairs import application_repair
from portal.people.requests import actor_of

router = Router()


class DriftItemOut(Schema):
    """kind: missing, stopped, changed, image or extra. remedy: what a repair does."""

    kind: str
    service: str
    host: str
    host_name: str
    container: str
    detail: str
    remedy: str


class DriftOut(Schema):
    """compared: false while there is nothing to compare with. drifted: whether anything differs.

    away: names of hosts that could not be looked at.
    """

    compared: bool
    drifted: bool
    revision: int | None
    since: datetime | None
    items: list[DriftItemOut]
    away: list[str]


@router.get(APPLICATION + "/drift", response=DriftOut, summary="What is not as it was deployed")
def drift(request: HttpRequest, application_id: UUID) -> DriftOut:
    application = application_get(actor=actor_of(request), application_id=application_id)
    found = application_drift(application=application)
    if found is None:
        return DriftOut(compared=False, drifted=False, revision=None, since=None, items=[], away=[])
    items = []
    for one in found.items:
        rest = {name: value for name, value in asdict(one).items() if name not in {"host", "host_id"}}
        items.append(DriftItemOut(host=one.host_id, host_name=one.host, **rest))
    return DriftOut(
        compared=True,
        drifted=bool(items),
        revision=found.revision,
        since=found.since,
        items=items,
        away=list(found.away),
    )


@router.post(APPLICATION + "/repair", response={202: DeploymentOut}, summary="Deploy again what was deployed")
def repair(request: HttpRequest, application_id: UUID) -> Status[DeploymentOut]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    return Status(202, deployment_out(application_repair(application=application, actor=actor)))
