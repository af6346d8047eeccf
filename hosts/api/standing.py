"""/hosts/{id}/approve and so on: how hosts are let in, and their keys."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hosts.api.rows import command_out, host_out
from hosts.api.schemas import CommandOut, HostOut, Strict
from hosts.selectors.hosts import host_get
from hosts.selectors.standing import admission_of
from hosts.services.standing import admission_set, conflict_dismiss, host_approve, host_key_rotate, host_refuse
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

router = Router()
HOST = "/hosts/{uuid:host_id}"


class AdmissionIn(Strict):
    """approval: a machine that enrols waits until an admin has approved it."""

    approval: bool


class AdmissionOut(Schema):
    approval: bool


@router.get("/teams/{slug}/host-admission", response=AdmissionOut, summary="Whether new hosts wait for approval")
def admission(request: HttpRequest, slug: str) -> AdmissionOut:
    actor = actor_of(request)
    return AdmissionOut(approval=admission_of(actor=actor, team=team_get(actor, slug)).approval)


@router.put("/teams/{slug}/host-admission", response=AdmissionOut, summary="Have new hosts wait for approval, or not")
def admission_change(request: HttpRequest, slug: str, body: AdmissionIn) -> AdmissionOut:
    actor = actor_of(request)
    admission_set(team=team_get(actor, slug), approval=body.approval, actor=actor)
    return AdmissionOut(approval=body.approval)


@router.post(HOST + "/approve", response=HostOut, summary="Let a waiting host in")
def approve(request: HttpRequest, host_id: UUID) -> HostOut:
    actor = actor_of(request)
    return host_out(host_approve(host=host_get(actor=actor, host_id=host_id), actor=actor))


@router.post(HOST + "/refuse", response=HostOut, summary="Turn a waiting host away; its key is never welcome again")
def refuse(request: HttpRequest, host_id: UUID) -> HostOut:
    actor = actor_of(request)
    return host_out(host_refuse(host=host_get(actor=actor, host_id=host_id), actor=actor))


@router.delete(HOST + "/conflict", response={204: None}, summary="Mark the conflict of identity as dealt with")
def conflict(request: HttpRequest, host_id: UUID) -> Status[None]:
    actor = actor_of(request)
    conflict_dismiss(host=host_get(actor=actor, host_id=host_id), actor=actor)
    return Status(204, None)


@router.post(HOST + "/rotate-key", response={202: CommandOut}, summary="Ask the host for a new key")
def rotate_key(request: HttpRequest, host_id: UUID) -> Status[CommandOut]:
    actor = actor_of(request)
    return Status(202, command_out(host_key_rotate(host=host_get(actor=actor, host_id=host_id), actor=actor)))
