"""Images on hosts."""

from django.db import transaction
from django.db.models import Q

from engine_agent.protocol.bodies import ImageRemove
from hosts import live
from hosts.models import Command, Container, Image
from hosts.models.hosts import HostState
from hosts.services.commands import command_create, topics_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, NotFound


def image_remove(*, image: Image, actor: Actor, reference: str = "", force: bool = False) -> Command:
    """Queue the removal of an image, or of one of its tags when `reference` names one.

    A host that is away gets it when it is back. Raises Conflict when a container uses it and not `force`, or the host
    is revoked.
    """
    host = image.host
    permission_require(actor=actor, permission=Permission.OPERATE, team=host.team, action="image.remove", target=image)
    if reference and reference not in image.tags:
        raise NotFound(f"The image has no tag {reference[:200]}.")
    last_tag = not reference or len(image.tags) <= 1
    user = Container.objects.filter(Q(image_id=image.image_id), host=host).first() if last_tag else None
    if user is not None and not force and host.state == HostState.ONLINE:
        raise Conflict(f"The container {user.name} is made from it. Remove that first.", code="image-in-use")
    body = ImageRemove(reference=reference or image.image_id, force=force or (not reference and len(image.tags) > 1))
    with transaction.atomic():
        summary = f"Remove image {reference or image}"
        command = command_create(host=host, body=body, summary=summary, actor=actor)
        detail = {"host": host.name, "command": str(command.pk), "reference": reference}
        audit_record(actor=actor, action="image.remove", team=host.team, target=image, detail=detail)
        live.publish(topics_of([command]))
    return command
