"""/hosts: machines with an agent."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.api.rows import host_out
from hosts.api.schemas import HostList, HostOut, HostPatch
from hosts.models import Host
from hosts.selectors.hosts import host_get, host_list
from hosts.services.hosts import host_label, host_remove, host_rename, host_revoke
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.access import Actor
from portal.people.requests import actor_of
from portal.problems import Conflict

router = Router()


@router.get("/hosts", response=HostList, summary="Hosts, by name")
def hosts(
    request: HttpRequest,
    q: str = "",
    state: str = "",
    os: str = "",
    label: str = "",
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> HostList:
    rows = host_list(actor=actor_of(request), query=q, state=state, os=os, label=label)
    page = page_of(rows, order=["name", "id"], cursor=cursor, limit=limit)
    return HostList(items=[host_out(host) for host in page.items], next=page.next)


@router.get("/hosts/{uuid:host_id}", response=HostOut, summary="One host")
def host(request: HttpRequest, host_id: UUID) -> HostOut:
    return host_out(_counted(actor_of(request), host_id))


@router.patch("/hosts/{uuid:host_id}", response=HostOut, summary="Rename, label or revoke")
def host_change(request: HttpRequest, host_id: UUID, body: HostPatch) -> HostOut:
    actor = actor_of(request)
    found = host_get(actor=actor, host_id=host_id)
    if body.name is not None:
        host_rename(host=found, name=body.name, actor=actor)
    if body.labels is not None:
        host_label(host=found, labels=body.labels, actor=actor)
    if body.revoked:
        host_revoke(host=found, actor=actor)
    elif body.revoked is False and found.revoked_at is not None:
        raise Conflict("A revocation is final. Remove the host and enrol the machine again.", code="host-revoked")
    return host_out(_counted(actor, host_id))


@router.delete("/hosts/{uuid:host_id}", response={204: None}, summary="Remove a host; what runs there keeps running")
def host_delete(request: HttpRequest, host_id: UUID) -> Status[None]:
    actor = actor_of(request)
    host_remove(host=host_get(actor=actor, host_id=host_id), actor=actor)
    return Status(204, None)


def _counted(actor: Actor, host_id: UUID) -> Host:
    """The host with its counts; NotFound like host_get."""
    return host_list(actor=actor).filter(pk=host_id).first() or host_get(actor=actor, host_id=host_id)
