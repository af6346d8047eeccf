"""/hosts/{id}/agent-update: have a host's agent become the version that this portal offers."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from hosts.api.rows import command_out
from hosts.api.schemas import CommandOut
from hosts.selectors.hosts import host_get
from hosts.services.agent_updates import agent_update
from portal.people.requests import actor_of

router = Router()


@router.post("/hosts/{uuid:host_id}/agent-update", response={202: CommandOut}, summary="Update the agent of a host")
def update(request: HttpRequest, host_id: UUID) -> Status[CommandOut]:
    actor = actor_of(request)
    return Status(202, command_out(agent_update(host=host_get(actor=actor, host_id=host_id), actor=actor)))
