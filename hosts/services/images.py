"""Images on hosts."""

from hosts.models import Command, Image
from portal.people.access import Actor


def image_remove(*, image: Image, actor: Actor, reference: str = "", force: bool = False) -> Command:
    """Queue the removal of an image, or of one of its tags when `reference` names one.

    Raises Conflict when a container uses it and not `force`, HostAway.
    """
    raise NotImplementedError
