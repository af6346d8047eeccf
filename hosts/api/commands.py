"""/commands: what agents were told."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from hosts.api.rows import command_out
from hosts.api.schemas import CommandList, CommandOut, CommandPatch, QueueCancelled
from hosts.selectors.commands import command_get, command_list
from hosts.selectors.hosts import host_get
from hosts.selectors.queue import queue_rows
from hosts.services.commands import command_cancel
from hosts.services.queue import command_expiry_set, command_move, queue_cancel
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

router = Router()


@router.get("/commands", response=CommandList, summary="Commands, newest first")
def commands(
    request: HttpRequest,
    host: UUID | None = None,
    open: bool = False,
    state: str = "",
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CommandList:
    actor = actor_of(request)
    of = host_get(actor=actor, host_id=host) if host else None
    rows = command_list(actor=actor, host=of, open_only=open, state=state)
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return CommandList(items=[command_out(row) for row in page.items], next=page.next)


@router.get("/commands/{uuid:command_id}", response=CommandOut, summary="One command")
def command(request: HttpRequest, command_id: UUID) -> CommandOut:
    return command_out(command_get(actor=actor_of(request), command_id=command_id))


@router.patch("/commands/{uuid:command_id}", response=CommandOut, summary="Change the expiry or the place in the queue")
def change(request: HttpRequest, command_id: UUID, body: CommandPatch) -> CommandOut:
    actor = actor_of(request)
    found = command_get(actor=actor, command_id=command_id)
    expires_at = body.expires_at
    if body.ttl_seconds is not None:
        expires_at = timezone.now() + timedelta(seconds=body.ttl_seconds)
    if expires_at is not None:
        found = command_expiry_set(command=found, expires_at=expires_at, actor=actor)
    for other_id, behind in ((body.before, False), (body.behind, True)):
        if other_id is not None:
            other = command_get(actor=actor, command_id=other_id)
            found = command_move(command=found, other=other, behind=behind, actor=actor)
    return command_out(found)


@router.get("/hosts/{uuid:host_id}/queue", response=CommandList, summary="What waits for a host, in its order")
def queue(request: HttpRequest, host_id: UUID, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> CommandList:
    actor = actor_of(request)
    rows = queue_rows(actor=actor, host=host_get(actor=actor, host_id=host_id))
    page = page_of(rows, order=["position", "id"], cursor=cursor, limit=limit)
    return CommandList(items=[command_out(row) for row in page.items], next=page.next)


@router.post("/hosts/{uuid:host_id}/queue/cancel", response=QueueCancelled, summary="Cancel all that was not sent yet")
def queue_empty(request: HttpRequest, host_id: UUID) -> QueueCancelled:
    actor = actor_of(request)
    return QueueCancelled(cancelled=queue_cancel(host=host_get(actor=actor, host_id=host_id), actor=actor))


@router.post("/commands/{uuid:command_id}/cancel", response={202: CommandOut}, summary="Cancel a command")
def cancel(request: HttpRequest, command_id: UUID) -> Status[CommandOut]:
    actor = actor_of(request)
    return Status(
        202, command_out(command_cancel(command=command_get(actor=actor, command_id=command_id), actor=actor))
    )
