"""/commands: what agents were told."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.api.rows import command_out
from hosts.api.schemas import CommandList, CommandOut
from hosts.selectors.commands import command_get, command_list
from hosts.selectors.hosts import host_get
from hosts.services.commands import command_cancel
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

router = Router()


@router.get("/commands", response=CommandList, summary="Commands, newest first")
def commands(
    request: HttpRequest,
    host: UUID | None = None,
    open: bool = False,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CommandList:
    actor = actor_of(request)
    of = host_get(actor=actor, host_id=host) if host else None
    rows = command_list(actor=actor, host=of, open_only=open)
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return CommandList(items=[command_out(row) for row in page.items], next=page.next)


@router.get("/commands/{uuid:command_id}", response=CommandOut, summary="One command")
def command(request: HttpRequest, command_id: UUID) -> CommandOut:
    return command_out(command_get(actor=actor_of(request), command_id=command_id))


@router.post("/commands/{uuid:command_id}/cancel", response={202: CommandOut}, summary="Cancel a command")
def cancel(request: HttpRequest, command_id: UUID) -> Status[CommandOut]:
    actor = actor_of(request)
    return Status(
        202, command_out(command_cancel(command=command_get(actor=actor, command_id=command_id), actor=actor))
    )
