"""/azure/machines/{batch}/machines/{name}: what is asked of one machine."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hosts.selectors.azure import machine_get
from hosts.services.azure_machines import machine_act, machine_resize
from portal.people.requests import actor_of

router = Router()
MACHINE = "/azure/machines/{uuid:batch_id}/machines/{name}"


class SizeIn(Schema):
    """size: Azure's name of it, such as Standard_D2s_v5."""

    size: str


class AskedOut(Schema):
    """asked: what Azure was asked to do, and has not been seen to have done yet."""

    name: str
    asked: str


@router.post(MACHINE + "/resize", response={202: AskedOut}, summary="Give a machine another size")
def resize(request: HttpRequest, batch_id: UUID, name: str, body: SizeIn) -> Status[AskedOut]:
    actor = actor_of(request)
    machine = machine_get(actor=actor, batch_id=batch_id, name=name)
    machine_resize(machine=machine, size=body.size, actor=actor)
    return Status(202, AskedOut(name=name, asked="resize"))


@router.post(MACHINE + "/{action}", response={202: AskedOut}, summary="Start, stop, restart, redeploy or delete one")
def act(request: HttpRequest, batch_id: UUID, name: str, action: str) -> Status[AskedOut]:
    actor = actor_of(request)
    machine_act(machine=machine_get(actor=actor, batch_id=batch_id, name=name), action=action, actor=actor)
    return Status(202, AskedOut(name=name, asked=action))
