"""/applications: what teams run, their revisions and plans."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.api.application_rows import application_full, application_out
from hosts.api.application_schemas import (
    ApplicationFull,
    ApplicationIn,
    ApplicationList,
    ApplicationPatch,
    PlanIn,
    RemovalOut,
    Value,
)
from hosts.models import Application, Revision
from hosts.selectors.applications import (
    application_get,
    application_list,
    application_status,
    application_statuses,
    revision_get,
)
from hosts.services.applications import application_create, application_remove, application_revise
from hosts.services.from_templates import template_answered
from hosts.services.plans import plan_make
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()
APPLICATION = "/applications/{uuid:application_id}"


@router.get("/applications", response=ApplicationList, summary="Applications with what is true of them now")
def applications(
    request: HttpRequest, q: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> ApplicationList:
    rows = application_list(actor=actor_of(request), query=q)
    page = page_of(rows, order=["name", "id"], cursor=cursor, limit=limit)
    statuses = application_statuses(applications=page.items)
    return ApplicationList(items=[application_out(row, statuses[row.pk]) for row in page.items], next=page.next)


@router.post("/applications", response={201: ApplicationFull}, summary="Make an application; nothing is deployed yet")
def application_new(request: HttpRequest, body: ApplicationIn) -> Status[ApplicationFull]:
    actor = actor_of(request)
    compose, values, secrets = body.compose, texts(body.values), body.secrets
    if body.template and compose is None and body.service is None:
        found = template_answered(slug=body.template, values=values, secrets=secrets, actor=actor)
        compose, values, secrets = found.compose, found.values, found.secrets
    application, _revision = application_create(
        team=team_named(actor, body.team),
        name=body.name,
        compose=compose,
        service=body.service,
        values=values,
        targets=body.targets,
        template=body.template,
        files=body.files,
        secrets=secrets,
        actor=actor,
    )
    return Status(201, application_full(application, application_status(application=application), actor))


@router.get(APPLICATION, response=ApplicationFull, summary="One application with services and revisions")
def application(request: HttpRequest, application_id: UUID) -> ApplicationFull:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    return application_full(row, application_status(application=row), actor)


@router.patch(APPLICATION, response=ApplicationFull, summary="Make a new revision")
def application_change(request: HttpRequest, application_id: UUID, body: ApplicationPatch) -> ApplicationFull:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    application_revise(
        application=row,
        compose=body.compose,
        service=body.service,
        values=None if body.values is None else texts(body.values),
        targets=body.targets,
        files=body.files,
        actor=actor,
    )
    return application_full(row, application_status(application=row), actor)


@router.delete(
    APPLICATION, response={202: RemovalOut}, summary="Remove its containers everywhere, then the application"
)
def application_delete(request: HttpRequest, application_id: UUID, volumes: bool = False) -> Status[RemovalOut]:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    commands = application_remove(application=row, volumes=volumes, actor=actor)
    return Status(202, RemovalOut(commands=[command.pk for command in commands]))


@router.post(APPLICATION + "/plan", response=dict[str, Any], summary="What a deployment would change now")
def plan(request: HttpRequest, application_id: UUID, body: PlanIn | None = None) -> dict[str, Any]:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    revision = revision_named(row, body.revision if body else None)
    return plan_make(revision=revision, actor=actor).as_json()


def revision_named(application: Application, named: int | UUID | None) -> Revision:
    """By number or id; the newest for None. Raises NotFound."""
    if isinstance(named, UUID):
        return revision_get(application=application, revision_id=named)
    return revision_get(application=application, number=named)


def texts(values: dict[str, Value]) -> dict[str, str]:
    """Values as compose interpolates them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
