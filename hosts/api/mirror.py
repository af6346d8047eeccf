"""/hosts/{id}/images, networks, volumes: what the host's engine holds, as last told."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.rows import command_out, image_out, network_out, volume_out
from hosts.api.schemas import CommandOut, ImageList, NetworkList, VolumeList
from hosts.selectors.hosts import host_get
from hosts.selectors.images import image_get, image_list, network_list, volume_list
from hosts.services.images import image_remove
from hosts.services.publishing import image_publish
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

router = Router()


@router.get("/hosts/{uuid:host_id}/images", response=ImageList, summary="Images of a host")
def images(
    request: HttpRequest, host_id: UUID, q: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> ImageList:
    actor = actor_of(request)
    rows = image_list(actor=actor, host=host_get(actor=actor, host_id=host_id), query=q)
    page = page_of(rows, order=["image_id"], cursor=cursor, limit=limit)
    return ImageList(items=[image_out(row) for row in page.items], next=page.next)


@router.delete("/hosts/{uuid:host_id}/images/{image_id}", response={202: CommandOut}, summary="Remove an image")
def image_delete(
    request: HttpRequest, host_id: UUID, image_id: str, reference: str = "", force: bool = False
) -> Status[CommandOut]:
    actor = actor_of(request)
    image = image_get(actor=actor, host_id=host_id, image_id=image_id)
    return Status(202, command_out(image_remove(image=image, reference=reference, force=force, actor=actor)))


class PushIn(Schema):
    """reference: registry, namespace, name and tag to push as. source: which of its tags; the image by default."""

    reference: Annotated[str, Field(max_length=512)]
    source: Annotated[str, Field(max_length=512)] = ""


@router.post(
    "/hosts/{uuid:host_id}/images/{image_id}/push",
    response={202: CommandOut},
    summary="Push an image to a registry as the team's account there",
)
def image_push(request: HttpRequest, host_id: UUID, image_id: str, body: PushIn) -> Status[CommandOut]:
    actor = actor_of(request)
    image = image_get(actor=actor, host_id=host_id, image_id=image_id)
    command = image_publish(image=image, reference=body.reference, source=body.source, actor=actor)
    return Status(202, command_out(command))


@router.get("/hosts/{uuid:host_id}/networks", response=NetworkList, summary="Networks of a host")
def networks(
    request: HttpRequest, host_id: UUID, q: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> NetworkList:
    actor = actor_of(request)
    rows = network_list(actor=actor, host=host_get(actor=actor, host_id=host_id), query=q)
    page = page_of(rows, order=["name", "id"], cursor=cursor, limit=limit)
    return NetworkList(items=[network_out(row) for row in page.items], next=page.next)


@router.get("/hosts/{uuid:host_id}/volumes", response=VolumeList, summary="Volumes of a host")
def volumes(
    request: HttpRequest, host_id: UUID, q: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> VolumeList:
    actor = actor_of(request)
    rows = volume_list(actor=actor, host=host_get(actor=actor, host_id=host_id), query=q)
    page = page_of(rows, order=["name", "id"], cursor=cursor, limit=limit)
    return VolumeList(items=[volume_out(row) for row in page.items], next=page.next)
