"""/azure/solutions: machines and an application on them, as one entry."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from gallery.solutions.loader import solution_get
from hosts.azure.network import ANYWHERE
from hosts.models import Solution
from hosts.selectors.azure import subscription_get
from hosts.selectors.solutions import solution_row, solution_rows, solution_sentence, web_addresses
from hosts.services.solutions import solution_create, solution_delete, solution_start
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

from .azure import ChangeOut

router = Router()


class SolutionIn(Schema):
    """solution: a slug of /gallery/solutions. values: answers to its questions; sizes: role -> machine size.

    reach: the address range that reaches its web address, or "Internet".
    """

    subscription: UUID
    solution: str
    name: str
    region: str
    values: dict[str, str] = {}
    sizes: dict[str, str] = {}
    reach: str = ANYWHERE


class AddressOut(Schema):
    machine: str
    role: str
    url: str


class SolutionOut(Schema):
    """state: planning, planned, machines, cluster, application, ready, failed, deleting or deleted.

    machines: the batch, at /azure/machines; sentence: the state in words; changes: Azure's what-if.
    """

    id: UUID
    team: str
    solution: str
    name: str
    state: str
    sentence: str
    error: str
    advice: str
    machines: UUID
    application: UUID | None
    cluster: UUID | None
    deployment: UUID | None
    hosts: list[UUID]
    addresses: list[AddressOut]
    changes: list[ChangeOut]
    created_at: datetime
    finished_at: datetime | None


class SolutionList(Schema):
    items: list[SolutionOut]
    next: str | None


def solution_out(row: Solution) -> SolutionOut:
    return SolutionOut(
        id=row.pk,
        team=row.team.slug,
        solution=row.template,
        name=row.name,
        state=row.state,
        sentence=solution_sentence(row),
        error=row.error,
        advice=row.advice,
        machines=row.batch_id,
        application=row.application_id,
        cluster=row.cluster_id,
        deployment=row.deployment_id,
        hosts=list(row.batch.hosts.values_list("pk", flat=True)),
        addresses=[AddressOut(machine=one.machine, role=one.role, url=one.url) for one in web_addresses(row)],
        changes=[ChangeOut(kind=one["kind"], type=one["type"], name=one["name"]) for one in row.batch.changes],
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


@router.get("/azure/solutions", response=SolutionList, summary="Solutions, newest first")
def solutions(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> SolutionList:
    rows = solution_rows(actor=actor_of(request))
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return SolutionList(items=[solution_out(row) for row in page.items], next=page.next)


@router.post("/azure/solutions", response={202: SolutionOut}, summary="Ask Azure what a solution would change")
def solution_new(request: HttpRequest, body: SolutionIn) -> Status[SolutionOut]:
    actor = actor_of(request)
    row = solution_create(
        subscription=subscription_get(actor=actor, subscription_id=body.subscription),
        template=solution_get(body.solution),
        name=body.name,
        region=body.region,
        values=body.values,
        sizes=body.sizes,
        reach=body.reach,
        actor=actor,
    )
    return Status(202, solution_out(row))


@router.get("/azure/solutions/{uuid:solution_id}", response=SolutionOut, summary="One solution")
def solution(request: HttpRequest, solution_id: UUID) -> SolutionOut:
    return solution_out(solution_row(actor=actor_of(request), solution_id=solution_id))


@router.post("/azure/solutions/{uuid:solution_id}/deploy", response={202: SolutionOut}, summary="Make all of it")
def solution_deploy(request: HttpRequest, solution_id: UUID) -> Status[SolutionOut]:
    actor = actor_of(request)
    row = solution_row(actor=actor, solution_id=solution_id)
    return Status(202, solution_out(solution_start(solution=row, actor=actor)))


@router.delete("/azure/solutions/{uuid:solution_id}", response={202: SolutionOut}, summary="Delete all of it")
def solution_remove(request: HttpRequest, solution_id: UUID) -> Status[SolutionOut]:
    actor = actor_of(request)
    row = solution_row(actor=actor, solution_id=solution_id)
    return Status(202, solution_out(solution_delete(solution=row, actor=actor)))
