"""Publishing an image of a host to a registry, as the team's account there."""

from django.db import transaction
from django.utils.translation import gettext as _

from engine_agent.protocol.bodies import ImagePush
from gallery.registry.errors import NotAReference
from gallery.registry.reference import LIBRARY, Reference, parse_reference
from hosts import live
from hosts.models import Command, Image
from hosts.policy import Request, Resource, decide
from hosts.selectors.policies import host_policy
from hosts.services.commands import command_create, topics_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_denied, audit_record, permission_require
from portal.problems import Invalid, NotAllowed, NotFound

ACTION = "image.publish"


def image_publish(*, image: Image, reference: str, actor: Actor, source: str = "") -> Command:
    """Queue the push of an image to the registry that `reference` names ("registry:5000/team/app:1").

    source: which of its tags it is, the image itself by default. The account is the team's for that registry, and for
    that namespace at Docker Hub; it is looked up when the command is sent. Raises Invalid (fields), NotFound,
    NotAllowed (role, policy), Conflict (host-revoked, queue-full).
    """
    host = image.host
    permission_require(actor=actor, permission=Permission.OPERATE, team=host.team, action=ACTION, target=image)
    if source and source not in image.tags:
        raise NotFound(_("The image has no tag %(tag)s.") % {"tag": source[:200]}, code="tag-not-found")
    wanted = _wanted(reference)
    _policy(image, wanted, actor)
    body = ImagePush(source=source or image.image_id, reference=str(wanted))
    with transaction.atomic():
        summary = _("Publish %(image)s as %(reference)s") % {"image": source or image, "reference": wanted}
        command = command_create(host=host, body=body, summary=summary, actor=actor)
        detail = {"host": host.name, "command": str(command.pk), "reference": str(wanted), "image": image.image_id}
        audit_record(actor=actor, action=ACTION, team=host.team, target=image, detail=detail)
        live.publish(topics_of([command]))
    return command


def _wanted(text: str) -> Reference:
    try:
        wanted = parse_reference(text)
    except NotAReference as error:
        raise _invalid(str(error)) from error
    if wanted.digest:
        raise _invalid(_("A digest is what comes of it; name a tag instead."))
    if not wanted.host and wanted.namespace == LIBRARY:
        raise _invalid(
            _("“%(name)s” alone is one of Docker's own official images. Put your namespace or a registry in front.")
            % {"name": wanted.name}
        )
    return wanted


def _policy(image: Image, wanted: Reference, actor: Actor) -> None:
    """What the team's policy says of pushing there. Raises NotAllowed, which is in the audit."""
    host = image.host
    name = wanted.familiar_repository
    asked = Request("POST", f"/images/{name}/push", user=str(actor.user.pk) if actor.user else "")
    role = str(actor.role_in(host.team_id) or "")
    known = {("image", name): Resource(ours=True)}
    decision = decide(role=role, policy=host_policy(host=host), request=asked, resources=known)
    if not decision.allowed:
        problem = NotAllowed(decision.message, code=f"policy-{decision.rule}"[:60])
        audit_denied(actor=actor, action=ACTION, team=host.team, target=image, problem=problem)
        raise problem


def _invalid(message: str) -> Invalid:
    return Invalid(message, fields={"reference": [message]})
