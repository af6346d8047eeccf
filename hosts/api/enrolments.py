"""/hosts/enrolments: one-time tokens that make machines hosts."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.agent_package.authority import commands_for
from hosts.api.rows import enrolment_out
from hosts.api.schemas import EnrolmentIn, EnrolmentList, EnrolmentMade, EnrolmentOut
from hosts.selectors.hosts import enrolment_get, enrolment_list
from hosts.services.enrolments import enrolment_create, enrolment_revoke
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()


@router.post("/hosts/enrolments", response={201: EnrolmentMade}, summary="Make an enrolment; its token is shown once")
def enrolment_new(request: HttpRequest, body: EnrolmentIn) -> Status[EnrolmentMade]:
    actor = actor_of(request)
    enrolment, token = enrolment_create(
        team=team_named(actor, body.team),
        labels=body.labels,
        ttl_seconds=body.ttl_seconds,
        uses=body.uses,
        actor=actor,
    )
    commands = commands_for(token)
    made = EnrolmentMade(
        **enrolment_out(enrolment).dict(),
        token=token,
        linux_command=commands.linux,
        windows_command=commands.windows,
    )
    return Status(201, made)


@router.get("/hosts/enrolments", response=EnrolmentList, summary="Enrolments, newest first")
def enrolments(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> EnrolmentList:
    rows = enrolment_list(actor=actor_of(request)).select_related("team")
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return EnrolmentList(items=[enrolment_out(row) for row in page.items], next=page.next)


@router.get("/hosts/enrolments/{uuid:enrolment_id}", response=EnrolmentOut, summary="One enrolment")
def enrolment(request: HttpRequest, enrolment_id: UUID) -> EnrolmentOut:
    return enrolment_out(enrolment_get(actor=actor_of(request), enrolment_id=enrolment_id))


@router.delete("/hosts/enrolments/{uuid:enrolment_id}", response={204: None}, summary="Revoke the token")
def enrolment_delete(request: HttpRequest, enrolment_id: UUID) -> Status[None]:
    actor = actor_of(request)
    enrolment_revoke(enrolment=enrolment_get(actor=actor, enrolment_id=enrolment_id), actor=actor)
    return Status(204, None)
