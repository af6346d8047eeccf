"""/deployments: runs of carrying a revision out, and the way back."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.api.application_rows import deployment_full, deployment_out
from hosts.api.application_schemas import (
    DeploymentFull,
    DeploymentIn,
    DeploymentList,
    DeploymentOut,
    RollbackIn,
    ScaleIn,
)
from hosts.api.applications import APPLICATION, revision_named
from hosts.selectors.applications import application_get
from hosts.selectors.deployments import deployment_get, deployment_list
from hosts.services.deployments import application_rollback, deployment_cancel, deployment_start
from hosts.services.rollouts import rollout_pause, rollout_resume
from hosts.services.scaling import service_scale
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

router = Router()


@router.post(APPLICATION + "/deployments", response={202: DeploymentOut}, summary="Deploy a revision")
def deployment_new(
    request: HttpRequest, application_id: UUID, body: DeploymentIn | None = None
) -> Status[DeploymentOut]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    revision = revision_named(application, body.revision if body else None)
    digest = body.plan_digest if body else None
    return Status(202, deployment_out(deployment_start(revision=revision, plan_digest=digest, actor=actor)))


@router.post(APPLICATION + "/rollback", response={202: DeploymentOut}, summary="Deploy an earlier revision again")
def rollback(request: HttpRequest, application_id: UUID, body: RollbackIn | None = None) -> Status[DeploymentOut]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    named = body.to_revision if body else None
    revision = revision_named(application, named) if named is not None else None
    deployment = application_rollback(application=application, to_revision=revision, actor=actor)
    return Status(202, deployment_out(deployment))


@router.patch(
    APPLICATION + "/services/{service}",
    response={202: DeploymentOut},
    summary="Run more or fewer replicas",
)
def scale(request: HttpRequest, application_id: UUID, service: str, body: ScaleIn) -> Status[DeploymentOut]:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    deployment = service_scale(application=application, service=service, replicas=body.replicas, actor=actor)
    return Status(202, deployment_out(deployment))


@router.get("/deployments", response=DeploymentList, summary="Deployments, newest first")
def deployments(
    request: HttpRequest,
    application: UUID | None = None,
    state: str = "",
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DeploymentList:
    rows = deployment_list(actor=actor_of(request), application_id=application, state=state)
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return DeploymentList(items=[deployment_out(row) for row in page.items], next=page.next)


@router.get("/deployments/{uuid:deployment_id}", response=DeploymentFull, summary="One deployment, step by step")
def deployment(request: HttpRequest, deployment_id: UUID) -> DeploymentFull:
    return deployment_full(deployment_get(actor=actor_of(request), deployment_id=deployment_id))


@router.post("/deployments/{uuid:deployment_id}/cancel", response={202: DeploymentOut}, summary="Cancel a deployment")
def cancel(request: HttpRequest, deployment_id: UUID) -> Status[DeploymentOut]:
    actor = actor_of(request)
    found = deployment_get(actor=actor, deployment_id=deployment_id)
    return Status(202, deployment_out(deployment_cancel(deployment=found, actor=actor)))


@router.post("/deployments/{uuid:deployment_id}/pause", response={202: DeploymentOut}, summary="Pause before a batch")
def pause(request: HttpRequest, deployment_id: UUID) -> Status[DeploymentOut]:
    actor = actor_of(request)
    found = deployment_get(actor=actor, deployment_id=deployment_id)
    return Status(202, deployment_out(rollout_pause(deployment=found, actor=actor)))


@router.post("/deployments/{uuid:deployment_id}/continue", response={202: DeploymentOut}, summary="Go on after a pause")
def resume(request: HttpRequest, deployment_id: UUID) -> Status[DeploymentOut]:
    actor = actor_of(request)
    found = deployment_get(actor=actor, deployment_id=deployment_id)
    return Status(202, deployment_out(rollout_resume(deployment=found, actor=actor)))
